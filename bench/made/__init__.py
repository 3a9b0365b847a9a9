"""Appeals made in bulk: eight years of a country's life, at the size that is asked for."""
