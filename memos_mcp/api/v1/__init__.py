"""The API of the page and of scripts, `/api/v1`: what is kept, corrected, deleted, moved; apart from the contract."""
