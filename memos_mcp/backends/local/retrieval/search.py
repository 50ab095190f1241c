"""One search: candidates by words and by vectors with their neighbours, scored by every ingredient."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval import relativity, scores
from memos_mcp.backends.local.retrieval.postings import Found, Postings
from memos_mcp.backends.local.retrieval.query import Hit, Query
from memos_mcp.backends.local.retrieval.question import Question
from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows
from memos_mcp.backends.local.retrieval.scores import Floats
from memos_mcp.backends.local.retrieval.terms import terms
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.retrieval.when import Span, nearness
from memos_mcp.backends.local.retrieval.windows import Windows

_SEEDS = 200
_SMALL = 500
_LATE = 60
_TIME_WORD = 3.0
_COSINE_SHARES = (1.0, 0.9, 0.8, 0.7)


class Search:
    """The arrays of one search.

    A row is a text's position in the index, a candidate a row worth scoring; arrays over rows have a 0 more at the
    end, for `NOBODY`.
    """

    def __init__(self, query: Query, *, rows: Rows, postings: Postings, texts: int, weights: Weights) -> None:
        """Take what is asked and where to look."""
        self._query = query
        self._question = Question(query.text)
        self._rows = rows
        self._postings = postings
        self._texts = texts
        self._weights = weights
        self._shares = (1.0, *weights.before, *weights.after)
        self._reach = len(weights.before), len(weights.after)

    def hits(self, limit: int) -> list[Hit]:
        """Give the best texts; of equals the newer comes first."""
        score = (self._evidence + self._weights.coverage * self._covered) * self._priors
        best = np.lexsort((-self._candidates, -score))[:limit]
        seqs = self._rows.seq.values[self._candidates[best]]
        return [
            Hit(seq=seq, score=value, relativity=relevance)
            for seq, value, relevance in zip(
                seqs.tolist(), score[best].tolist(), self._relativity[best].tolist(), strict=True
            )
        ]

    @cached_property
    def _candidates(self) -> NDArray[np.int64]:
        allowed = self._allowed
        open_rows = np.flatnonzero(allowed)
        if len(open_rows) <= _SMALL:
            return open_rows
        matches = self._matches[:-1] * allowed
        width = min(_SEEDS, np.count_nonzero(matches))
        seeds = np.argpartition(-matches, max(width - 1, 0))[:width]  # none where the query has no word of theirs
        seeds = np.unique(np.concatenate((seeds, self._dense_rows)))
        before, after = self._reach
        # Those that a seed gives evidence to are as far behind it as it can be before them.
        members = Windows(seeds, self._rows, before=after, after=before).members()
        return members[allowed[members]]

    @cached_property
    def _allowed(self) -> NDArray[np.bool_]:
        alive = self._rows.alive.values
        if self._query.allowed is None:
            return alive
        rows = self._rows.find(np.fromiter(self._query.allowed, np.int64, len(self._query.allowed)))
        mask = np.zeros(len(alive), np.bool_)
        mask[rows[rows != NOBODY]] = True
        return mask & alive

    @cached_property
    def _windows(self) -> Windows:
        before, after = self._reach
        return Windows(self._candidates, self._rows, before=before, after=after)

    @cached_property
    def _evidence(self) -> Floats:
        """What speaks for each candidate, but for late interaction."""
        weights, rows, question = self._weights, self._candidates, self._question
        score = weights.lexical * self._by_term[0] + weights.dense * self._nearness
        score += self._who
        if said_by := question.said_by:
            score += weights.role * ((self._rows.flags.values[rows] & said_by) != 0)
        score += weights.when * nearness(self._rows.time.values[rows], self._spans)
        if self._query.thread is not None:
            score += weights.thread * (self._rows.thread.values[rows] == self._query.thread)
        return score

    @cached_property
    def _spans(self) -> list[Span]:
        times = self._rows.time.values
        return self._question.spans(now=self._query.now, first=int(times.min()), last=int(times.max()))

    @cached_property
    def _priors(self) -> Floats:
        rows = self._candidates
        return scores.priors(
            self._rows.words.values[rows],
            self._rows.flags.values[rows],
            asks_when=self._question.asks_when,
            weights=self._weights,
        )

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

    # Words

    @cached_property
    def _found(self) -> Found:
        return self._postings.find(self._question.terms[0], self._rows.alive.values)

    @cached_property
    def _idf(self) -> Floats:
        asked, importance = self._question.terms
        return importance * scores.rarity(np.bincount(self._found.term_of, minlength=len(asked)), self._texts)

    @cached_property
    def _matches(self) -> Floats:
        found = self._found
        values = self._idf[found.term_of] * scores.SATURATION[found.counts]
        return np.bincount(found.rows, values, minlength=len(self._rows) + 1).astype(np.float64)

    @cached_property
    def _by_term(self) -> tuple[Floats, Floats]:
        """BM25 of the windows, each term where it counts most; and how far it is there at all, a column a term."""
        found, idf = self._found, self._idf
        total, there = np.zeros(len(self._candidates)), np.zeros((len(self._candidates), len(idf)))
        evidence = np.zeros(len(self._rows) + 1)
        ends = np.searchsorted(found.term_of, np.arange(len(idf) + 1))
        for term in range(len(idf)):
            part = slice(ends[term], ends[term + 1])
            rows = found.rows[part]
            evidence[rows] = scores.SATURATION[found.counts[part]]
            best = self._windows.best(evidence, self._shares)
            evidence[rows] = 0.0
            total += idf[term] * best
            there[:, term] = best.clip(max=1.0)
        return total, there

    # Vectors

    @cached_property
    def _dense(self) -> tuple[NDArray[np.int64], Floats, Floats, float]:
        pairs = self._query.dense or ()
        rows = self._rows.find(np.array([seq for seq, _ in pairs], np.int64))
        cosines = np.array([cosine for _, cosine in pairs], np.float64)
        known = (rows != NOBODY) & self._rows.alive.values[rows]
        rows, cosines = rows[known], cosines[known]
        units, mean = scores.standard(cosines, texts=self._texts)
        return rows, cosines, units, mean

    @property
    def _dense_rows(self) -> NDArray[np.int64]:
        return self._dense[0]

    @cached_property
    def _nearness(self) -> Floats:
        """The candidates' cosines in standard units, with half of their neighbours' shares: a vector is of a text."""
        rows, _, units, _ = self._dense
        halves = (1.0, *(share / 2 for share in self._shares[1:]))
        return self._windows.total(self._spread_out(rows, units), halves)

    @cached_property
    def _covered(self) -> Floats:
        """The share of the query that is in each candidate's window, each term as it stands or, better, by meaning."""
        idf = self._idf
        return self._by_term_or_meaning @ idf / max(float(idf.sum()), 1e-9)

    @cached_property
    def _by_term_or_meaning(self) -> Floats:
        there, query = self._by_term[1], self._query
        if query.tokens is None or query.token_vectors is None or not self._terms_of_words or not self._weights.late:
            return there
        best = np.argsort(-self._evidence * self._priors, kind="stable")[:_LATE]
        windows = Windows(self._candidates[best], self._rows, before=self._reach[0], after=self._reach[1])
        members = windows.members()
        seqs = self._rows.seq.values[members].tolist()
        stored = query.token_vectors(seqs)
        none = np.empty((0, query.tokens.shape[1]), np.int8)
        found = self._weights.late * scores.interaction(query.tokens, [stored.get(seq, none) for seq in seqs])
        for word, term in self._terms_of_words:
            meant = windows.best(self._spread_out(members, found[:, word]), self._shares)
            there[best, term] = np.maximum(there[best, term], meant)
        return there

    @cached_property
    def _terms_of_words(self) -> list[tuple[int, int]]:
        """Which token vector of the query is of which of its terms; those of stop words are of none."""
        place = {term: number for number, term in enumerate(self._question.terms[0].tolist())}
        return [
            (word, place[term])
            for word, text in enumerate(self._query.words)
            for term, _ in terms(text)
            if term in place
        ]

    @cached_property
    def _relativity(self) -> Floats:
        coverage, texts = self._covered_in_time, self._texts
        if self._query.dense is None:
            return relativity.of_words(coverage=coverage, texts=texts)
        rows, cosines, _, mean = self._dense
        before, after = self._reach
        shares = (*_COSINE_SHARES[: before + 1], *_COSINE_SHARES[1 : after + 1])
        cosine = self._windows.best(self._spread_out(rows, cosines), shares)
        if self._query.tokens is None:
            return relativity.of_likeness(coverage=coverage, cosine=cosine, mean=mean, texts=texts)
        return relativity.of_meaning(coverage=coverage, cosine=cosine, texts=texts)

    @property
    def _covered_in_time(self) -> Floats:
        """The share of the query found where the time that it names, if any, is one more of its words."""
        asked = float(self._idf.sum())
        if not self._spans:
            return self._covered
        in_time = nearness(self._rows.time.values[self._candidates], self._spans)
        most = max(span.weight for span in self._spans)
        return (self._covered * asked + in_time / most * _TIME_WORD) / (asked + _TIME_WORD)

    def _spread_out(self, rows: NDArray[np.int64], values: Floats) -> Floats:
        spread = np.zeros(len(self._rows) + 1)
        spread[rows] = values.clip(min=0)
        return spread
