"""Small assistants to begin with: `every/` goes into each, and one of the other folders on top of it."""
