"""One search: candidates by words, by vectors and by time, with their neighbours, scored by every ingredient."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval import relativity
from memos_mcp.backends.local.retrieval.dense import Dense, Meant, by_meaning
from memos_mcp.backends.local.retrieval.evidence import evidence, priors
from memos_mcp.backends.local.retrieval.flags import ASKS_ALONE, BY_ASSISTANT, BY_USER, NAME, QUESTION
from memos_mcp.backends.local.retrieval.lexical import Lexical, WindowScores
from memos_mcp.backends.local.retrieval.postings import Postings
from memos_mcp.backends.local.retrieval.query import Hit, Query, Reasons
from memos_mcp.backends.local.retrieval.query_understanding import Question, understood
from memos_mcp.backends.local.retrieval.relativity import Found
from memos_mcp.backends.local.retrieval.rows import NOBODY, Rows
from memos_mcp.backends.local.retrieval.scores import Floats
from memos_mcp.backends.local.retrieval.taking import take_best
from memos_mcp.backends.local.retrieval.top_k import best_of
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.retrieval.windows import Windows, receivers
from memos_mcp.backends.local.text.temporal.queries import Span, nearness
from memos_mcp.backends.local.text.terms import word_terms

_SEEDS = 200
"""Rows taken by words and by time; 50 find 1 point less, more find nothing more."""

_SMALL = 500
"""So many rows are all scored."""

_LATE = 60
"""Candidates whose token vectors are fetched, with their neighbours'; 200 find no more than half a point more."""

_LATE_REACH = 2
"""So many neighbours on either side; twice as many find nothing more, for 40 per cent more vectors."""


_ANSWERED = 0.8
"""What an answer has of the question right before it: "Lima." is about Peru where its capital was asked for."""


_REACTION = 5
"""A text of so few words ("Congratulations!") is as likely to react to what stands beside it as to add to it."""

_REMARK = 8
"""A text of so few words by an assistant whom nobody asked reacts to what a user said, and tells them nothing."""


