"""Who may call: tokens, identities, rates, page sessions, and the checks before every route."""
