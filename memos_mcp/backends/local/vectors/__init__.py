"""The vector index in Chroma: where it is, and keeping it in step with the ledger."""
