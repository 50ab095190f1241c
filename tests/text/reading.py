"""Print what is read of sentences: `python -m tests.text.reading "Me mudé a Lisboa la semana pasada."`."""

import sys
from datetime import UTC, datetime

from memos_mcp.backends.local.consolidation.statements import told
from memos_mcp.backends.local.extraction.preferences import preferences
from memos_mcp.backends.local.extraction.salience import tells
from memos_mcp.backends.local.retrieval import flags
from memos_mcp.backends.local.retrieval.query_understanding import Question
from memos_mcp.backends.local.text.questions import is_question
from memos_mcp.backends.local.text.sentences import sentences
from memos_mcp.backends.local.text.temporal import resolve
from memos_mcp.backends.local.text.temporal.queries import spans
from memos_mcp.backends.local.text.words import content_words


def reading(sentence: str, *, said: datetime) -> dict[str, object]:
    """Return what the files of all languages make of a sentence, said or asked at a time."""
    question, now = Question(sentence), int(said.timestamp()) * 1000
    return {
        "language": question.language if question.latin else question.script,
        "words that carry": content_words(sentence),
        "flags": _flag_names(flags.flags_of(sentence, role="")),
        "asks": is_question(sentence),
        "tells": tells(sentence),
        "times of a message": [f"{_day(one.start)} to {_day(one.end)}" for one in resolve(sentence, said=said)],
        "times of a query": [
            f"{_day(one.start)} to {_day(one.end)}" for one in spans(sentence, now=now, first=now, last=now)
        ],
        "asks when": question.asks_when,
        "asks for": _flag_names(question.favoured_kind),
        "requires": _flag_names(question.required_kind),
        "said by": _flag_names(question.said_by),
        "preferences": [one.statement for one in preferences(sentence)],
        "claims": [
            f"{claim.subject}: {claim.attribute} = {claim.value}" + (" (new)" if claim.changed else "")
            for statement in told(sentence).statements
            for claim in statement.claims
        ],
    }


def _flag_names(held: int) -> list[str]:
    return [name for name, flag in vars(flags).items() if name[0] != "_" and isinstance(flag, int) and held & flag]


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


if __name__ == "__main__":
    for text in sys.argv[1:]:
        for one in sentences(text):
            sys.stdout.write(f"{one}\n")
            for name, found in reading(one, said=datetime.now(UTC)).items():
                sys.stdout.write(f"  {name:20}{found}\n")
