"""Features: all that the index and the ranker know of a text, packed so that 100,000 load without a look at a text.

A blob is little-endian words of 32 bits: the hash of the speaker's name (0: none); the flags; the number of words; then
a word a term, its hash shifted by 3 with its count, 1 to 7, below.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.retrieval.flags import flags_of
from memos_mcp.backends.local.text.language_files import digest
from memos_mcp.backends.local.text.speech import speaker_of
from memos_mcp.backends.local.text.terms import term_hash, terms, word_count
from memos_mcp.core.perspective import bare, perspective_of

FEATURES_VERSION = 9
"""Grows when the code of `analyse` gives another answer for the same text: what an older version made is made again."""

COUNT_BITS = 3
MAX_COUNT = (1 << COUNT_BITS) - 1

_HEADER = 3


def features_version() -> str:
    """Return what `analyse` depends on: the version of its code, and a digest of the languages' files that it reads."""
    return f"{FEATURES_VERSION} {digest('language.toml', 'stop_words.txt', 'speech.toml')}"


@lru_cache(maxsize=64)  # a memory often has the words of its message, which may be learnt from a while after
def analyse(text: str, *, role: str) -> bytes:
    """Pack the features of a text that `role` (user, assistant, system or tool) wrote."""
    counts = Counter(term for term, _ in terms(text))
    speaker = speaker_of(text)
    header = struct.pack("<III", term_hash(speaker) if speaker else 0, flags_of(text, role=role), word_count(text))
    packed = [term << COUNT_BITS | min(count, MAX_COUNT) for term, count in counts.items()]
    return header + struct.pack(f"<{len(packed)}I", *packed)


def analyse_memory(memory_value: str) -> bytes:
    """Pack the features of a memory: those of its text, as written by whose perspective it is told from."""
    return analyse(bare(memory_value), role=perspective_of(memory_value))


def says_most_of(part: bytes, wholes: Iterable[bytes]) -> bool:
    """Tell from their features whether a text has no term but those of others, and at least half of these."""
    few, many = _term_set(part), _term_set(b"").union(*map(_term_set, wholes))
    return few <= many and 2 * len(few) >= len(many)


def _term_set(features: bytes) -> set[int]:
    return {entry >> COUNT_BITS for (entry,) in struct.iter_unpack("<I", features[4 * _HEADER :])}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The features of n texts as columns; text `rows[i]` (0 to n - 1) holds `terms[i]` `counts[i]` times."""

    speakers: NDArray[np.uint32]
    flags: NDArray[np.uint32]
    lengths: NDArray[np.uint32]
    terms: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    rows: NDArray[np.uint32]


def unpack(blobs: Sequence[bytes]) -> Unpacked:
    """Unpack many blobs at once."""
    packed = np.frombuffer(b"".join(blobs), dtype="<u4")
    sizes = np.fromiter(map(len, blobs), dtype=np.int64, count=len(blobs)) // 4
    starts = np.cumsum(sizes) - sizes
    is_term = np.ones(len(packed), dtype=np.bool_)
    is_term[np.add.outer(starts, np.arange(_HEADER))] = False
    entries = packed[is_term]
    return Unpacked(
        speakers=packed[starts],
        flags=packed[starts + 1],
        lengths=packed[starts + 2],
        terms=(entries >> COUNT_BITS).astype(np.uint32),
        counts=(entries & MAX_COUNT).astype(np.uint8),
        rows=np.repeat(np.arange(len(blobs), dtype=np.uint32), sizes - _HEADER),
    )
