"""What to do as messages grow: a model, and what it says (README.md)."""
