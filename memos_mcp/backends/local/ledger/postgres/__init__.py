"""The ledger in a PostgreSQL database, which many processes share."""
