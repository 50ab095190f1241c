"""The words of a text that get a token vector."""

from typing import TYPE_CHECKING

from memos_mcp.backends.local.text.language_files import DEFAULT, stop_words

if TYPE_CHECKING:
    from tokenizers import Encoding

STOP = stop_words(DEFAULT)


def content_words(text: str, encoding: "Encoding", *, unknown: int | None) -> list[tuple[str, list[int]]]:
    """Return the words that carry meaning, in order, each with the positions of its pieces.

    Stop words, punctuation, special tokens and words outside the model's vocabulary (id `unknown`) are left out.
    """
    found: list[tuple[str, list[int]]] = []
    for positions in _pieces(encoding, unknown).values():
        start, end = encoding.offsets[positions[0]][0], encoding.offsets[positions[-1]][1]
        word = text[start:end].lower()
        if word not in STOP and any(character.isalnum() for character in word):
            found.append((word, positions))
    return found


def _pieces(encoding: "Encoding", unknown: int | None) -> dict[int, list[int]]:
    pieces: dict[int, list[int]] = {}
    for position, (piece, word) in enumerate(zip(encoding.ids, encoding.word_ids, strict=True)):
        if word is not None and piece != unknown:
            pieces.setdefault(word, []).append(position)
    return pieces
