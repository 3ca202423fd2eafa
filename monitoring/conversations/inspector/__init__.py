"""The page on which an author talks with the running assistant and sees why it answers what it answers: `task inspect`.

On this machine alone. `app.py` answers the page's calls; `sources.py` writes into the assistant's YAML files.
"""
