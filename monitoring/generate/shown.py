"""What the dashboards share: windows, variables, and a single number."""

from monitoring.generate.panels import Panel, Query, Variable

WINDOW = "$__rate_interval"
RANGE = "$__range"
CHANNEL = Variable("channel", "Channel", "label_values(parley_turns_total, channel)")
# Of whatever understood or decided: a candidate decides no turn, and is to be chosen all the same.
BUNDLE = Variable("bundle", "Bundle", 'label_values({__name__=~"parley_turns_total|parley_intents_total"}, bundle)')
ON_CHANNEL = 'channel=~"$channel"'
OF_BUNDLE = 'bundle=~"$bundle"'


def build_stat(title: str, expr: str, about: str, unit: str = "percentunit") -> Panel:
    return Panel(title, "stat", (Query(expr),), about, unit=unit, width=6, height=4)
