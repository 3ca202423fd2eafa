"""Scale to zero on one machine: holds requests while their stage starts, and stops a stage that nobody asks."""
