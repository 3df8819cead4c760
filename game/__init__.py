"""The game: levels as text, their rules and tasks, and the window."""
