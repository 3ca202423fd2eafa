"""What the default assistant's answers come from: films, tracks and menus as CSV, and how they become its catalogue."""
