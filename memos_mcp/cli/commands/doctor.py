"""`memos-mcp doctor`: everything that can be wrong, looked at, with how to mend it."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

from rich.console import Console
from rich.text import Text

from memos_mcp.backends.selection import backend_kind
from memos_mcp.cli.checks.chat_model import check_chat_model
from memos_mcp.cli.checks.directory import check_directory
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.checks.hooks import check_hooks
from memos_mcp.cli.checks.hosts import check_hosts
from memos_mcp.cli.checks.service import check_service
from memos_mcp.cli.checks.settings import check_own_settings
from memos_mcp.cli.printing import counted, say
from memos_mcp.core.errors import ConfigurationError, MemosError
from memos_mcp.core.settings import Settings, own_variables, read_settings
from memos_mcp.hosts.machine import Machine

Check = Callable[[], Iterable[Finding]]

STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


def examine(variables: Mapping[str, str], *, machine: Machine, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Look at everything, telling what is looked at next.

    What needs a thing that is wrong is not looked at.
    """
    wrong = yield from _run({"settings": lambda: check_own_settings(variables)}, tell)
    if not wrong:
        settings = read_settings(variables)
        wrong = yield from _run({"data directory": lambda: check_directory(settings.data_dir)}, tell)
        if not wrong:
            yield from _run(_checks(settings), tell)
    yield from _run({"hosts": lambda: check_hosts(machine), "hooks": lambda: check_hooks(machine)}, tell)


def _checks(settings: Settings) -> dict[str, Check]:
    if backend_kind(settings) == "hosted":
        return {"hosted service": lambda: check_service(settings)}
    # What the store is made of is not there in an installation for the hosted service alone.
    from memos_mcp.cli.checks.engine import check_engine  # noqa: PLC0415
    from memos_mcp.cli.checks.index import check_index  # noqa: PLC0415
    from memos_mcp.cli.checks.languages import check_languages  # noqa: PLC0415
    from memos_mcp.cli.checks.ledger import check_ledger, check_shared_ledger  # noqa: PLC0415
    from memos_mcp.cli.checks.model import check_model  # noqa: PLC0415

    shared = bool(settings.ledger_url.get_secret_value())
    checks: dict[str, Check] = {
        "ledger": lambda: check_shared_ledger(settings) if shared else check_ledger(settings.data_dir),
        "engine": lambda: check_engine(settings),
        "model": lambda: check_model(settings),
        "vector index": lambda: check_index(settings),
    }
    if not shared:
        checks["languages"] = lambda: check_languages(settings)
    return checks | ({"chat model": lambda: check_chat_model(settings)} if settings.extractor == "llm" else {})


def _run(checks: Mapping[str, Check], tell: Callable[[str], None]) -> Generator[Finding, None, bool]:
    """Yield what checks find, and at the end whether something is wrong."""
    wrong = False
    for about, check in checks.items():
        tell(about)
        for finding in found_by(about, check):
            wrong = wrong or finding.level == "wrong"
            yield finding
    return wrong


def found_by(about: str, check: Check) -> Iterator[Finding]:
    """Yield what a check finds, and what it could not look at."""
    try:
        yield from check()
    except MemosError as exc:
        mend = "Correct the setting." if isinstance(exc, ConfigurationError) else "Do what it says, then look again."
        yield Finding.wrong(about, str(exc), mend=mend)
    except OSError as exc:
        found = f"{exc.filename or 'a file'} cannot be used ({exc.strerror})"
        yield Finding.wrong(about, found, mend="Check its owner and permissions.")


def show(finding: Finding, console: Console) -> None:
    """Print a line, and below it how to mend what is not as it should be."""
    line = Text.assemble((f"{finding.level:<8}", STYLES[finding.level]), (f"{finding.about}: ", "bold"), finding.found)
    console.print(line, soft_wrap=True)
    if finding.mend:
        say(console, f"        {finding.mend}")


def conclude(findings: Iterable[Finding]) -> str:
    """Sum up in a sentence."""
    levels = [finding.level for finding in findings]
    wrong, warnings = levels.count("wrong"), levels.count("warning")
    if not wrong and not warnings:
        return "All is well."
    return f"{counted(wrong, 'thing')} wrong, {counted(warnings, 'warning')}."


def run_checks(*, as_json: bool, console: Console, progress: Console) -> bool:
    """Look at everything and print what was found, line by line or as JSON; False where something is wrong."""
    findings: list[Finding] = []
    with progress.status("") as status:
        checks = examine(
            own_variables(),
            machine=Machine.here(),
            tell=lambda about: status.update(f"Looking at the {about}"),
        )
        for finding in checks:
            findings.append(finding)
            if not as_json:
                show(finding, console)
    if as_json:
        console.print_json(data=[finding.model_dump() for finding in findings])
    else:
        console.print(conclude(findings), style="bold", highlight=False)
    return all(finding.level != "wrong" for finding in findings)
