"""The languages of what is kept: how well each is searched by the embedder in use, and what serves it better."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.embedders.multilingual_e5 import INSTALL
from memos_mcp.backends.local.ledger.database import SqliteDatabase
from memos_mcp.backends.local.text.language import written_in
from memos_mcp.backends.local.text.language_files import DEFAULT, Profile, profiles
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.commands.holding import is_held
from memos_mcp.cli.commands.status import kept_in
from memos_mcp.core.settings import Settings

ABOUT = "languages"

LOOKED_AT = 1_000
"""The last messages of users that are looked at."""

MUCH = 0.2
"""The share of them from which a language is much of a store."""

FEW = 20
"""Below so many messages nothing is said of their languages."""

MULTILINGUAL = "multilingual-e5"
_MEND = f"Run `{INSTALL}` (not on Windows), set MEMOS_EMBEDDER={MULTILINGUAL} and run `memos-mcp reindex`."


def check_languages(settings: Settings) -> Iterator[Finding]:
    """Tell the languages of the last messages, but for English."""
    ledger = settings.data_dir / LEDGER_FILE
    if kept_in(ledger) is None:
        return
    with closing(SqliteDatabase.look(ledger, in_use=is_held(settings.data_dir))) as database:
        rows = database.rows("SELECT content FROM message WHERE role = 'user' ORDER BY seq DESC LIMIT ?", (LOOKED_AT,))
    yield from judge([str(row["content"]) for row in rows], embedder=settings.embedder)


def judge(texts: Iterable[str], *, embedder: str) -> Iterator[Finding]:
    """Say of each language that much of these texts is in how well it is served."""
    counts = Counter(map(written_in, texts))
    total = counts.total()
    if total < FEW:
        return
    for language, count in counts.most_common():
        if language != profiles()[DEFAULT].shown and count >= MUCH * total:
            yield _finding(
                f"{round(100 * count / total)} % of the last {total:,} messages are in {language}", language, embedder
            )


def _finding(told: str, language: str, embedder: str) -> Finding:
    profile = next((one for one in profiles().values() if one.shown == language), Profile(language))
    default, multilingual = profile.found or (0, 0)
    match embedder:
        case "onnx" if default >= multilingual > 0:
            return Finding.ok(ABOUT, f"{told}; {_finds('the default model', default)}")
        case "onnx" if multilingual:
            served = f"{_finds('the default model', default)}, {MULTILINGUAL} {multilingual} %"
            return Finding.warning(ABOUT, f"{told}; {served}", mend=_MEND)
        case "onnx" if not profile.universal:
            return Finding.warning(ABOUT, f"{told}, which the default model knows little of", mend=_MEND)
        case "multilingual-e5" if multilingual:
            return Finding.ok(ABOUT, f"{told}; {_finds(MULTILINGUAL, multilingual)}")
        case _:
            return Finding.ok(ABOUT, f"{told}; how well {embedder} serves it was not measured")


def _finds(model: str, share: int) -> str:
    return f"with {model} a search gives {share} % of what answers questions in other words"
