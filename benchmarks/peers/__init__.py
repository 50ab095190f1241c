"""The same questions asked of other memory servers."""
