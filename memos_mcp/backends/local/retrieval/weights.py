"""The weights of the ranker, set by hand: one number an ingredient, all in one place."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Weights:
    """What each ingredient adds to a score; 0 (or an empty tuple) takes it away.

    Evidence adds up: `dense` for a standard deviation of cosine, `lexical` for a unit of BM25, `coverage` for all of
    the query's words found, where one found by its meaning counts `late` of one that stands there, and one that only
    frames a question `frame` less than its rarity says, `who` for the
    words of the person whom the query names first, `others` for those of others named, `role` for those of the side
    that it asks about, `when` for a unit of nearness in time, `thread` for the preferred conversation. `before` and
    `after` are the shares of its neighbours' evidence that a text gets, nearest first, and `asked` is how much more of
    it a question gives to the text right after it.

    A text of more than `long` words is held to say much beside what it is found for: its terms count less, as in BM25,
    the words found in it by meaning by the root of that, and it takes (`long` / its words) ** `fade` of what its
    neighbours give. A text beside a better one, with one of more than `long` words there, is lowered by `repeat` of its
    score. Where the assistant's words are asked for, `long` is `long_answer` times as much.

    Where a model gives no token vectors, each standard deviation of cosine stands for `meant` of the query found, up to
    `meant_most`.

    The rest are priors, which raise or lower the sum by that part of it; `own` is for the user's words where a question
    is put in the first person.

    A text gains `mine` as the user's own words where a question is about its asker, and in other languages than English,
    where words are met less, `timed` for a time or a number where it asks when.
    """

    dense: float = 1.0
    lexical: float = 0.25
    coverage: float = 10.0
    late: float = 1.0
    meant: float = 0.0
    meant_most: float = 0.6
    frame: float = 0.5
    who: float = 4.0
    others: float = 1.5
    role: float = 3.0
    when: float = 1.0
    thread: float = 1.0
    before: tuple[float, ...] = (0.7, 0.6, 0.4, 0.2)
    after: tuple[float, ...] = (0.6, 0.45, 0.3, 0.15)
    asked: float = 0.2
    first_person: float = 0.05
    question: float = -0.1
    dated: float = 0.1
    answer: float = 0.1
    own: float = 0.2
    long: float = 80.0
    long_answer: float = 4.0
    fade: float = 2.0
    repeat: float = 0.15
    mine: float = 0.7
    timed: float = 0.0

    def for_words_of_assistant(self) -> "Weights":
        """Return the weights for a question about what the assistant said: its long answers are what is looked for."""
        return replace(self, long=self.long * self.long_answer)

    def for_sentence_vectors(self, *, english: bool) -> "Weights":
        """Return the weights for a model without token vectors: its sentence vectors are all there is of meaning.

        In other languages than English they count more, since words come in many forms there.
        """
        dense, lexical, meant = (2, 1.0, 0.15) if english else (3, 0.5, 0.2)
        return replace(
            self,
            dense=self.dense * dense,
            lexical=self.lexical * lexical,
            when=self.when * 2,
            meant=meant if self.dense else 0.0,
        )

    def for_another_language(self, *, latin: bool) -> "Weights":
        """Return the weights for a query in another language than English, where who speaks tells more."""
        return replace(self, own=self.own * (2.5 if latin else 1.0), timed=2.0)

    def for_foreign_language(self) -> "Weights":
        """Return the weights for such a query where the model that comes with the package embeds it."""
        return replace(self, dense=self.dense * 0.6, own=self.own * 1.6)

    def for_unread_script(self, *, devanagari: bool) -> "Weights":
        """Return the weights for a query in a script of which the model that comes with the package reads little.

        Of Hindi, its token vectors tell more than of the others.
        """
        return replace(self, dense=self.dense * 0.2, late=self.late * (0.25 if devanagari else 0.1))
