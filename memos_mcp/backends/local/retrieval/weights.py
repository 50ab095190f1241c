"""The weights of the ranker, set by hand: one number an ingredient, all in one place."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Weights:
    """What each ingredient adds to a score; 0 or an empty tuple takes it away, but for `long` and `long_answer`.

    The evidence of a text adds up; the sum is then raised or lowered by each prior, as a part of it.
    """

    # Evidence.
    dense: float = 1.1  # for a standard deviation of cosine
    lexical: float = 0.2  # for a unit of BM25
    coverage: float = 11.0  # for all of the query's words found
    late: float = 1.0  # of a word found by its meaning, beside one that stands there
    meant: float = 0.0  # of the query found, for a standard deviation of cosine, where a model gives no token vectors
    meant_most: float = 0.6  # the most of that
    frame: float = 0.5  # by which a word that only frames a question counts less than its rarity says
    who: float = 3.0  # for the words of the person whom the query names first
    others: float = 1.0  # for those of the others that it names
    role: float = 3.0  # for the words of the side, user or assistant, that it asks about
    when: float = 1.0  # for a unit of nearness to a time that it names
    thread: float = 1.0  # for the preferred conversation
    mine: float = 0.7  # for the user's words, where a question is about its asker
    timed: float = 0.0  # for a time or a number, where it asks when, in other languages than English

    # Neighbours.
    before: tuple[float, ...] = (0.77, 0.66, 0.44, 0.22)  # shares of the evidence of those before, nearest first
    after: tuple[float, ...] = (0.66, 0.5, 0.33, 0.17)  # of those after
    beside: float = 0.3  # the part of these that sentence vectors give
    asked: float = 0.2  # more of a question's evidence, for the text right after it

    # Priors.
    first_person: float = 0.05  # for who speaks of themselves
    question: float = -0.07  # for a question
    dated: float = 0.1  # for a number or a time, where a time is asked for
    answer: float = 0.05  # for what holds the kind of thing that is asked for (`favoured_kind`), whichever it is
    response: float = -0.15  # for an assistant's words, where a question does not ask for them
    inquiry: float = -0.6  # more, where it only asks
    own: float = 0.2  # for the user's words, as `mine`: alone, each of them finds 2 to 4 points less in some language

    # Length. A text of more than `long` words is held to say much beside what it is found for: its terms count less, as
    # in BM25, and the words found in it by meaning by the root of that.
    long: float = 80.0
    long_answer: float = 4.0  # times `long`, where the assistant's words are asked for
    fade: float = 2.0  # a long text takes (`long` / its words) ** `fade` of what its neighbours give
    repeat: float = 0.15  # by which a text beside a better one is lowered, where one there is long

    def for_words_of_assistant(self) -> "Weights":
        """Return the weights for a question about what the assistant said: its long answers are what is looked for."""
        return replace(self, long=self.long * self.long_answer)

    def for_sentence_vectors(self, *, english: bool) -> "Weights":
        """Return the weights for a model without token vectors: its sentence vectors are all there is of meaning.

        In other languages than English they count more, since words come in many forms there. Such a model was not
        tuned to tell what answers a question, so that more is left to neighbours and priors.
        """
        dense, lexical, meant = (1.8, 1.25, 0.15) if english else (2.7, 0.625, 0.2)
        return replace(
            self,
            dense=self.dense * dense,
            lexical=self.lexical * lexical,
            when=self.when * 2,
            meant=meant if self.dense else 0.0,
            coverage=self.coverage * 0.91,
            who=self.who * 1.33,
            others=self.others * 1.5,
            before=tuple(share * 0.91 for share in self.before),
            after=tuple(share * 0.91 for share in self.after),
            beside=self.beside * 1.67,
            question=self.question * 1.43,
            answer=self.answer * 2,
            response=self.response * 1.33,
        )

    def for_tuned_sentence_vectors(self, *, inflected: bool) -> "Weights":
        """Return the weights for the model that reads other languages, which was tuned but gives no token vectors.

        Where words are not inflected they are found as they stand, and its cosines say less beside them.
        """
        dense, lexical, meant, most = (0.63, 0.82, 0.235, 0.67) if inflected else (0.3, 0.74, 0.18, 0.4)
        before, after = (0.78, 0.84) if inflected else (0.9, 0.78)
        return replace(
            self,
            dense=self.dense * dense,
            lexical=self.lexical * lexical,
            coverage=self.coverage * (1.23 if inflected else 1.15),
            meant=meant if self.dense else 0.0,
            meant_most=most,
            role=self.role * 4.0,
            mine=self.mine * 2.1,
            timed=self.timed * 1.4,
            before=tuple(share * before for share in self.before),
            after=tuple(share * after for share in self.after),
            beside=self.beside * 1.9,
            response=self.response * (3.6 if inflected else 1.1),
        )

    def for_another_language(self, *, latin: bool) -> "Weights":
        """Return the weights for a query in another language than English, where who speaks tells more."""
        return replace(self, own=self.own * (2.5 if latin else 1.0), timed=2.0)

    def for_unread_script(self, *, devanagari: bool) -> "Weights":
        """Return the weights for a query in a script of which the model that comes with the package reads little.

        Of Hindi, its vectors tell more than of the others.
        """
        dense, late = (0.4, 0.4) if devanagari else (0.2, 0.1)
        return replace(self, dense=self.dense * dense, late=self.late * late)
