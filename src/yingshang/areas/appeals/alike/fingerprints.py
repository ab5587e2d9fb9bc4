"""Fingerprints of texts: MinHash of runs of three characters, and a mask of telling words. Pure, linear in the text.

The fingerprint of a text never changes: its bands are kept with an appeal and looked up by an index. Whoever changes
anything here raises nothing by itself: kept bands have to be computed anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..dispatching.words import own_words, words_of

HASHES = 64
BANDS = 16
_ROWS = HASHES // BANDS
_LENGTH = 3
_MASK_BYTES = 32
_CHUNK = 8192
_NOTHING = re.compile(r"[\W_]+")
_chance = np.random.default_rng(20261122)
_FACTORS = _chance.integers(1, 2**63, size=HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _chance.integers(0, 2**63, size=HASHES, dtype=np.uint64)
_RUN = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`bands` are equal in at least one place for texts that resemble each other; `least` says how much.

    `words` has a bit for each word of the responsibilities catalogue in the text: 停电 is one, 昨天 is none. It tells
    what is about one thing in other words. A text without letters has no bands and is like nothing.
    """

    bands: tuple[int, ...]
    least: bytes
    words: int

    def to_bytes(self) -> bytes:
        """For keeping: 160 bytes; 32 of a text without letters."""
        return self.words.to_bytes(_MASK_BYTES, "big") + self.least

    @classmethod
    def from_bytes(cls, kept: bytes) -> Fingerprint:
        """As it was kept."""
        if len(kept) not in (_MASK_BYTES, _MASK_BYTES + 2 * HASHES):
            raise ValueError(f"a fingerprint has {_MASK_BYTES + 2 * HASHES} bytes, not {len(kept)}")
        words, least = kept[:_MASK_BYTES], kept[_MASK_BYTES:]
        return cls(
            _bands(np.frombuffer(least, dtype=">u2").astype(np.uint64)), least, int.from_bytes(words, "big")
        )


def fingerprint(text: str) -> Fingerprint:
    """The same for texts that differ only in spaces, signs, width and case."""
    plain = _plain(text)
    if not plain:
        return Fingerprint((), b"", 0)
    runs = np.unique(_runs(plain))
    least = np.full(HASHES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(runs), _CHUNK):
        mixed = runs[start : start + _CHUNK, None] * _FACTORS + _OFFSETS
        least = np.minimum(least, mixed.min(axis=0))
    # Of each least value sixteen bits from the middle: the low ones of a product are poor, the high ones all small.
    short = (least * _RUN[0]) >> np.uint64(48)
    return Fingerprint(_bands(short), short.astype(">u2").tobytes(), _mask(words_of(text)))


def likeness(one: Fingerprint, other: Fingerprint) -> float:
    """About which share of their runs of three characters two texts have in common; 1 for the same text."""
    if not one.least or not other.least:
        return 0.0
    same = np.frombuffer(one.least, dtype=">u2") == np.frombuffer(other.least, dtype=">u2")
    return float(same.mean())


def nearness(one: Fingerprint, other: Fingerprint) -> float:
    """Which share of the telling words of the text that has fewer of them the other has too."""
    fewer = min(one.words.bit_count(), other.words.bit_count())
    return (one.words & other.words).bit_count() / fewer if fewer else 0.0


def _plain(text: str) -> str:
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return _NOTHING.sub("", text.casefold())


def _runs(plain: str) -> NDArray[np.uint64]:
    """A number for each run of three characters; a shorter text is one run."""
    codes = np.frombuffer(plain.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < _LENGTH:
        codes = np.concatenate([codes, np.zeros(_LENGTH - len(codes), dtype=np.uint64)])
    count = len(codes) - _LENGTH + 1
    mixed = np.zeros(count, dtype=np.uint64)
    for place in range(_LENGTH):
        mixed ^= codes[place : place + count] * _RUN[place]
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _RUN[(place + 1) % _LENGTH]
    return mixed ^ (mixed >> np.uint64(32))


def _bands(short: NDArray[np.uint64]) -> tuple[int, ...]:
    """Each band's values as one number that fits a column of integers, bands of other places kept apart."""
    if not len(short):
        return ()
    rows = short.astype(">u2").reshape(BANDS, _ROWS)
    return tuple(crc32(row.tobytes(), place) & 0x7FFFFFFF for place, row in enumerate(rows))


def _mask(words: Iterable[str]) -> int:
    """A bit for each telling word; two may share one."""
    mask = 0
    for word in words:
        if word in own_words():
            mask |= 1 << crc32(word.encode()) % (8 * _MASK_BYTES)
    return mask
