"""Pages to pass on: one HTML file in which a browser shows how agents adapt to a level."""
