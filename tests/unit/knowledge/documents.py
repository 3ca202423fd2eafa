"""A handbook of our own, compiled once: what the tests ask."""

from pathlib import Path

HANDBOOK = {
    "dentist.md": """---
title: Our practice
date: 2026-03-01
---
# Our practice

## Opening hours
We are open from Monday to Friday between 8 am and 6 pm. On Saturday we see emergencies only, and you have to call
before you come. Between Christmas and New Year the practice stays closed.

## Paying
You can pay in cash, by card or by bank transfer within 14 days. People with a private insurance get an invoice.

| treatment | price |
|---|---|
| Check-up | 40 euros |
| Cleaning | 85 euros |

### Insurance
All public insurances are accepted. Bring your insurance card to each first visit of a quarter.
""",
    "parking.html": """<html lang="en"><head><title>How to find us</title><script>steal()</script></head><body>
<nav>Home About</nav><main><h1>How to find us</h1><h2 id="car">By car</h2>
<p>There are twelve parking spaces behind the house. Two of them are wide enough for a wheelchair.</p>
<h2 id="train">By train</h2><p>Take line 4 to Market Square, then walk for three minutes along Bridge Street.</p>
</main><footer>Imprint</footer></body></html>""",
    "faq.yml": """questions:
  - question: Do you treat children?
    answer: Yes, from the first tooth on; Dr. Adams is a specialist for children.
  - question: Is the anaesthetic dangerous in pregnancy?
    answer: Local anaesthetics are safe from the fourth month on. Please tell us before the treatment.
""",
    "notes.txt": "The practice was founded in 1987 by Helen Adams.\n\nIt has had an own laboratory since 2004.",
}


def write_handbook(assistant: Path) -> None:
    for name, text in HANDBOOK.items():
        path = assistant / "knowledge" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
