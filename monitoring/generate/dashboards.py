"""The three dashboards: service for who keeps it running, conversations for who writes it, models for who trains it."""

from typing import Any

from monitoring.generate.panels import Panel, Query, Row, Variable, dashboard

WINDOW = "$__rate_interval"
RANGE = "$__range"
CHANNEL = Variable("channel", "Channel", "label_values(parley_turns_total, channel)")
BUNDLE = Variable("bundle", "Bundle", "label_values(parley_turns_total, bundle)")
ON_CHANNEL = 'channel=~"$channel"'
OF_BUNDLE = 'bundle=~"$bundle"'


def all_dashboards() -> dict[str, dict[str, Any]]:
    """Each dashboard by the name of its file."""
    return {"service": service(), "conversations": conversations(), "models": models()}


def service() -> dict[str, Any]:
    return dashboard(
        "parley-service",
        "Parley: service",
        "Does it answer, how fast, and what does it cost to wake.",
        (CHANNEL,),
        (
            Row(
                "Objectives",
                (
                    _stat(
                        "Answers that failed (1 h)", "parley:answers_failed:ratio_rate1h", "The objective allows 0.5 %."
                    ),
                    _stat("Turns over 5 s (1 h)", "parley:turns_slow:ratio_rate1h", "The objective allows 1 %."),
                    _stat("Turns (1 h)", "parley:turns:increase1h", "On all channels.", unit="short"),
                    _stat(
                        "Cold turns (range)",
                        f'sum(increase(parley_turn_seconds_count{{cold="true"}}[{RANGE}])) '
                        f"/ sum(increase(parley_turn_seconds_count[{RANGE}]))",
                        "The share of turns in which a process had just started.",
                    ),
                    _stat(
                        "Webhooks late (1 h)",
                        "parley:acks_late:ratio_rate1h",
                        "Platforms' webhooks that were refused, or answered in the last tenth of their patience. The "
                        "objective allows 0.5 %.",
                    ),
                    _stat(
                        "Processes now",
                        "count(parley_process_ready_seconds)",
                        "Stages' processes that Prometheus reached at last; at zero the assistant costs nothing.",
                        unit="short",
                    ),
                    _stat(
                        "Turns failed (range)",
                        f'sum(increase(parley_turn_outcomes_total{{outcome="failed"}}[{RANGE}]))',
                        "Answers that somebody did not get, or not whole.",
                        unit="short",
                    ),
                    _stat(
                        "Seconds to start, mean",
                        "sum(parley_start_seconds_sum) / sum(parley_start_seconds_count)",
                        "What a process takes until it can answer, since the observer started.",
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
            ),
            Row(
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
                        (Query("sum by (channel, type, destination, code) (parley_dead_letters_total)"),),
                        "Events that were given up since the observer started, by where and why.",
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
                                "sum by (channel, outcome) "
                                f"(increase(parley_handoffs_total{{{ON_CHANNEL}}}[{WINDOW}]))",
                                "{{channel}} {{outcome}}",
                            ),
                        ),
                        "Handed over, and messages that came while the assistant was silent.",
                    ),
                ),
            ),
            Row(
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
            ),
            Row(
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
                            for share, name in ((0.5, "median"), (0.95, "95 %"), (0.99, "99 %"))
                        ),
                        "From the message to the end of delivery. The points are single turns with their trace.",
                        unit="s",
                    ),
                    Panel(
                        "Turn latency, native histograms",
                        "timeseries",
                        tuple(
                            Query(
                                f"histogram_quantile({share}, "
                                f"sum(rate(parley_turn_native_seconds{{{ON_CHANNEL}}}[{WINDOW}])))",
                                name,
                            )
                            for share, name in ((0.5, "median"), (0.95, "95 %"), (0.99, "99 %"))
                        ),
                        "The same within 9 %, whatever the buckets of the panel beside it. Empty where Prometheus runs "
                        "without --enable-feature=native-histograms.",
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
                                "histogram_quantile(0.95, sum by (le, stage) "
                                f"(rate(parley_stage_seconds_bucket[{WINDOW}])))",
                                "{{stage}}",
                            ),
                        ),
                        "What each stage takes of a turn at most, in 95 of 100.",
                        unit="s",
                    ),
                ),
            ),
            Row(
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
                                "sum by (stage) (parley_start_seconds_sum) "
                                "/ sum by (stage) (parley_start_seconds_count)",
                                "{{stage}}",
                            ),
                        ),
                        "From the start of a process until it could answer: the mean since the observer started.",
                        unit="s",
                    ),
                    Panel(
                        "Processes",
                        "timeseries",
                        (Query("count by (stage) (parley_process_ready_seconds)", "{{stage}}"),),
                        "How many processes of each stage there are: how it scales, down to none.",
                        stacked=True,
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
            ),
            Row(
                "Own actions and processes",
                (
                    Panel(
                        "Own actions, 95 %",
                        "timeseries",
                        (
                            Query(
                                "histogram_quantile(0.95, sum by (le, action) "
                                f"(rate(parley_action_seconds_bucket[{WINDOW}])))",
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
                    Panel(
                        "CPU of processes",
                        "timeseries",
                        (Query(f"sum by (stage) (rate(process_cpu_seconds_total[{WINDOW}]))", "{{stage}}"),),
                        "Cores that the stages' processes use; short-lived ones are seen late or never.",
                    ),
                    Panel(
                        "Memory of processes",
                        "timeseries",
                        (Query("max by (stage) (process_resident_memory_bytes)", "{{stage}}"),),
                        "The largest process of each stage.",
                        unit="bytes",
                    ),
                ),
            ),
            Row(
                "The observer itself",
                (
                    Panel(
                        "Memory of the observer",
                        "timeseries",
                        (Query('process_resident_memory_bytes{job="parley"}', "resident"),),
                        "It keeps the ids of the last 100,000 events.",
                        unit="bytes",
                    ),
                    Panel(
                        "Series of the observer",
                        "timeseries",
                        (
                            Query('scrape_samples_scraped{job="parley"}', "samples in a scrape"),
                            Query("sum(parley_label_overflows_total) or vector(0)", "values counted as `other`"),
                        ),
                        "Labels are bounded; this must not grow for ever.",
                    ),
                ),
            ),
        ),
    )


def conversations() -> dict[str, Any]:
    return dashboard(
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
                "Whether they are pleased",
                (
                    Panel(
                        "Signs of satisfaction",
                        "timeseries",
                        (
                            Query(
                                f"sum by (sign) (rate(parley_satisfaction_total{{{OF_BUNDLE}}}[{WINDOW}])) "
                                f"/ scalar(sum(rate(parley_turns_total{{{OF_BUNDLE}}}[{WINDOW}])))",
                                "{{sign}}",
                            ),
                        ),
                        "The share of turns in which a person is pleased or displeased, as far as intents tell; a form "
                        "that is given up counts as displeasure.",
                        unit="percentunit",
                    ),
                    Panel(
                        "Pleased among those who say",
                        "stat",
                        (
                            Query(
                                f'sum(increase(parley_satisfaction_total{{sign="pleased",{OF_BUNDLE}}}[{RANGE}])) '
                                f"/ sum(increase(parley_satisfaction_total{{{OF_BUNDLE}}}[{RANGE}]))"
                            ),
                        ),
                        "Of all signs in the chosen time, the share of the good ones.",
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
                                f"/ scalar(sum(rate(parley_turns_total{{{OF_BUNDLE}}}[{WINDOW}])))",
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
                        (Query("sum by (form, slot, outcome) (parley_form_slots_total)"),),
                        "Since the observer started.",
                    ),
                ),
            ),
        ),
    )


def models() -> dict[str, Any]:
    return dashboard(
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
                                f"/ sum by (bundle) (rate(parley_turns_total{{{OF_BUNDLE}}}[{WINDOW}]))",
                                "{{bundle}}",
                            ),
                        ),
                        "The share of turns in which a bundle did not know what to do.",
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
                                f"sum by (candidate, unsure) (rate(parley_shadow_unsure_total[{WINDOW}])) "
                                f"/ on (candidate) group_left sum by (candidate) "
                                f"(rate(parley_shadow_unsure_total[{WINDOW}]))",
                                "{{candidate}} {{unsure}}",
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
                                "{{model}}",
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


def _stat(title: str, expr: str, about: str, unit: str = "percentunit") -> Panel:
    return Panel(title, "stat", (Query(expr),), about, unit=unit, width=6, height=4)
