"""How this machine gets the Python packages that a task needs."""
