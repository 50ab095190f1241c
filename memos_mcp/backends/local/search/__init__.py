"""Answering a query from the ledger, the vectors and the term indexes."""
