"""One engine a data directory: find it, start it, talk to it, end it."""
