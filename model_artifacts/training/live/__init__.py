"""What an author edits while the assistant runs: sources in, the next bundle out, within a second or a few.

`task up` runs `__main__.py` as a process beside the stages; `updating.py` decides what follows from an edit, and
`relearning.py` fits the intents anew on what the bundle's encoder makes of each text, which is remembered.
"""