class Ranking:
    """The arrays of one search: a row is a text's position in the index, a candidate a row worth scoring."""

    def __init__(self, query: Query, *, rows: Rows, postings: Postings, weights: Weights) -> None:
        """Take what is asked and where to look."""
        self._query = query
        self._rows = rows
        self._question: Question = understood(query.text)
        if self._question.said_by == BY_ASSISTANT:
            weights = weights.for_words_of_assistant()
        if not self._question.english:
            weights = weights.for_another_language(latin=self._question.latin)
        if query.tuned:
            weights = weights.for_tuned_sentence_vectors(inflected=self._question.inflects)
        elif query.tokens is None:
            weights = weights.for_sentence_vectors(english=self._question.english)
        elif not self._question.latin:
            weights = weights.for_unread_script(devanagari=self._question.script == "Devanagari")
        self._weights = weights
        self._spans: list[Span] = self._question.spans(now=query.now, first=rows.first, last=rows.last)
        self._lexical = Lexical(self._question, rows=rows, postings=postings, weights=weights)
        self._dense = Dense.of(query, rows)
        self._word_terms = [*self._terms_of_words()]
        self._meant = Meant(np.empty(0, np.int64), np.zeros((0, len(query.words))))
        self._candidates = self._find_candidates()
        self._windows = self._around(self._candidates)
        self._in_windows: WindowScores = self._lexical.in_windows(self._windows)

    def hits(self, limit: int) -> list[Hit]:
        """Return the best texts; of equals the newer comes first."""
        flags, speakers = (column.values[self._candidates] for column in (self._rows.flags, self._rows.speaker))
        factor = priors(flags, speakers, self._question, self._weights)
        added = self._evidence()
        literal = self._literal() if self._query.explain else None
        in_words = self._share(self._in_windows.there, self._candidates)
        coverage = self._coverage((added + self._weights.coverage * in_words) * factor)
        score = (added + self._weights.coverage * self._covered(coverage)) * factor
        long, repeat = self._weights.long, self._weights.repeat
        best, final = take_best(score, self._candidates, self._rows, limit=limit, long=long, repeat=repeat)
        seqs = self._rows.seq.values[self._candidates[best]].tolist()
        sure = self._relativity(coverage[best], best).tolist()
        reasons = [None] * len(seqs) if literal is None else self._reasons(best, literal[best])
        return [Hit(*hit) for hit in zip(seqs, final.tolist(), sure, reasons, strict=True)]

    def _literal(self) -> Floats:
        """Return the share of the query that stands in each candidate's window."""
        worth = self._lexical.worth
        return worth @ self._in_windows.there / max(float(worth.sum()), 1e-9)

    def _reasons(self, best: NDArray[np.intp], literal: Floats) -> list[Reasons]:
        """Tell what speaks for the best of the candidates, the words in whose windows are given."""
        rows = self._candidates[best]
        words = self._lexical.shares(rows)
        cosines = np.zeros(len(self._rows))
        cosines[self._dense.rows] = self._dense.cosines
        time = self._nearness(rows) if self._spans else np.zeros(len(rows))
        told = (words, cosines[rows], time, literal - words)
        return [Reasons(*map(float, one)) for one in np.clip(np.stack(told, axis=1), 0.0, 1.0)]

    def _find_candidates(self) -> NDArray[np.int64]:
        allowed = self._allowed()
        count = self._rows.living if allowed is None else np.count_nonzero(allowed)
        if count <= _SMALL:
            return np.flatnonzero(self._rows.alive.values if allowed is None else allowed)
        seeds = np.concatenate([self._dense.rows, *self._seeds(allowed)])
        marked = receivers(seeds, self._rows, before=self._weights.before, after=self._weights.after)[:-1]
        return np.flatnonzero(marked if allowed is None else marked & allowed)

    def _allowed(self) -> NDArray[np.bool_] | None:
        """Mark the rows that may be found; None where that is all."""
        if self._query.allowed is None:
            return None if self._rows.all_alive else self._rows.alive.values
        rows = self._rows.find(np.fromiter(self._query.allowed, np.int64, len(self._query.allowed)))
        mask = np.zeros(len(self._rows), np.bool_)
        mask[rows[rows != NOBODY]] = True
        return mask & self._rows.alive.values

    def _seeds(self, allowed: NDArray[np.bool_] | None) -> Iterator[NDArray[np.int64]]:
        matches = self._lexical.matches()
        if allowed is not None:
            matches *= allowed
        matching = np.flatnonzero(matches)
        yield matching[best_of(matches[matching], _SEEDS)]
        if self._spans:
            near = self._rows.between([(span.start - span.near, span.end + span.near) for span in self._spans])
            value = nearness(self._rows.time.values[near], self._spans) * (1 + matches[near])
            near, value = near[value > 0], value[value > 0]
            yield near[best_of(value, _SEEDS)]

    def _around(self, centres: NDArray[np.int64], *, reach: int | None = None) -> Windows:
        weights = self._weights
        before, after = weights.before[:reach], weights.after[:reach]
        taken = np.minimum(1.0, weights.long / self._rows.length.values[centres].clip(min=1)) ** weights.fade
        return Windows(centres, self._rows, before=before, after=after, asked=weights.asked, taken=taken)

    def _evidence(self) -> Floats:
        """Add up what speaks for each candidate, but for how much of the query it covers."""
        near = self._windows.total(self._dense.rows, self._dense.units, beside=self._weights.beside)
        return (
            self._weights.lexical * self._in_windows.bm25
            + self._weights.dense * near
            + evidence(
                self._candidates,
                self._rows,
                self._question,
                spans=self._spans,
                thread=self._query.thread,
                weights=self._weights,
            )
        )

    def _coverage(self, promise: Floats) -> Floats:
        """Return the share of the query that is in each candidate's window, each term as it stands or by meaning.

        By meaning where the candidate holds a `promise`.
        """
        there = self._in_windows.there
        if self._weights.late and self._query.token_vectors is not None:
            best = np.sort(best_of(promise, _LATE))
            windows = self._around(self._candidates[best], reach=_LATE_REACH)
            members = np.flatnonzero(windows.members())
            self._meant = by_meaning(self._query, members, self._rows, usual=self._weights.long)
            self._add_meant(there, best, windows.best_words(members, self._meant.found))
        return self._share(there, self._candidates)

    def _covered(self, coverage: Floats) -> Floats:
        """Let a sentence vector stand for what words do not cover, where a model gives no others.

        Who has all of the words, as of an identifier, counts twice, so that no chance likeness comes before it.
        """
        if not self._weights.meant:
            return coverage
        units = np.zeros(len(self._rows))
        units[self._dense.rows] = self._dense.units
        by_sentence = (self._weights.meant * units[self._candidates]).clip(0, self._weights.meant_most)
        return np.maximum(coverage + coverage**8, by_sentence)

    def _of_themselves(self, rows: NDArray[np.int64]) -> Found:
        """Return how much of the query is found in these rows themselves, whatever stands beside them."""
        alone, place = np.unique(rows, return_inverse=True)
        there = self._lexical.in_windows(Windows(alone, self._rows, before=(), after=())).there
        meant = self._meant.of(alone).T
        if self._question.english:
            meant = relativity.beyond_chance(meant)
        self._add_meant(there, np.arange(len(alone)), meant)
        cosines = np.zeros(len(self._rows))
        cosines[self._dense.rows] = self._dense.cosines
        return Found(self._share(there, alone)[place], cosines[rows])

    def _add_meant(self, there: Floats, columns: NDArray[np.intp], meant: Floats) -> None:
        """Count words found by their meaning, a line a word, where the same words do not stand."""
        for word, term in self._word_terms:
            there[term, columns] = np.maximum(there[term, columns], self._weights.late * meant[word])

    def _share(self, there: Floats, rows: NDArray[np.int64]) -> Floats:
        """Weigh the terms that are there, a column each of these rows; a time is where a row is of it."""
        if self._spans:
            dated = self._lexical.dated
            there[dated] = np.maximum(there[dated], self._nearness(rows))
        worth = self._lexical.worth
        return worth @ there / max(float(worth.sum()), 1e-9)

    def _terms_of_words(self) -> Iterator[tuple[int, int]]:
        """Tell which token vector of the query is of which of its terms; those of stop words are of none.

        A number, or a name with one in it, is met only as it stands: vectors hold 46 and 47 to be much the same.
        """
        place = {term: number for number, term in enumerate(self._lexical.terms.tolist())}
        for word, text in enumerate(self._query.words):
            if any(map(str.isdecimal, text)):
                continue
            yield from ((word, place[term]) for term in word_terms(text, self._question.language) if term in place)

    def _relativity(self, coverage: Floats, best: NDArray[np.intp]) -> Floats:
        """Judge the best of the candidates, whose coverage is given."""
        rows = self._candidates[best]
        own = self._own(rows)
        cosine = self._windows.likest(self._dense.rows, self._dense.cosines)[best]
        reacts = (self._rows.length.values[rows] <= _REACTION) & self._query.may_react
        window = Found(np.where(reacts, own.coverage, coverage), np.where(reacts, own.cosine, cosine))
        texts = self._rows.living
        unfit = self._unfit(rows)
        if self._query.dense is None:
            return relativity.of_words(window, own, unfit=unfit, texts=texts)
        if self._query.tells_answers:
            its_own = self._lexical.of_its_own(rows)
            scale, mean = self._scale(), self._dense.mean
            return relativity.of_meaning(
                window, own, scale=scale, mean=mean, of_its_own=its_own, unfit=unfit, texts=texts
            )
        if self._query.tokens is None:
            return relativity.of_likeness(window, own, unfit=unfit, mean=self._dense.mean, texts=texts)
        return relativity.of_another_script(window, own, unfit=unfit)

    def _scale(self) -> relativity.Scale:
        if not self._query.tuned:
            return relativity.ENGLISH
        return relativity.IN_OTHERS if self._question.inflects else relativity.UNINFLECTED

    def _unfit(self, rows: NDArray[np.int64]) -> Floats:
        """Return what speaks against these rows as answers: they only ask or remark, or lack the kind asked for."""
        flags = self._rows.flags.values[rows]
        unfit = np.zeros(len(rows))
        if self._question.said_by != BY_USER:
            unfit += relativity.ONLY_ASKS * ((flags & ASKS_ALONE) != 0)
        if self._question.said_by != BY_ASSISTANT:
            short = (self._rows.length.values[rows] <= _REMARK) & (self._rows.speaker.values[rows] == 0)
            unfit += relativity.REMARK * (short & ((flags & BY_ASSISTANT) != 0) & ~self._after_a_question(rows))
        if needs := self._question.required_kind:
            against = relativity.NO_NAME if needs == NAME else relativity.OTHER_KIND
            unfit += against * ((flags & needs) == 0)
        return unfit

    def _after_a_question(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of these rows stand right after a question."""
        before = self._rows.before.values[rows]
        return (before != NOBODY) & ((self._rows.flags.values[before] & QUESTION) != 0)

    def _own(self, rows: NDArray[np.int64]) -> Found:
        """Return how much of the query is found in these rows themselves, or in a question right before them."""
        before = self._rows.before.values[rows]
        asked = self._after_a_question(rows)
        found = self._of_themselves(np.concatenate((rows, before[asked])))
        coverage, cosine = (values[: len(rows)] for values in (found.coverage, found.cosine))
        for own, values in ((coverage, found.coverage), (cosine, found.cosine)):
            own[asked] = np.maximum(own[asked], _ANSWERED * values[len(rows) :])
        return Found(coverage, cosine)

    def _nearness(self, rows: NDArray[np.int64]) -> Floats:
        """Return how near rows are to the times that the query names, 1 for within one."""
        most = max(span.weight for span in self._spans)
        return nearness(self._rows.time.values[rows], self._spans) / most
