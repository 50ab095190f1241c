"""The hosts: where each keeps its servers, and how an entry is written, read, taken out and tried."""
