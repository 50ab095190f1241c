"""The settings: every variable that is not valid, or that is none of ours."""

from collections.abc import Iterator, Mapping

from memos_mcp.api.guard.tokens import read_tokens
from memos_mcp.backends.selection import backend_kind
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.settings import problems_of, read_settings, unknown_in

ABOUT = "settings"


def check_settings(variables: Mapping[str, str], *, about: str = ABOUT, where: str = "") -> Iterator[Finding]:
    """Look at the variables of a process; `where` says where to correct them. What is all right is not mentioned."""
    where = where or "where the variable is set"
    correct = f"Correct it {where}."
    for problem in problems_of(variables):
        yield Finding.wrong(about, problem, mend=correct)
    for name, meant in unknown_in(variables).items():
        mend = f"Did you mean {meant}? Correct it {where}, or remove it." if meant else f"Remove it {where}."
        yield Finding.warning(about, f"{name} is no setting and changes nothing", mend=mend)
    if problems_of(variables):
        return
    settings = read_settings(variables)
    for check in (
        lambda: backend_kind(settings),
        lambda: read_tokens(settings.tokens.get_secret_value(), data_dir=settings.data_dir),
    ):
        try:
            check()
        except ConfigurationError as exc:
            yield Finding.wrong(about, str(exc), mend=correct)


def check_own_settings(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the variables of this process."""
    found = list(check_settings(variables))
    yield from found
    if not any(finding.level == "wrong" for finding in found):
        names = ", ".join(sorted(name for name in variables if name not in unknown_in(variables)))
        yield Finding.ok(ABOUT, f"{names} set, the others by default" if names else "all by default")
