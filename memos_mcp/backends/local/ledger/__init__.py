"""The ledger: one SQLite file that is the truth about every user's messages and memories."""
