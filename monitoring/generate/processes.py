"""Rows of the dashboard *service* about what runs: cold starts, the assistant's own actions, the observer."""

from monitoring.generate.panels import Panel, Query, Row
from monitoring.generate.shown import ON_CHANNEL, WINDOW

COLD_STARTS = Row(
    "Cold starts",
    (
        Panel(
            "Cold starts",
            "timeseries",
            (
                Query(
                    f'sum by (stage) (increase(parley_stage_seconds_count{{cold="true"}}[{WINDOW}]))',
                    "{{stage}}",
                ),
            ),
            "First events of processes that had just started.",
            stacked=True,
        ),
        Panel(
            "What a start costs",
            "timeseries",
            (
                Query(
                    f"sum by (stage) (increase(parley_start_seconds_sum[{WINDOW}])) "
                    f"/ (sum by (stage) (increase(parley_start_seconds_count[{WINDOW}])) > 0)",
                    "{{stage}}",
                ),
                Query(
                    f"histogram_quantile(1, sum by (le, stage) (increase(parley_start_seconds_bucket[{WINDOW}])))",
                    "{{stage}}, slowest",
                ),
            ),
            "From the start of a process until it could answer: the mean, and the bucket of the slowest.",
            unit="s",
        ),
        Panel(
            "Cold turns and warm turns",
            "timeseries",
            (
                Query(
                    f"sum by (cold) (rate(parley_turn_seconds_sum{{{ON_CHANNEL}}}[{WINDOW}])) "
                    f"/ sum by (cold) (rate(parley_turn_seconds_count{{{ON_CHANNEL}}}[{WINDOW}]))",
                    "cold: {{cold}}",
                ),
            ),
            "The average turn that found a process cold, and that did not: the difference is the cost.",
            unit="s",
        ),
    ),
)

OWN_ACTIONS = Row(
    "Own actions",
    (
        Panel(
            "Own actions, 95 %",
            "timeseries",
            (
                Query(
                    f"histogram_quantile(0.95, sum by (le, action) (rate(parley_action_seconds_bucket[{WINDOW}])))",
                    "{{action}}",
                ),
            ),
            "What each of the assistant's own actions takes at most, in 95 of 100 calls.",
            unit="s",
        ),
        Panel(
            "Own actions by outcome",
            "timeseries",
            (
                Query(
                    f"sum by (action, outcome) (rate(parley_action_calls_total[{WINDOW}]))",
                    "{{action}} {{outcome}}",
                ),
            ),
            "Done, declined, or failed, which includes those that did not answer in time.",
            stacked=True,
        ),
    ),
)

OBSERVER = Row(
    "The observer itself",
    (
        Panel(
            "Memory of the observer",
            "timeseries",
            (Query('process_resident_memory_bytes{job="parley",namespace=~"$namespace"}', "resident"),),
            "It keeps the ids of the last 100,000 events.",
            unit="bytes",
        ),
        Panel(
            "Series of the observer",
            "timeseries",
            (
                Query('scrape_samples_scraped{job="parley",namespace=~"$namespace"}', "samples in a scrape"),
                Query("sum(parley_label_overflows_total) or vector(0)", "values counted as `other`"),
            ),
            "Labels are bounded; this must not grow for ever.",
        ),
        Panel(
            "Spans that were dropped",
            "timeseries",
            (
                Query(
                    f"sum by (stage) (increase(parley_spans_dropped_total[{WINDOW}])) or vector(0)",
                    "{{stage}}",
                ),
            ),
            "What a stage's collector did not take: traces have holes there.",
        ),
    ),
)
