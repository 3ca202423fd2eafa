{ speech.classes }
speech.lm assistant { [actor] [address] [album] [artist] [director] [dish] [genre] [ordinal] [place] [quantity] [release_year] [restaurant] [size] [time] [title] [topping] [track] }
