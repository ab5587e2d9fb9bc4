"""What is kept of a match: of each version and bucket who is entitled, who is undecided, what the entitled are due.

A bucket is a run of 16,384 numbers of enterprises; bit n of a plane is the enterprise with that number in the bucket,
whoever is in the register. So a plane keeps its meaning whatever comes and goes, and two are compared by XOR. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns.planes import Booleans, Words, count_bits, pack, unpack
from yingshang.rules.columns.result import AMOUNT_KNOWN, ChunkOutcomes, ItemAmounts

BUCKET: Final = 16_384
WORDS: Final = BUCKET // 64
ENTITLED, UNDECIDED, FAILED = 0, 1, 2
PLANES: Final = 3

UNKNOWN_AMOUNT: Final = -1
"""Stands for an amount that is not known, fails, or is beyond 64 bits of fen."""

Fen = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int64]

_NO_FEN: Fen = np.zeros(0, np.int64)
# A part is small: what zstd needs to begin would take five times as long as this, for a third of the room.
_CODEC = pa.Codec("lz4_raw")
_ONE_AMOUNT = 8


@dataclass(frozen=True, slots=True)
class Stored:
    """One version in one bucket as the table keeps it. Empty bytes are nobody; see `decode_amounts`."""

    planes: bytes = b""
    amounts: bytes = b""
    entitled: int = 0
    undecided: int = 0
    errors: int = 0
    certain_fen: int = 0


@dataclass(slots=True)
class BucketMatch:
    """All items in one bucket. `planes`: [items, 3, words]; `amounts` of an item are fen in the order of its bits.

    The planes of an item are the entitled, the undecided and the errors. An item that pays no money has None for
    amounts; one that pays everybody the same has the one figure.
    """

    planes: Words
    amounts: list[Fen | int | None]

    def amounts_of(self, item: int, entitled: int) -> Fen:
        """The amounts of an item as an array; empty for one that pays no money."""
        found = self.amounts[item]
        if found is None:
            return _NO_FEN
        return np.full(entitled, found, np.int64) if isinstance(found, int) else found


def dense(batch: pa.RecordBatch, parties: npt.NDArray[np.int64], bucket: int) -> pa.RecordBatch:
    """The rows of a bucket at the places of their numbers, with nothing known where there is nobody."""
    if len(parties) == BUCKET:
        return batch
    places = np.full(BUCKET, -1, np.int64)
    places[parties - bucket * BUCKET] = np.arange(len(parties))
    return batch.take(pa.array(places, mask=places < 0))


def presence(parties: npt.NDArray[np.int64], bucket: int) -> Words:
    """The plane of the numbers that are enterprises."""
    there = np.zeros(BUCKET, np.bool_)
    there[parties - bucket * BUCKET] = True
    return pack(there)


def nobody(items: int) -> BucketMatch:
    """A bucket in which nothing has been decided yet, to be filled."""
    return BucketMatch(np.zeros((items, PLANES, WORDS), np.uint64), [None] * items)


def fill(
    match: BucketMatch,
    chunk: ChunkOutcomes,
    rows: slice,
    place: int,
    places: Mapping[str, Sequence[int]],
    within: Callable[[str], Words],
) -> None:
    """Puts `rows` of a chunk into a bucket, from bit `place` on; both begin at a whole word.

    `places` are the items by the path of their region, `within` gives the plane of those an item of a region concerns.
    Parts of one bucket come in the order of their rows.
    """
    taken = slice(rows.start >> 6, (rows.stop + 63) >> 6)
    held = slice(place >> 6, (place >> 6) + taken.stop - taken.start)
    planes = match.planes[:, :, held]
    planes[:, ENTITLED] = chunk.true[:, taken]
    # Who is entitled is open as well: one is the other and those whose facts are missing.
    np.bitwise_xor(chunk.open[:, taken], chunk.true[:, taken], out=planes[:, UNDECIDED])
    for item, failed in chunk.errors.items():
        planes[item, FAILED] = failed[taken]
        planes[item, UNDECIDED] &= ~failed[taken]
    for path, items in places.items():
        if len(items) == len(match.amounts):
            planes &= within(path)[held]
        else:
            planes[items] &= within(path)[held]
    for item, constant in enumerate(chunk.constants):
        if constant is not None and item not in chunk.amounts:
            match.amounts[item] = _bounded(constant)
    for item, found in chunk.amounts.items():
        entitled = unpack(np.ascontiguousarray(planes[item, ENTITLED]), rows.stop - rows.start)
        due = _due(found, rows, entitled)
        before = match.amounts[item]
        match.amounts[item] = due if before is None else np.concatenate([_as_array(before), due])


def _due(found: ItemAmounts, rows: slice, entitled: Booleans) -> Fen:
    """What the entitled among some rows of a chunk are due, in the order of the rows."""
    start, end = np.searchsorted(found.rows, (rows.start, rows.stop))
    chosen = entitled[found.rows[start:end] - rows.start]
    fen = found.fen[start:end][chosen]
    if fen.dtype == object:
        fen = np.array([_bounded(int(each)) for each in fen], np.int64)
    return np.where(found.state[start:end][chosen] == AMOUNT_KNOWN, fen, UNKNOWN_AMOUNT)


def _as_array(amounts: Fen | int) -> Fen:
    return _NO_FEN if isinstance(amounts, int) else amounts


def _bounded(fen: int) -> int:
    return fen if 0 <= fen < 2**63 else UNKNOWN_AMOUNT


# --- bytes ------------------------------------------------------------------------------------------------------------


def encode(match: BucketMatch) -> list[Stored]:
    """Every item as the table keeps it. The same match always makes the same bytes."""
    return encode_some(match, range(len(match.amounts)))


def encode_some(match: BucketMatch, items: Sequence[int]) -> list[Stored]:
    """Some items, in the order given."""
    if not items:
        return []
    some = match.planes if len(items) == len(match.amounts) else match.planes[list(items)]
    counts = count_bits(some)
    stored = []
    for item, (entitled, undecided, errors) in zip(items, counts.tolist(), strict=True):
        anybody = entitled or undecided or errors
        planes = _compressed(match.planes[item].tobytes()) if anybody else b""
        amounts, certain = b"", 0
        due = match.amounts[item]
        if entitled and due is not None:
            if isinstance(due, int):
                amounts, certain = _one(due), max(due, 0) * entitled
            else:
                same = bool((due == due[0]).all())
                amounts = _one(int(due[0])) if same else _compressed(due.tobytes())
                certain = _sum(due[due > 0])
        stored.append(Stored(planes, amounts, entitled, undecided, errors, certain))
    return stored


def decode(stored: Sequence[Stored]) -> BucketMatch:
    """What the table keeps, as it was."""
    planes = np.zeros((len(stored), PLANES, WORDS), np.uint64)
    amounts: list[Fen | int | None] = []
    for item, each in enumerate(stored):
        if each.planes:
            planes[item] = decode_planes(each.planes)
        amounts.append(decode_amounts(each))
    return BucketMatch(planes, amounts)


def decode_planes(data: bytes) -> Words:
    """The planes of one version in one bucket: [3, words]."""
    if not data:
        return np.zeros((PLANES, WORDS), np.uint64)
    return np.frombuffer(_CODEC.decompress(data, PLANES * WORDS * 8), np.uint64).reshape(PLANES, WORDS)


def decode_amounts(stored: Stored) -> Fen | int | None:
    """The amounts of the entitled: none of an item that pays no money, one figure where all get the same."""
    if not stored.amounts:
        return None
    if len(stored.amounts) == _ONE_AMOUNT:
        return int.from_bytes(stored.amounts, "little", signed=True)
    return np.frombuffer(_CODEC.decompress(stored.amounts, stored.entitled * 8), np.int64)


def _compressed(data: bytes) -> bytes:
    packed: bytes = _CODEC.compress(data, asbytes=True)
    return packed


def _one(fen: int) -> bytes:
    return np.int64(fen).tobytes()


def _sum(fen: Fen) -> int:
    if len(fen) and int(fen.max()) * len(fen) >= 2**63:
        return min(sum(map(int, fen)), 2**63 - 1)
    return int(fen.sum())


# --- what changed -----------------------------------------------------------------------------------------------------


def differences(
    before: Words, after: Words, bucket: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The numbers of those newly and those no longer entitled, ascending. Planes of one item: [3, words]."""
    changed = before[ENTITLED] ^ after[ENTITLED]
    return (
        numbers(changed & after[ENTITLED], bucket),
        numbers(changed & before[ENTITLED], bucket),
    )


