"""Knowledge bases: documents in pieces that all users of a server may search."""
