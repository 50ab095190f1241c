"""What speaks for a text beside its words and its vector: who says it and to whom, when, where, and in which form.

Evidence is added for what makes a text an answer though little else is found in it, as who said it where that is asked.
A prior is for what only tells which of two texts, alike otherwise, is likelier to answer, as their form does.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.flags import (
    ASKS_ALONE,
    BY_ASSISTANT,
    BY_USER,
    FIRST_PERSON,
    NUMBER,
    QUESTION,
    RELATIVE_TIME,
)
from memos_mcp.backends.local.retrieval.query_understanding import Question
from memos_mcp.backends.local.retrieval.rows import Rows
from memos_mcp.backends.local.retrieval.scores import Floats
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.text.temporal.queries import Span, nearness


def evidence(
    candidates: NDArray[np.int64],
    rows: Rows,
    question: Question,
    *,
    spans: Sequence[Span],
    thread: int | None,
    weights: Weights,
) -> Floats:
    """Add up what speaks for each candidate: its speaker, its role, its time and its conversation, in units of a score.

    `spans` are the times that the question names, `thread` is the conversation that is preferred.
    """
    score = _who(candidates, rows, question, weights)
    if spans:
        score += weights.when * nearness(rows.time.values[candidates], spans)
    flags = rows.flags.values[candidates]
    if question.said_by:
        score += weights.role * ((flags & question.said_by) != 0)
    if question.of_oneself:
        score += weights.mine * ((flags & BY_USER) != 0)
    if question.asks_when:
        score += weights.timed * ((flags & (RELATIVE_TIME | NUMBER)) != 0)
    if thread is not None:
        score += weights.thread * (rows.thread.values[candidates] == thread)
    return score


def priors(flags: NDArray[np.uint32], speakers: NDArray[np.uint32], question: Question, weights: Weights) -> Floats:
    """Favour what tells much: of the writer's own life, not questions, dated for "when", of the kind asked for.

    An assistant without a name repeats the words of the user that it responds to, and its questions answer nothing.

    Returns what evidence is to be multiplied by, so that a prior decides between equals and makes up for no evidence.
    """
    factor = 1 + weights.first_person * ((flags & FIRST_PERSON) != 0)
    factor += weights.question * ((flags & QUESTION) != 0)
    if question.asks_when:
        factor += weights.dated * ((flags & (RELATIVE_TIME | NUMBER)) != 0)
    if question.of_oneself:
        factor += weights.own * ((flags & BY_USER) != 0)
    if question.said_by != BY_ASSISTANT:
        response = ((flags & BY_ASSISTANT) != 0) & (speakers == 0)
        factor += response * (weights.response + weights.inquiry * ((flags & ASKS_ALONE) != 0))
    if question.favoured_kind:
        factor += weights.answer * ((flags & question.favoured_kind) != 0)
    return factor


def _who(candidates: NDArray[np.int64], rows: Rows, question: Question, weights: Weights) -> Floats:
    """Favour the words of the person whom the question names first, and less those of others named."""
    score = np.zeros(len(candidates))
    named = [word for word in question.words if rows.speakers.get(word, 0) > 1]
    speakers = rows.speaker.values[candidates]
    for place, word in enumerate(named):
        score[speakers == word] = weights.others if place else weights.who
    return score