def count_differences(before: Words, after: Words) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How many are newly and how many no longer entitled to each of some items. Planes: [items, 3, words]."""
    were, are = before[:, ENTITLED], after[:, ENTITLED]
    return count_bits(are & ~were), count_bits(were & ~are)


def numbers(plane: Words, bucket: int) -> npt.NDArray[np.int64]:
    """The enterprises whose bit is set, ascending."""
    if not plane.any():
        return _NO_FEN
    return np.flatnonzero(unpack(np.ascontiguousarray(plane), BUCKET)) + bucket * BUCKET


def patch(match: BucketMatch, positions: Positions, rows: BucketMatch) -> set[int]:
    """Puts some enterprises anew into a bucket, in place. `rows` has them at the bits 0, 1, 2 …, in that order.

    Answers the items of which anything may be other than it was.
    """
    if not len(positions):
        return set()
    words = positions >> 6
    bits = np.left_shift(np.uint64(1), (positions & 63).astype(np.uint64))
    old_entitled = match.planes[:, ENTITLED].copy()
    other = np.zeros(len(match.amounts), np.bool_)
    fresh = np.unpackbits(
        rows.planes.view(np.uint8), axis=-1, count=len(positions), bitorder="little"
    ).astype(np.bool_)
    for place, (word, bit) in enumerate(zip(words.tolist(), bits, strict=True)):
        column = match.planes[:, :, word]
        put_in = np.where(fresh[:, :, place], column | bit, column & ~bit)
        other |= (put_in != column).any(axis=1)
        match.planes[:, :, word] = put_in
    touched = np.zeros(WORDS, np.uint64)
    np.bitwise_or.at(touched, words, bits)
    concerned = ((old_entitled | match.planes[:, ENTITLED]) & touched).any(axis=-1)
    for item in np.flatnonzero(concerned).tolist():
        match.amounts[item] = _patched(
            match, item, old_entitled[item], positions, rows.planes[item, ENTITLED], rows.amounts[item]
        )
    return set(np.flatnonzero(other | concerned).tolist())


def _patched(
    match: BucketMatch, item: int, before: Words, positions: Positions, entitled: Words, due: Fen | int | None
) -> Fen | int | None:
    """The amounts of an item whose plane is new already, where `entitled` of the positions are due something anew."""
    if due is None and match.amounts[item] is None:
        return None
    held = np.full(BUCKET, UNKNOWN_AMOUNT, np.int64)
    were = np.flatnonzero(unpack(before, BUCKET))
    if match.amounts[item] is not None:
        held[were] = match.amounts_of(item, len(were))
    now = np.flatnonzero(unpack(np.ascontiguousarray(entitled), len(positions)))
    if len(now):
        held[positions[now]] = _NO_FEN if due is None else due
    return held[np.flatnonzero(unpack(np.ascontiguousarray(match.planes[item, ENTITLED]), BUCKET))]


def put(match: BucketMatch, item: int, position: int, state: int | None, fen: int | None) -> None:
    """Decides one enterprise for one item, in place: `state` is a plane, or None for a refusal."""
    before = match.planes[item, ENTITLED].copy()
    word, bit = position >> 6, np.uint64(1) << np.uint64(position & 63)
    match.planes[item, :, word] &= ~bit
    if state is not None:
        match.planes[item, state, word] |= bit
    if fen is not None or match.amounts[item] is not None:
        entitled = np.array([state == ENTITLED], np.uint64)
        due = UNKNOWN_AMOUNT if fen is None else fen
        match.amounts[item] = _patched(match, item, before, np.array([position]), entitled, due)
