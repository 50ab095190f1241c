"""Sign-in by OAuth 2.1 for hosts elsewhere: an authorization server over users and passwords of our own."""
