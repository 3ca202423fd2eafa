"""The dashboard *conversations*: intents, what was not understood, forms, feedback."""

from typing import Any

from monitoring.generate.panels import Panel, Query, Row, build_dashboard
from monitoring.generate.shown import BUNDLE, OF_BUNDLE, RANGE, WINDOW


def build_conversations() -> dict[str, Any]:
    """The dashboard of what people want and where they leave, as Grafana's JSON."""
    return build_dashboard(
        "parley-conversations",
        "Parley: conversations",
        "What people want, where they are not understood, and where they leave.",
        (BUNDLE,),
        (
            Row(
                "What people want",
                (
                    Panel(
                        "Intents",
                        "bargauge",
                        (
                            Query(
                                f"topk(20, sum by (intent) (increase(parley_intents_total{{{OF_BUNDLE}}}[{RANGE}])))",
                                "{{intent}}",
                            ),
                        ),
                        "Turns by intent in the chosen time.",
                        height=12,
                    ),
                    Panel(
                        "Actions",
                        "bargauge",
                        (
                            Query(
                                f"topk(20, sum by (action) (increase(parley_actions_total{{{OF_BUNDLE}}}[{RANGE}])))",
                                "{{action}}",
                            ),
                        ),
                        "What the assistant did.",
                        height=12,
                    ),
                    Panel(
                        "Intents over time",
                        "timeseries",
                        (
                            Query(
                                f"sum by (intent) (rate(parley_intents_total{{{OF_BUNDLE}}}[{WINDOW}]))", "{{intent}}"
                            ),
                        ),
                        "Turns a second by intent.",
                        width=24,
                        stacked=True,
                    ),
                ),
            ),
            Row(
                "Feedback",
                (
                    Panel(
                        "Positive and negative feedback",
                        "timeseries",
                        (
                            Query(
                                f"sum by (sign) (rate(parley_satisfaction_total{{{OF_BUNDLE}}}[{WINDOW}])) "
                                f"/ scalar(sum(rate(parley_turns_total{{{OF_BUNDLE}}}[{WINDOW}])))",
                                "{{sign}}",
                            ),
                        ),
                        "For each turn: thumbs of the chat page, and what intents tell; a form that is given up is "
                        "negative.",
                        unit="percentunit",
                    ),
                    Panel(
                        "Positive among all feedback",
                        "stat",
                        (
                            Query(
                                f'sum(increase(parley_satisfaction_total{{sign="positive",{OF_BUNDLE}}}[{RANGE}])) '
                                f"/ sum(increase(parley_satisfaction_total{{{OF_BUNDLE}}}[{RANGE}]))"
                            ),
                        ),
                        "Of all feedback in the chosen time, the share that is positive.",
                        unit="percentunit",
                    ),
                ),
            ),
            Row(
                "Where they are not understood",
                (
                    Panel(
                        "What was not recognised",
                        "timeseries",
                        (
                            Query(
                                f"sum by (kind) (rate(parley_unrecognised_total{{{OF_BUNDLE}}}[{WINDOW}])) "
                                f"/ scalar(sum(rate(parley_intents_total{{{OF_BUNDLE}}}[{WINDOW}])))",
                                "{{kind}}",
                            ),
                        ),
                        "The share of turns in which the assistant did not know what to do, and why.",
                        unit="percentunit",
                        stacked=True,
                    ),
                    Panel(
                        "Confidence",
                        "heatmap",
                        (
                            Query(
                                f"sum by (le) (increase(parley_intent_confidence_bucket{{{OF_BUNDLE}}}[{WINDOW}]))",
                                "{{le}}",
                            ),
                        ),
                        "How sure the model was of the intents.",
                    ),
                    Panel(
                        "Questions back",
                        "timeseries",
                        (
                            Query(
                                f"sum(rate(parley_disambiguations_total{{{OF_BUNDLE}}}[{WINDOW}])) or vector(0)",
                                "disambiguations",
                            ),
                        ),
                        "Turns that asked the person which of the intents was meant.",
                    ),
                    Panel(
                        "Replies in a turn",
                        "timeseries",
                        (
                            Query(
                                f"sum by (channel) (rate(parley_replies_total[{WINDOW}])) "
                                f"/ sum by (channel) (rate(parley_turns_total[{WINDOW}]))",
                                "{{channel}}",
                            ),
                        ),
                        "How much the assistant says at a time; 0 is silence.",
                    ),
                ),
            ),
            Row(
                "Forms",
                (
                    Panel(
                        "Funnel",
                        "bargauge",
                        (
                            Query(
                                f"sum by (form, outcome) (increase(parley_forms_total{{{OF_BUNDLE}}}[{RANGE}]))",
                                "{{form}} {{outcome}}",
                            ),
                        ),
                        "Forms by what became of them. Started less both others: people who just left.",
                    ),
                    Panel(
                        "Where people give up",
                        "bargauge",
                        (
                            Query(
                                "topk(15, sum by (form, slot) (increase(parley_form_slots_total"
                                f'{{outcome="abandoned",{OF_BUNDLE}}}[{RANGE}])))',
                                "{{form}}: {{slot}}",
                            ),
                        ),
                        "Forms given up, by the slot that was asked for last.",
                    ),
                    Panel(
                        "Which slots are asked for, and where people give up",
                        "table",
                        (
                            Query(
                                "sum by (form, slot, outcome) "
                                f"(increase(parley_form_slots_total{{{OF_BUNDLE}}}[{RANGE}])) > 0.5",
                                "times",
                            ),
                        ),
                        "In the chosen time.",
                    ),
                ),
            ),
        ),
    )
