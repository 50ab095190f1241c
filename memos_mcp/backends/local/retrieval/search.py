"""One search: candidates by words and by vectors with their neighbours, scored by every ingredient."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval import scores
from memos_mcp.backends.local.retrieval.postings import Found, Postings
from memos_mcp.backends.local.retrieval.query import Hit, Query
from memos_mcp.backends.local.retrieval.question import Question
from memos_mcp.backends.local.retrieval.relativity import relativity
from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows
from memos_mcp.backends.local.retrieval.scores import Floats
from memos_mcp.backends.local.retrieval.terms import word_terms
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.retrieval.when import nearness

_WIDTH = 200
_SMALL = 1_000


class Search:
    """The arrays of one search; `rows` below are positions in the index, candidates are those worth scoring."""

    def __init__(self, query: Query, *, rows: Rows, postings: Postings, texts: int, weights: Weights) -> None:
        """Take what is asked and where to look."""
        self._query = query
        self._question = Question(query.text)
        self._rows = rows
        self._postings = postings
        self._texts = texts
        self._weights = weights

    def hits(self, limit: int) -> list[Hit]:
        """Give the best texts; of equals the newer comes first."""
        score = self._scores()
        best = np.lexsort((-self._candidates, -score))[:limit]
        sure = self._relativity[best]
        seqs = self._rows.seq.values[self._candidates[best]]
        return [
            Hit(seq=seq, score=value, relativity=relevance)
            for seq, value, relevance in zip(seqs.tolist(), score[best].tolist(), sure.tolist(), strict=True)
        ]

    @cached_property
    def _idf(self) -> Floats:
        found = self._found
        return scores.rarity(np.bincount(found.term_of, minlength=len(self._question.terms[0])), self._texts)

    @cached_property
    def _found(self) -> Found:
        return self._postings.find(self._question.terms[0], self._rows.alive.values)

    @cached_property
    def _lexical(self) -> Floats:
        return scores.words(self._found, self._idf * self._question.terms[1], rows=len(self._rows))

    @cached_property
    def _dense(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        pairs = self._query.dense or ()
        rows = self._rows.find(np.array([seq for seq, _ in pairs], np.int64))
        cosines = np.array([cosine for _, cosine in pairs], np.float64)
        known = (rows != NOBODY) & self._rows.alive.values[rows]
        rows, cosines = rows[known], cosines[known]
        return rows, cosines, scores.vectors(cosines, texts=self._texts)

    @cached_property
    def _open(self) -> NDArray[np.bool_]:
        """The rows that may be found."""
        alive = self._rows.alive.values
        if self._query.allowed is None:
            return alive
        allowed = self._rows.find(np.fromiter(self._query.allowed, np.int64, len(self._query.allowed)))
        mask = np.zeros(len(alive), np.bool_)
        mask[allowed[allowed != NOBODY]] = True
        return mask & alive

    @cached_property
    def _candidates(self) -> NDArray[np.int64]:
        allowed = np.flatnonzero(self._open)
        if len(allowed) <= _SMALL:
            return allowed
        lexical = self._lexical[allowed]
        width = min(_WIDTH, np.count_nonzero(lexical))
        seeds = allowed[np.argpartition(lexical, len(lexical) - width)[len(lexical) - width :]]
        near = [seeds, self._dense[0]]
        for chain, portions in self._chains:
            place = np.concatenate((seeds, self._dense[0]))
            for _ in portions:
                place = chain[place].astype(np.int64)
                place = place[place != NOBODY]
                near.append(place)
        rows = np.unique(np.concatenate(near))
        return rows[self._open[rows]]

    @cached_property
    def _chains(self) -> tuple[tuple[NDArray[np.int32], tuple[float, ...]], ...]:
        return (
            (self._rows.before.values, self._weights.before),
            (self._rows.after.values, self._weights.after),
        )

    def _scores(self) -> Floats:
        weights, rows = self._weights, self._candidates
        fused = weights.lexical * scores.standard(self._lexical, self._texts)
        dense_rows, _, dense = self._dense
        fused[dense_rows] += weights.dense * dense
        score = fused[rows]
        base = fused.clip(min=0)
        for chain, portions in self._chains:
            score += scores.share(base, chain, rows, portions=portions)
        flags, lengths = self._rows.flags.values[rows], self._rows.words.values[rows]
        score += scores.priors(lengths, flags, asks_when=self._question.asks_when, weights=weights)
        score += weights.who * np.isin(self._rows.speaker.values[rows], self._question.words)
        if said_by := self._question.said_by:
            score += weights.role * ((flags & said_by) != 0)
        times = self._rows.time.values
        meant = self._question.spans(now=self._query.now, first=int(times.min()), last=int(times.max()))
        score += weights.when * nearness(times[rows], meant)
        if self._query.thread is not None:
            score += weights.thread * (self._rows.thread.values[rows] == self._query.thread)
        return score + weights.late * self._late(score)

    def _late(self, score: Floats) -> Floats:
        gained = np.zeros(len(score))
        query = self._query
        if query.tokens is None or query.token_vectors is None or not len(query.tokens):
            return gained
        best = np.argsort(-score, kind="stable")[:_WIDTH]
        seqs = self._rows.seq.values[self._candidates[best]].tolist()
        stored = query.token_vectors(seqs)
        empty = np.empty((0, query.tokens.shape[1]), np.int8)
        idf = self._word_idf
        values = scores.late(query.tokens, idf, [stored.get(seq, empty) for seq in seqs])
        gained[best] = ((values - values.mean()) / max(values.std(), 0.05)).clip(min=0)
        return gained

    @cached_property
    def _word_idf(self) -> Floats:
        idf: list[float] = []
        for word in self._query.words:
            hashes = np.array(word_terms(word), np.uint32)
            found = self._postings.find(hashes, self._rows.alive.values)
            counts = np.bincount(found.term_of, minlength=len(hashes))
            idf.append(float(scores.rarity(counts, self._texts).max(initial=0.0)))
        return np.array(idf)

    @cached_property
    def _relativity(self) -> Floats:
        rows = self._candidates
        cosines = np.zeros(len(self._rows))
        dense_rows, cosine, _ = self._dense
        cosines[dense_rows] = cosine
        asked = float(self._idf @ self._question.terms[1])
        coverage = self._lexical[rows] / asked if asked else np.zeros(len(rows))
        return relativity(coverage=coverage, cosine=cosines[rows])
