"""The world: levels as text, their rules, tables, planner and features. Never imports torch."""
