"""The dashboard *service*: golden signals, each stage, cold starts and scale."""

from typing import Any

from monitoring.generate.panels import Panel, Query, Row, build_dashboard
from monitoring.generate.processes import COLD_STARTS, OBSERVER, OWN_ACTIONS
from monitoring.generate.shown import CHANNEL, ON_CHANNEL, RANGE, WINDOW, build_stat

OBJECTIVES = Row(
    "Objectives",
    (
        build_stat("Answers that failed (1 h)", "parley:answers_failed:ratio_rate1h", "The objective allows 0.5 %."),
        build_stat("Turns over 5 s (1 h)", "parley:turns_slow:ratio_rate1h", "The objective allows 1 %."),
        build_stat(
            "Turns (range)",
            f"sum(increase(parley_turns_total{{{ON_CHANNEL}}}[{RANGE}]))",
            "In the chosen time.",
            unit="short",
        ),
        build_stat(
            "Cold turns (range)",
            f'sum(increase(parley_turn_seconds_count{{cold="true",{ON_CHANNEL}}}[{RANGE}])) '
            f"/ sum(increase(parley_turn_seconds_count{{{ON_CHANNEL}}}[{RANGE}]))",
            "The share of turns in which a process had just started.",
        ),
        build_stat(
            "Webhooks late (1 h)",
            "parley:acks_late:ratio_rate1h",
            "Platforms' webhooks that were refused, or answered in the last tenth of their patience. The "
            "objective allows 0.5 %.",
        ),
        build_stat(
            "Turns failed (range)",
            f'sum(increase(parley_turn_outcomes_total{{outcome="failed"}}[{RANGE}]))',
            "Answers that somebody did not get, or not whole.",
            unit="short",
        ),
        build_stat(
            "Seconds to start, mean",
            f"sum(increase(parley_start_seconds_sum[{RANGE}])) / sum(increase(parley_start_seconds_count[{RANGE}]))",
            "What a process took until it could answer, in the chosen time.",
            unit="s",
        ),
        Panel(
            "Failed answers and slow turns",
            "timeseries",
            (
                Query("parley:answers_failed:ratio_rate5m", "failed, 5 min"),
                Query("parley:answers_failed:ratio_rate6h", "failed, 6 h"),
                Query("parley:turns_slow:ratio_rate5m", "over 5 s, 5 min"),
                Query("parley:turns_slow:ratio_rate6h", "over 5 s, 6 h"),
                Query("parley:acks_late:ratio_rate5m", "webhooks late, 5 min"),
                Query("parley:acks_late:ratio_rate6h", "webhooks late, 6 h"),
            ),
            "The shares that the objectives are about, over a short and a long window.",
            unit="percentunit",
            width=24,
        ),
    ),
)

TRAFFIC = Row(
    "Traffic and errors",
    (
        Panel(
            "Turns",
            "timeseries",
            (Query(f"sum by (channel, delivery) (rate(parley_turns_total{{{ON_CHANNEL}}}[{WINDOW}]))"),),
            "Turns a second by channel, and whether they were delivered or answered.",
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "Dead letters",
            "table",
            (
                Query(
                    "sum by (channel, type, destination, code) "
                    f"(increase(parley_dead_letters_total{{{ON_CHANNEL}}}[{RANGE}])) > 0.5",
                    "letters",
                ),
            ),
            "Events that were given up in the chosen time, by where and why.",
        ),
        Panel(
            "Turns that failed, by channel",
            "timeseries",
            (
                Query(
                    "sum by (channel) (increase(parley_turn_outcomes_total"
                    f'{{outcome="failed",{ON_CHANNEL}}}[{WINDOW}]))',
                    "{{channel}}",
                ),
            ),
            "Answers that somebody did not get, or not whole.",
            stacked=True,
        ),
        Panel(
            "Requests by status",
            "timeseries",
            (
                Query(
                    f"sum by (channel, code) (rate(parley_gateway_requests_total{{{ON_CHANNEL}}}[{WINDOW}]))",
                    "{{channel}} {{code}}",
                ),
            ),
            "What the gateway answered, by its own page: it needs no broker and knows of REST callers.",
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "Events that came again",
            "timeseries",
            (Query(f"sum by (type) (rate(parley_duplicates_total[{WINDOW}]))", "{{type}}"),),
            "Redeliveries that were absorbed.",
        ),
        Panel(
            "Conversations handed to a person",
            "timeseries",
            (
                Query(
                    f"sum by (channel, outcome) (increase(parley_handoffs_total{{{ON_CHANNEL}}}[{WINDOW}]))",
                    "{{channel}} {{outcome}}",
                ),
            ),
            "Handed over, and messages that came while the assistant was silent.",
        ),
    ),
)

