"""Taking secrets out of what is to be kept."""

from collections.abc import Callable

Redact = Callable[[str], tuple[str, int]]
"""Replaces the secrets in a text by visible marks, and counts them."""
