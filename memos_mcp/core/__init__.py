"""The vocabulary that every package shares: models, errors, limits, settings, times."""
