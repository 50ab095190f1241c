"""The store on this machine: a ledger of record, vectors and words derived from it."""
