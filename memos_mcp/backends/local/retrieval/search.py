"""One search: candidates by words, by vectors and by time, with their neighbours, scored by every ingredient."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval import relativity, scores
from memos_mcp.backends.local.retrieval.lexical import InWindows, Lexical
from memos_mcp.backends.local.retrieval.postings import Postings
from memos_mcp.backends.local.retrieval.query import Hit, Query
from memos_mcp.backends.local.retrieval.question import Question
from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows
from memos_mcp.backends.local.retrieval.scores import Floats
from memos_mcp.backends.local.retrieval.terms import terms
from memos_mcp.backends.local.retrieval.vectors import Dense, by_meaning, over_rows
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.retrieval.when import Span, nearness
from memos_mcp.backends.local.retrieval.windows import Windows

_SEEDS = 200
"""Rows taken by words and by time; 50 find 1 point less, more find nothing more."""

_SMALL = 500
"""So many rows are all scored."""

_LATE = 60
"""Candidates whose token vectors are fetched, with their neighbours'; 200 find no more than half a point more."""

_TIME_WORD = 3.0
"""What a time that the query names is worth beside its words: as much as a word in a twentieth of the texts."""


class Search:
    """The arrays of one search: a row is a text's position in the index, a candidate a row worth scoring."""

    def __init__(self, query: Query, *, rows: Rows, postings: Postings, texts: int, weights: Weights) -> None:
        """Take what is asked and where to look."""
        self._query = query
        self._rows = rows
        self._texts = texts
        self._weights = weights
        self._question = Question(query.text)
        self._lexical = Lexical(self._question, rows=rows, postings=postings, texts=texts)
        self._dense = Dense.of(query, rows, texts=texts)

    def hits(self, limit: int) -> list[Hit]:
        """Give the best texts; of equals the newer comes first."""
        score = (self._evidence + self._weights.coverage * self._coverage) * self._priors
        best = np.lexsort((-self._candidates, -score))[:limit]
        seqs = self._rows.seq.values[self._candidates[best]].tolist()
        sure = self._relativity[best].tolist()
        return [Hit(*hit) for hit in zip(seqs, score[best].tolist(), sure, strict=True)]

    @cached_property
    def _candidates(self) -> NDArray[np.int64]:
        allowed = self._allowed
        if np.count_nonzero(allowed) <= _SMALL:
            return np.flatnonzero(allowed)
        seeds = np.unique(np.concatenate([self._dense.rows, *self._seeds(allowed)]))
        members = self._around(seeds).receivers().members()
        return members[allowed[members]]

    def _seeds(self, allowed: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
        matches = self._lexical.matches * allowed
        for value in (matches, nearness(self._rows.time.values, self._spans) * (1 + matches) if self._spans else None):
            if value is not None and (width := min(_SEEDS, np.count_nonzero(value))):
                yield np.argpartition(-value, width - 1)[:width]

    @cached_property
    def _allowed(self) -> NDArray[np.bool_]:
        alive = self._rows.alive.values
        if self._query.allowed is None:
            return alive
        rows = self._rows.find(np.fromiter(self._query.allowed, np.int64, len(self._query.allowed)))
        mask = np.zeros(len(alive), np.bool_)
        mask[rows[rows != NOBODY]] = True
        return mask & alive

    def _around(self, centres: NDArray[np.int64]) -> Windows:
        return Windows(centres, self._rows, before=self._weights.before, after=self._weights.after)

    @cached_property
    def _windows(self) -> Windows:
        return self._around(self._candidates)

    @cached_property
    def _in_windows(self) -> InWindows:
        return self._lexical.in_windows(self._windows)

    @cached_property
    def _evidence(self) -> Floats:
        """What speaks for each candidate, but for how much of the query it covers."""
        weights, rows = self._weights, self._candidates
        near = self._windows.total(over_rows(self._dense.units, self._dense.rows, rows=self._rows))
        score = weights.lexical * self._in_windows.bm25 + weights.dense * near + self._who
        score += weights.when * nearness(self._rows.time.values[rows], self._spans)
        if said_by := self._question.said_by:
            score += weights.role * ((self._rows.flags.values[rows] & said_by) != 0)
        if self._query.thread is not None:
            score += weights.thread * (self._rows.thread.values[rows] == self._query.thread)
        return score

    @cached_property
    def _who(self) -> Floats:
        speakers = self._rows.speaker.values[self._candidates]
        score = np.zeros(len(speakers))
        weight = self._weights.who
        for word in self._question.words:
            if self._rows.speakers.get(word, 0) > 1:
                score[speakers == word] = weight
                weight = self._weights.others
        return score

    @cached_property
    def _spans(self) -> list[Span]:
        times = self._rows.time.values
        return self._question.spans(now=self._query.now, first=int(times.min()), last=int(times.max()))

    @cached_property
    def _priors(self) -> Floats:
        flags = self._rows.flags.values[self._candidates]
        return scores.priors(flags, asks_when=self._question.asks_when, weights=self._weights)

    @cached_property
    def _coverage(self) -> Floats:
        """The share of the query that is in each candidate's window, each term as it stands or, better, by meaning."""
        there, worth = self._in_windows.there, self._lexical.worth
        if self._weights.late and self._query.token_vectors is not None:
            best = np.argsort(-self._evidence * self._priors, kind="stable")[:_LATE]
            meant = self._weights.late * by_meaning(self._query, self._candidates[best], self._rows, self._windows)
            for word, term in self._terms_of_words():
                there[best, term] = np.maximum(there[best, term], meant[:, word])
        return there @ worth / max(float(worth.sum()), 1e-9)

    def _terms_of_words(self) -> Iterator[tuple[int, int]]:
        """Tell which token vector of the query is of which of its terms; those of stop words are of none."""
        place = {term: number for number, term in enumerate(self._lexical.terms.tolist())}
        for word, text in enumerate(self._query.words):
            yield from ((word, place[term]) for term, _ in terms(text) if term in place)

    @cached_property
    def _relativity(self) -> Floats:
        coverage, dense = self._coverage_in_time, self._dense
        if self._query.dense is None:
            return relativity.of_words(coverage=coverage, texts=self._texts)
        cosine = self._windows.likest(over_rows(dense.cosines, dense.rows, rows=self._rows))
        if self._query.tokens is None:
            return relativity.of_likeness(coverage=coverage, cosine=cosine, mean=dense.mean, texts=self._texts)
        return relativity.of_meaning(coverage=coverage, cosine=cosine, texts=self._texts)

    @property
    def _coverage_in_time(self) -> Floats:
        """The share of the query found where the time that it names, if any, is one more of its words."""
        if not self._spans:
            return self._coverage
        asked = float(self._lexical.worth.sum())
        most = max(span.weight for span in self._spans)
        in_time = nearness(self._rows.time.values[self._candidates], self._spans) / most
        return (self._coverage * asked + in_time * _TIME_WORD) / (asked + _TIME_WORD)
