"""Writes what monitoring/metrics.md says: every metric of the observer, from the stage's own list."""

from functions.observer.families import FAMILIES, HISTOGRAM_SERIES, LABELS, NATIVE_FAMILIES, SERIES, Family
from functions.observer.metrics import LONGEST
from shared.meter import FAMILIES as PROCESS


def page() -> str:
    lines = [
        "# Metrics",
        "",
        "What `observer` counts of the events, served at `/metrics` on the port METRICS_PORT. `task docs` makes this",
        "page of `functions/observer/families.py`. Every event is counted once however often it comes, as long as the",
        "observer that counted it runs (it remembers the last 100,000); after a restart all counters begin at 0 again,",
        "which `rate` and `increase` know about. It runs once (`max-scale: 1`); several would share the events, and",
        "their sum would be right. One case counts twice: an observer that is killed after it counted an event and",
        "before it answered, for the broker brings that event to the next one.",
        "",
        "| metric | kind | labels | what it is |",
        "|---|---|---|---|",
        *(_row(family) for family in FAMILIES),
        *(
            f"| `{one.name}` | native histogram | {', '.join(f'`{label}`' for label in one.labels)} | As `{one.of}`. |"
            for one in NATIVE_FAMILIES
        ),
        "",
        "A Prometheus that runs with `--enable-feature=native-histograms` asks for protobuf and gets the native",
        "histograms as well; they have names of their own, so the classic ones and every dashboard stay as they are.",
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
        "Beside these, `process_*` are about the observer's own process.",
        "",
        "## Each process",
        "",
        "Where METRICS_PORT is set, the process of each stage serves its own numbers from its first event on",
        "(`shared/meter.py`). A pod that lives for seconds may be gone before it is asked; nothing above needs it.",
        "",
        "| metric | kind | labels | what it is |",
        "|---|---|---|---|",
        *(f"| `{name}` | {kind} | {_own(name)} | {about} |" for name, kind, about in PROCESS),
        "",
    ]
    return "\n".join(lines)


def _own(name: str) -> str:
    return "`stage`, `type`, `status`" if name.startswith("parley_process_") and name.endswith("_total") else "`stage`"


def _row(family: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.name}` | {family.kind} | {labels} | {family.doc} |"
