"""The assistant in a cluster: what is applied, and whether it answers."""
