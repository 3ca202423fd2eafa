"""The dashboard *models*: one bundle against another."""

from typing import Any

from monitoring.generate.panels import Panel, Query, Row, build_dashboard
from monitoring.generate.shown import BUNDLE, OF_BUNDLE, RANGE, WINDOW


def build_models() -> dict[str, Any]:
    """The dashboard that compares bundles, as Grafana's JSON."""
    return build_dashboard(
        "parley-models",
        "Parley: models",
        "Bundle against bundle: how sure each is, and how often each does not know what to do.",
        (BUNDLE,),
        (
            Row(
                "Bundle against bundle",
                (
                    Panel(
                        "In the chosen time",
                        "table",
                        (
                            Query(f"sum by (bundle) (increase(parley_turns_total{{{OF_BUNDLE}}}[{RANGE}]))", "turns"),
                            Query(
                                f"sum by (bundle) (increase(parley_intent_confidence_sum{{{OF_BUNDLE}}}[{RANGE}])) "
                                f"/ sum by (bundle) (increase(parley_intent_confidence_count{{{OF_BUNDLE}}}[{RANGE}]))",
                                "mean confidence",
                            ),
                        ),
                        "Turns of each bundle, and the mean confidence of its intents.",
                        width=24,
                        height=6,
                    ),
                    Panel(
                        "Turns by bundle",
                        "timeseries",
                        (Query(f"sum by (bundle) (rate(parley_turns_total{{{OF_BUNDLE}}}[{WINDOW}]))", "{{bundle}}"),),
                        "Which bundle decides how much.",
                        stacked=True,
                    ),
                    Panel(
                        "Not recognised, by bundle",
                        "timeseries",
                        (
                            Query(
                                f"sum by (bundle) (rate(parley_unrecognised_total{{{OF_BUNDLE}}}[{WINDOW}])) "
                                f"/ sum by (bundle) (rate(parley_intents_total{{{OF_BUNDLE}}}[{WINDOW}]))",
                                "{{bundle}}",
                            ),
                        ),
                        "The share of what a bundle's model read that nobody knew what to do with.",
                        unit="percentunit",
                    ),
                    Panel(
                        "Median and lowest tenth of confidence",
                        "timeseries",
                        tuple(
                            Query(
                                f"histogram_quantile({share}, sum by (le, bundle) "
                                f"(rate(parley_intent_confidence_bucket{{{OF_BUNDLE}}}[{WINDOW}])))",
                                f"{{{{bundle}}}} {name}",
                            )
                            for share, name in ((0.5, "median"), (0.1, "lowest tenth"))
                        ),
                        "How sure each bundle is.",
                        unit="percentunit",
                        maximum=1,
                    ),
                    Panel(
                        "Mean confidence of a day",
                        "timeseries",
                        (Query("parley:intent_confidence:mean1d", "a day"),),
                        "What the alert on drift compares with last week.",
                        unit="percentunit",
                        maximum=1,
                    ),
                ),
            ),
            Row(
                "A candidate that reads along",
                (
                    Panel(
                        "Agreement",
                        "timeseries",
                        (
                            Query(
                                f'sum by (candidate) (rate(parley_shadow_messages_total{{intents="same"}}[{WINDOW}])) '
                                f"/ sum by (candidate) (rate(parley_shadow_messages_total[{WINDOW}]))",
                                "{{candidate}} intent",
                            ),
                            Query(
                                "sum by (candidate) (rate(parley_shadow_messages_total"
                                f'{{intents="same",entities="same"}}[{WINDOW}])) '
                                f"/ sum by (candidate) (rate(parley_shadow_messages_total[{WINDOW}]))",
                                "{{candidate}} intent and entities",
                            ),
                        ),
                        "The share of messages that the candidate understands as the live bundle does. `task rollout` "
                        "says what follows from it.",
                        unit="percentunit",
                        maximum=1,
                    ),
                    Panel(
                        "Who does not understand",
                        "timeseries",
                        (
                            Query(
                                "sum by (candidate, low_confidence) "
                                f"(rate(parley_shadow_low_confidence_total[{WINDOW}])) "
                                f"/ on (candidate) group_left sum by (candidate) "
                                f"(rate(parley_shadow_low_confidence_total[{WINDOW}]))",
                                "{{candidate}} {{low_confidence}}",
                            ),
                        ),
                        "Messages that the live bundle, the candidate, both or neither did not understand.",
                        unit="percentunit",
                        stacked=True,
                    ),
                    Panel(
                        "Confidence, candidate less live",
                        "timeseries",
                        tuple(
                            Query(
                                f"histogram_quantile({share}, sum by (le, candidate) "
                                f"(rate(parley_shadow_confidence_difference_bucket[{WINDOW}])))",
                                f"{{{{candidate}}}} {name}",
                            )
                            for share, name in ((0.1, "lowest tenth"), (0.5, "median"), (0.9, "highest tenth"))
                        ),
                        "Where both chose the same intent: above 0 the candidate is surer.",
                    ),
                    Panel(
                        "Time to understand",
                        "timeseries",
                        (
                            Query(
                                f"sum by (model) (rate(parley_shadow_seconds_sum[{WINDOW}])) "
                                f"/ sum by (model) (rate(parley_shadow_seconds_count[{WINDOW}]))",
                                "{{model}}, mean",
                            ),
                            Query(
                                "histogram_quantile(1, sum by (le, model) "
                                f"(rate(parley_shadow_seconds_bucket[{WINDOW}])))",
                                "{{model}}, slowest",
                            ),
                        ),
                        "The same messages, both warm.",
                        unit="s",
                    ),
                ),
            ),
            Row(
                "What models cost",
                (
                    Panel(
                        "Understanding, cold and warm",
                        "timeseries",
                        (
                            Query(
                                "histogram_quantile(0.5, sum by (le, cold) "
                                f'(rate(parley_stage_seconds_bucket{{stage="nlu"}}[{WINDOW}])))',
                                "cold: {{cold}}",
                            ),
                        ),
                        "Median time of the stage that runs the model.",
                        unit="s",
                        width=24,
                    ),
                ),
            ),
        ),
    )
