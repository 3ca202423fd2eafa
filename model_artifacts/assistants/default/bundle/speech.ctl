{ speech.classes }
speech.lm assistant { [actor] [address] [album] [artist] [attribute] [comparison] [director] [dish] [genre] [kind] [ordinal] [place] [quantity] [relation] [release_year] [restaurant] [size] [time] [title] [topping] [track] }
