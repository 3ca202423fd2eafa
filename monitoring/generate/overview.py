"""The dashboard *overview*: what fires, what is left of the budgets, whether probes are answered."""

from typing import Any

from monitoring.generate.panels import Panel, Query, Row, build_dashboard
from monitoring.generate.shown import RANGE, WINDOW, build_stat

RUNBOOK = "/d/parley-runbook"


def build_overview() -> dict[str, Any]:
    """The dashboard of what needs somebody now, as Grafana's JSON."""
    return build_dashboard(
        "parley-overview",
        "Parley: overview",
        "Whether anybody has to do anything, and what is left of the month's budgets.",
        (),
        (
            Row(
                "Now",
                (
                    Panel(
                        "Alerts that fire",
                        "table",
                        (
                            Query(
                                "sum by (alertname, severity, namespace, channel, stage) "
                                '(ALERTS{alertstate="firing",alertname=~"Parley.+",alertname!="ParleyWatchdog"}) '
                                'or label_replace(vector(0) unless on () count(ALERTS{alertstate="firing",'
                                'alertname=~"Parley.+",alertname!="ParleyWatchdog"}), "alertname", "none", "", "")',
                                "fires",
                            ),
                        ),
                        "What fires now; a click leads to the runbook. The watchdog is left out, for it always does.",
                        width=12,
                        height=6,
                        link=RUNBOOK,
                    ),
                    build_stat(
                        "Left of the answers' budget",
                        'min(parley:error_budget:left_ratio30d{objective="answers"})',
                        "Of the failures that 99.5 % in 30 days allow; below 0 it is overspent.",
                    ),
                    build_stat(
                        "Left of the latency's budget",
                        'min(parley:error_budget:left_ratio30d{objective="latency"})',
                        "Of the turns over 5 seconds that 99 % in 30 days allow.",
                    ),
                    Panel(
                        "What is left of the budgets",
                        "timeseries",
                        (Query("min by (namespace, objective) (parley:error_budget:left_ratio30d)", "{{objective}}"),),
                        "The share of 30 days' allowance that is not spent.",
                        unit="percentunit",
                    ),
                    Panel(
                        "Probes, the share that was answered",
                        "timeseries",
                        (
                            Query(
                                f'sum by (channel) (rate(parley_probes_total{{outcome="answered"}}[{WINDOW}])) '
                                f"/ sum by (channel) (rate(parley_probes_total[{WINDOW}]))",
                                "{{channel}}",
                            ),
                        ),
                        "The observer says a word by each way in, as a person would (PROBE_URL).",
                        unit="percentunit",
                        maximum=1,
                    ),
                ),
            ),
            Row(
                "What comes and what ends",
                (
                    Panel(
                        "Messages taken and turns ended",
                        "timeseries",
                        (
                            Query(f"sum(rate(parley_acks_total[{WINDOW}]))", "platforms' webhooks taken"),
                            Query(
                                f'sum by (channel) (rate(parley_gateway_requests_total{{code="2xx",'
                                f'channel=~"rest|webchat"}}[{WINDOW}]))',
                                "{{channel}} taken",
                            ),
                            Query(
                                f"sum by (outcome) (rate(parley_turn_outcomes_total[{WINDOW}]))", "turns {{outcome}}"
                            ),
                        ),
                        "What was handed over, by platforms, REST and the web chat, and what came to an end: answered, "
                        "given up, answered after all.",
                        unit="reqps",
                    ),
                    Panel(
                        "How long a probe waits",
                        "timeseries",
                        tuple(
                            Query(
                                f"histogram_quantile({share}, sum by (le, channel) "
                                f"(rate(parley_probe_seconds_bucket[{WINDOW}])))",
                                f"{{{{channel}}}} {name}",
                            )
                            for share, name in ((0.5, "median"), (1, "slowest"))
                        ),
                        "From the word to its answer, by each way in.",
                        unit="s",
                    ),
                    build_stat(
                        "Turns answered (range)",
                        f'sum(increase(parley_turn_outcomes_total{{outcome="answered"}}[{RANGE}]))',
                        "In the chosen time, on all channels.",
                        unit="short",
                    ),
                    build_stat(
                        "Turns that failed (range)",
                        f'sum(increase(parley_turn_outcomes_total{{outcome="failed"}}[{RANGE}]))',
                        "In the chosen time, on all channels.",
                        unit="short",
                    ),
                    build_stat(
                        "Failed and answered after all (range)",
                        f'sum(increase(parley_turn_outcomes_total{{outcome="recovered"}}[{RANGE}]))',
                        "Dead letters that were replayed, by hand or by the tick.",
                        unit="short",
                    ),
                ),
            ),
        ),
    )
