"""A small assistant, written for the tests of training."""

from pathlib import Path

EXAMPLES = {
    "greet": ("hello", "hi", "good morning", "hey there", "hi there", "good evening", "hello again", "howdy"),
    "goodbye": ("bye", "goodbye", "see you", "see you later", "bye bye", "farewell", "good night", "take care"),
    "play_music": (
        "play [jazz](genre)",
        "play some [rock](genre)",
        "i want to hear [blues](genre)",
        "put on [pop](genre) music",
        "play [jazz](genre) music",
        "some [soul](genre) please",
        "let me hear [rock](genre)",
        "play a [pop](genre) song",
        "start playing [blues](genre)",
        "music of the kind [soul](genre)",
    ),
    "fly": (
        'fly from [Rome]{"entity": "city", "role": "from"} to [Paris]{"entity": "city", "role": "to"}',
        'a flight from [Berlin]{"entity": "city", "role": "from"}',
        'i need to get to [Rome]{"entity": "city", "role": "to"}',
        'flights to [Berlin]{"entity": "city", "role": "to"}',
        'book a flight from [Oslo]{"entity": "city", "role": "from"} to [Rome]{"entity": "city", "role": "to"}',
        'leave from [Paris]{"entity": "city", "role": "from"}',
        'fly to [Oslo]{"entity": "city", "role": "to"} tomorrow',
        'a ticket to [Paris]{"entity": "city", "role": "to"}',
        'from [Berlin]{"entity": "city", "role": "from"} please',
    ),
}
REST = """- lookup: genre
  examples: |
    - bossa nova
- lookup: colour
  examples: |
    - red
- synonym: rhythm and blues
  examples: |
    - blues
    - rnb
"""
DOMAIN = "intents: [greet, goodbye, play_music, fly, external]\nentities: [genre, city]\n"
HELD_OUT = """nlu:
- intent: play_music
  examples: |
    - could you play [soul](genre)
    - play [jazz](genre)
"""


def write_tiny(path: Path) -> Path:
    """The assistant's files, written to the directory `path`."""
    lines = ["nlu:"]
    for intent, examples in EXAMPLES.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {example}" for example in examples)]
    for folder in ("data", "tests"):
        (path / folder).mkdir(parents=True)
    (path / "data" / "nlu.yml").write_text("\n".join(lines) + "\n" + REST, encoding="utf-8")
    (path / "domain.yml").write_text(DOMAIN)
    (path / "tests" / "test_nlu.yml").write_text(HELD_OUT)
    return path
