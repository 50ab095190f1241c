"""Finding: words, vectors, neighbours and time, from features to scores; no database and no model in here."""
