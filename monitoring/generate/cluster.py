"""The dashboard *cluster*: what Knative, its broker and Kafka say of Parley, and what it costs."""

from typing import Any

from monitoring.generate.panels import Panel, Query, Row, build_dashboard
from monitoring.generate.shown import RANGE, WINDOW, build_stat

REVISIONS = 'k8s_namespace_name=~"$namespace",kn_service_name=~"parley-.*"'
"""Of Knative's autoscaler and activator, which name the namespace in a label of their own."""
PODS = f"sum by (kn_service_name) (kn_revision_pods_count{{{REVISIONS}}})"
TURNS = f"sum(increase(parley_turn_outcomes_total[{RANGE}]))"


def build_cluster() -> dict[str, Any]:
    """The dashboard of pods, queues and costs, as Grafana's JSON."""
    return build_dashboard(
        "parley-cluster",
        "Parley: cluster",
        "How it scales, what waits, what a turn costs. Series of Knative 1.19 or later, Kafka Exporter, cAdvisor.",
        (),
        (
            Row(
                "Scale",
                (
                    Panel(
                        "Pods, wanted and there",
                        "timeseries",
                        (
                            Query(PODS, "{{kn_service_name}}"),
                            Query(
                                f"sum by (kn_service_name) (kn_revision_pods_desired{{{REVISIONS}}})",
                                "{{kn_service_name}} wanted",
                            ),
                        ),
                        "By service; wanted and not there: no room, or an image that cannot be pulled.",
                    ),
                    Panel(
                        "Requests at once, by pod's target",
                        "timeseries",
                        (
                            Query(
                                f"sum by (kn_service_name) (kn_revision_concurrency_stable{{{REVISIONS}}})",
                                "{{kn_service_name}} over a minute",
                            ),
                            Query(
                                f"sum by (kn_service_name) (kn_revision_concurrency_panic{{{REVISIONS}}})",
                                "{{kn_service_name}} over 6 s",
                            ),
                            Query(
                                f"max by (kn_service_name) (kn_revision_concurrency_target{{{REVISIONS}}})",
                                "{{kn_service_name}} target of a pod",
                            ),
                        ),
                        "What the autoscaler counts with.",
                    ),
                    Panel(
                        "Panic",
                        "timeseries",
                        (
                            Query(
                                f"max by (kn_service_name) (kn_revision_panic_mode{{{REVISIONS}}})",
                                "{{kn_service_name}}",
                            ),
                        ),
                        "1 while the autoscaler counts by the last 6 seconds: twice as much came as the pods take.",
                        maximum=1,
                    ),
                    Panel(
                        "Requests that wait",
                        "timeseries",
                        (
                            Query("sum by (service) (kn_serving_queue_depth)", "{{service}} before its process"),
                            Query(
                                f"sum by (kn_service_name) (kn_revision_request_concurrency{{{REVISIONS}}})",
                                "{{kn_service_name}} in the activator",
                            ),
                        ),
                        "In the proxy beside a process (its containerConcurrency is full), and for a pod to start.",
                    ),
                    Panel(
                        "Requests by status, as Knative tells",
                        "timeseries",
                        (
                            Query(
                                "sum by (service, http_response_status_code) "
                                f"(rate(kn_serving_invocation_duration_seconds_count[{WINDOW}]))",
                                "{{service}} {{http_response_status_code}}",
                            ),
                        ),
                        "Of every stage; 409, 503 and 422 are ways in which a stage says what to do with an event.",
                        unit="reqps",
                        width=24,
                    ),
                ),
            ),
            Row(
                "Broker",
                (
                    Panel(
                        "Events that wait in Kafka",
                        "timeseries",
                        (Query("parley:broker_lag:events", "{{consumergroup}}"),),
                        "By trigger. An ordered trigger waits for the event at the head of each partition.",
                    ),
                    Panel(
                        "Deliveries of the broker that fail",
                        "timeseries",
                        (Query("parley:broker_dispatches_failed:ratio_rate10m", "{{namespace}}"),),
                        "The share that no stage took at that try; retries are in it.",
                        unit="percentunit",
                    ),
                ),
            ),
            Row(
                "What it costs",
                (
                    build_stat(
                        "Pod-seconds a turn (range)",
                        f"sum(sum_over_time(kn_revision_pods_count{{{REVISIONS}}}[{RANGE}:1m])) * 60 / {TURNS}",
                        "Seconds in which pods were there, for each turn that ended.",
                        unit="s",
                    ),
                    build_stat(
                        "Pod-seconds of waiting alone (range)",
                        "1 - sum(increase(parley_stage_seconds_sum"
                        f"[{RANGE}])) / (sum(sum_over_time(kn_revision_pods_count{{{REVISIONS}}}[{RANGE}:1m])) * 60)",
                        "The share of pods' time in which they worked on no event.",
                    ),
                    build_stat(
                        "CPU-seconds a turn (range)",
                        'sum(increase(container_cpu_usage_seconds_total{namespace=~"$namespace",pod=~"parley-.*"}'
                        f"[{RANGE}])) / {TURNS}",
                        "Of all containers of the stages, Knative's proxies among them (cAdvisor).",
                        unit="s",
                    ),
                    build_stat(
                        "Store operations a turn (range)",
                        f"sum(increase(parley_store_calls_total[{RANGE}])) / {TURNS}",
                        "Calls to the store, as a Firestore bill counts them.",
                        unit="short",
                    ),
                    Panel(
                        "Pod-seconds by stage, a second",
                        "timeseries",
                        (Query(f"avg_over_time(({PODS})[{WINDOW}:30s])", "{{kn_service_name}}"),),
                        "How many pods of each stage are paid for.",
                        stacked=True,
                    ),
                    Panel(
                        "Memory of stages",
                        "timeseries",
                        (
                            Query(
                                'max by (container, pod) (container_memory_working_set_bytes{namespace=~"$namespace",'
                                'pod=~"parley-.*",container="user-container"})',
                                "{{pod}}",
                            ),
                        ),
                        "Of each pod's own process (cAdvisor).",
                        unit="bytes",
                    ),
                ),
            ),
        ),
    )
