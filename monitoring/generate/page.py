"""Writes what monitoring/metrics.md says: every metric of the observer, from the stage's own list."""

from functions.observer.families import FAMILIES, HISTOGRAM_SERIES, SERIES, Family
from functions.observer.labels import LABELS
from functions.observer.metrics import LONGEST


def render_page() -> str:
    """`monitoring/metrics.md`."""
    lines = [
        "# Metrics",
        "",
        "What `observer` counts of the events, served at `/metrics` on the port METRICS_PORT. `task docs` makes this",
        "page of `functions/observer/families.py`. Every event is counted once however often it comes, as long as the",
        "observer that counted it runs (it remembers the last 100,000). After a restart counters go on if METRICS_FILE",
        "keeps them, and otherwise begin at 0, which `rate` and `increase` know about. It runs once (`max-scale: 1`);",
        "several share the events, and their sum is right (a test). One case counts twice: an observer that is killed",
        "after it counted an event and before it answered, for the broker brings that event to the next one.",
        "A new series is shown as 0 until METRICS_ZERO_SECONDS have passed since it was first scraped, so that",
        "`increase` sees what it counted first. Of probes only the starts of processes are counted here.",
        "",
        "| metric | kind | labels | what it is |",
        "|---|---|---|---|",
        *(_write_row(family) for family in FAMILIES),
        "",
        "Prometheus 3 makes native histograms of these classic ones itself: in the scrape job,",
        "`convert_classic_histograms_to_nhcb: true`, with `always_scrape_classic_histograms: true` so that rules and",
        "dashboards keep theirs.",
        "",
        "## Labels",
        "",
        "A label has at most so many values; later ones count as `other`, and so does one that is longer than",
        f"{LONGEST} characters or cannot be printed. `none` stands for what is not known. A counter has at most",
        f"{SERIES:,} sets of labels and a histogram {HISTOGRAM_SERIES}; beyond them all labels are `other`, and",
        '`parley_label_overflows_total{label="series"}` counts it.',
        "",
        "| label | at most | what it is |",
        "|---|---|---|",
        *(f"| `{name}` | {label.limit} | {label.doc} |" for name, label in sorted(LABELS.items())),
        "",
        "## Buckets",
        "",
        *(
            f"* `{family.name}`: {', '.join(f'{edge:g}' for edge in family.buckets)}"
            for family in FAMILIES
            if family.buckets
        ),
        "",
        "Beside these, `process_*` are about the observer's own process. The platform tells of the others:",
        "cAdvisor their CPU and memory, Knative's queue-proxy their requests, its autoscaler their number.",
        "",
    ]
    return "\n".join(lines)


def _write_row(family: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.name}` | {family.kind} | {labels} | {family.doc} |"
