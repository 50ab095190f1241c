"""The errors that this package raises on purpose.

Each carries one sentence for its reader (what went wrong, what is valid, what to do next; no secret, path of
the code or stack) and the two numbers by which the MemOS contract names it.

    MemosError
    ├── InvalidRequest      the caller's arguments make no sense
    │   └── TooLarge        ... or are larger than a limit
    ├── NotFound            the conversation, memory or task is unknown
    ├── Unauthorised        no key, or a key that is not accepted
    ├── Forbidden           a key that may not do this
    ├── RateLimited         too much at once, or a quota is used up
    ├── Unavailable         the service, the disk or the model is not there now; try again
    └── ConfigurationError  what a setting asks for cannot be had: nothing starts
"""


class MemosError(Exception):
    """Base of every error raised on purpose.

    `code` is the number in a MemOS envelope, `status` the HTTP status that goes with it, and `retry_after` the
    seconds to wait before the same call can succeed, where that is known.
    """

    code: int = 50000
    status: int = 500

    def __init__(self, message: str, *, code: int | None = None, retry_after: float | None = None) -> None:
        """Keep the sentence, and a more exact code where the class's own is too general."""
        super().__init__(message)
        self.retry_after = retry_after
        if code is not None:
            self.code = code


class InvalidRequest(MemosError):
    """The caller's arguments make no sense; nothing was stored."""

    code = 40000
    status = 400


class TooLarge(InvalidRequest):
    """A text or a list is over its limit; nothing was stored."""

    code = 40013
    status = 413


class NotFound(MemosError):
    """The named conversation, memory or task is unknown to this user."""

    code = 40001
    status = 404


class Unauthorised(MemosError):
    """The key is missing, wrong or expired."""

    code = 40132
    status = 401


class Forbidden(MemosError):
    """The key is good, but may not do this."""

    code = 40103
    status = 403


class RateLimited(MemosError):
    """Too many calls or tokens for now."""

    code = 40300
    status = 429


class Unavailable(MemosError):
    """What the call needs is not there now; the same call may succeed later."""

    code = 50004
    status = 503


class MissingLibrary(Unavailable):
    """A library that the vectors need cannot be imported; words alone go on."""


class ConfigurationError(MemosError):
    """What a setting asks for cannot be had; the sentence says how to get it."""

    code = 50002
    status = 500