PLATFORMS = Row(
    "Platforms",
    (
        Panel(
            "Webhooks answered",
            "timeseries",
            (
                Query(
                    f"sum by (channel, outcome) (rate(parley_acks_total{{{ON_CHANNEL}}}[{WINDOW}]))",
                    "{{channel}} {{outcome}}",
                ),
            ),
            "In time, late (less than a tenth of the platform's patience left), or not taken.",
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "What platforms' patience has left",
            "timeseries",
            tuple(
                Query(
                    f"histogram_quantile({share}, sum by (le, channel) "
                    f"(rate(parley_ack_budget_left_bucket{{{ON_CHANNEL}}}[{WINDOW}])))",
                    f"{{{{channel}}}} {name}",
                )
                for share, name in ((0.5, "median"), (0.05, "worst twentieth"))
            ),
            "The share of the time that a platform waits which was left when its webhook was answered.",
            unit="percentunit",
            maximum=1,
        ),
        Panel(
            "What platforms answered",
            "timeseries",
            (
                Query(
                    f"sum by (channel, answer) (rate(parley_deliveries_total{{{ON_CHANNEL}}}[{WINDOW}]))",
                    "{{channel}} {{answer}}",
                ),
            ),
            "Calls to send replies, by status.",
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "Calls repeated",
            "timeseries",
            (
                Query(
                    f"sum by (channel) (rate(parley_delivery_retries_total{{{ON_CHANNEL}}}[{WINDOW}])) "
                    f"/ sum by (channel) (rate(parley_deliveries_total{{{ON_CHANNEL}}}[{WINDOW}]))",
                    "{{channel}}",
                ),
            ),
            "The share of calls that repeated one that had just failed.",
            unit="percentunit",
        ),
    ),
)

TIME = Row(
    "Time",
    (
        Panel(
            "Turn latency",
            "timeseries",
            tuple(
                Query(
                    f"histogram_quantile({share}, sum by (le) "
                    f"(rate(parley_turn_seconds_bucket{{{ON_CHANNEL}}}[{WINDOW}])))",
                    name,
                )
                for share, name in ((0.5, "median"), (0.95, "95 %"), (0.99, "99 %"), (1, "slowest"))
            ),
            "From the message to the end of delivery. The points are single turns with their trace.",
            unit="s",
        ),
        Panel(
            "How long turns take",
            "heatmap",
            (
                Query(
                    f"sum by (le) (increase(parley_turn_seconds_bucket{{{ON_CHANNEL}}}[{WINDOW}]))",
                    "{{le}}",
                ),
            ),
            "How many turns took how long.",
            unit="s",
        ),
        Panel(
            "Where a turn spends its time",
            "timeseries",
            (
                Query(
                    f"sum by (stage) (rate(parley_stage_seconds_sum[{WINDOW}])) "
                    f"/ scalar(sum(rate(parley_turn_seconds_count[{WINDOW}])))",
                    "{{stage}}",
                ),
                Query(
                    f"sum(rate(parley_between_stages_seconds_sum[{WINDOW}])) "
                    f"/ sum(rate(parley_turn_seconds_count[{WINDOW}]))",
                    "between stages",
                ),
            ),
            "Seconds of the average turn in each stage, and in none: broker, network, starting processes.",
            unit="s",
            stacked=True,
        ),
        Panel(
            "Stages, 95 %",
            "timeseries",
            (
                Query(
                    f"histogram_quantile(0.95, sum by (le, stage) (rate(parley_stage_seconds_bucket[{WINDOW}])))",
                    "{{stage}}",
                ),
            ),
            "What each stage takes of a turn at most, in 95 of 100.",
            unit="s",
        ),
    ),
)


def build_service() -> dict[str, Any]:
    """The dashboard of answers, their time and their stages, as Grafana's JSON."""
    return build_dashboard(
        "parley-service",
        "Parley: service",
        "Does it answer, how fast, and what does it cost to wake.",
        (CHANNEL,),
        (OBJECTIVES, TRAFFIC, PLATFORMS, TIME, COLD_STARTS, OWN_ACTIONS, OBSERVER),
    )
