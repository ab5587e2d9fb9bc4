"""What was learned from closed appeals: softmax regression over hashed words and pairs of neighbouring words. Pure.

The catalogue's scores are the starting point: what is learned is only by how much they miss, so that wordings nobody
has closed a case about keep what the catalogue knows. Only NumPy; features are numbers of words, so a model holds no
list of words. It is kept as arrays (npz), never as pickled objects.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidRules
from .parameters import settings
from .words import words_in_a_row, words_of

VERSION = 1

Floats = NDArray[np.float32]
Boxes = NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """Weights of boxes for topics, and what they rest on. `figures` are those of the cases held out."""

    topics: tuple[str, ...]
    counts: Mapping[str, int]
    boxes: Boxes
    weights: Floats
    bias: Floats
    half_weight: float
    temperature: float
    cases: int
    day: date
    figures: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION

    @cached_property
    def _padded(self) -> Floats:
        return np.vstack([self.weights, np.zeros((1, len(self.topics)), dtype=np.float32)])

    @cached_property
    def _counted(self) -> NDArray[np.float64]:
        return np.array([self.counts.get(code, 0) for code in self.topics], dtype=np.float64)

    def shares(self, half_weight: float) -> NDArray[np.float64]:
        """How much what was learned counts for each topic: more, the more cases of it were closed."""
        return np.asarray(self._counted / (self._counted + half_weight))

    def corrections(self, boxes: Boxes) -> NDArray[np.float64]:
        """By how much each of `topics` is likelier for a text with these features than the catalogue says.

        What was never seen adds nothing, and makes what was seen count less.
        """
        found = self.bias.astype(np.float64)
        if len(boxes):
            found = found + self._padded[self._rows(boxes)].sum(axis=0) / np.sqrt(len(boxes))
        return found

    def reasons(self, words: Sequence[str], code: str) -> list[tuple[str, float]]:
        """Which words of a text speak for a topic more than for the others, the strongest first."""
        place = self.topics.index(code)
        each_once = list(dict.fromkeys(words))
        rows = self._padded[self._rows(np.array([_number(word) for word in each_once], dtype=np.int64))]
        found = [
            (word, weight)
            for word, weight in zip(each_once, (rows[:, place] - rows.mean(axis=1)).tolist(), strict=True)
            if weight > 0
        ]
        return sorted(found, key=lambda pair: -pair[1])

    def _rows(self, boxes: Boxes) -> NDArray[np.int64]:
        """Box → row of `weights`; the row after the last is of those never seen."""
        if not len(self.boxes):
            return np.zeros(len(boxes), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.boxes, boxes), len(self.boxes) - 1)
        return np.where(self.boxes[at] == boxes, at, len(self.boxes))

    def to_bytes(self) -> bytes:
        """For keeping; half of the digits of the weights, which changes no proposal that matters."""
        about = {
            "topics": self.topics,
            "counts": dict(self.counts),
            "half_weight": self.half_weight,
            "temperature": self.temperature,
            "cases": self.cases,
            "day": self.day.isoformat(),
            "figures": dict(self.figures),
            "version": self.version,
        }
        kept = io.BytesIO()
        np.savez_compressed(
            kept,
            boxes=self.boxes,
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            about=np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8),
        )
        return kept.getvalue()

    @classmethod
    def from_bytes(cls, kept: bytes) -> Model:
        """As it was kept. Raises InvalidRules for what is none, or of another version."""
        try:
            with np.load(io.BytesIO(kept), allow_pickle=False) as parts:
                about = json.loads(parts["about"].tobytes())
                if about["version"] != VERSION:
                    raise ValueError(f"version {about['version']}")
                model = cls(
                    topics=tuple(about["topics"]),
                    counts=MappingProxyType(about["counts"]),
                    boxes=parts["boxes"].astype(np.int64),
                    weights=parts["weights"].astype(np.float32),
                    bias=parts["bias"].astype(np.float32),
                    half_weight=about["half_weight"],
                    temperature=about["temperature"],
                    cases=about["cases"],
                    day=date.fromisoformat(about["day"]),
                    figures=about["figures"],
                )
                shape = (len(model.boxes), len(model.topics))
                if model.weights.shape != shape or model.bias.shape != shape[1:]:
                    raise ValueError(f"weights of {model.weights.shape} for {shape}")
                if not (np.diff(model.boxes) > 0).all() or not np.isfinite(model.weights).all():
                    raise ValueError("boxes not in order, or weights without end")
                return model
        except Exception as error:
            raise InvalidRules(
                f"not a learned model of version {VERSION}: {error}",
                message_zh="派单模型无法读取，请重新学习",
            ) from error


def features(text: str) -> tuple[Boxes, list[str]]:
    """The boxes of a text, each once, and its words."""
    words = words_of(text)
    return _boxes(words, words_in_a_row(text)), words


def fit(
    texts: Sequence[Boxes],
    labels: Sequence[str],
    starting: Mapping[str, NDArray[np.float64]],
    *,
    day: date,
    seed: int = 7,
) -> Model:
    """Weights for the topics of these cases; `starting` has what the catalogue says, for each topic of all the cases.

    The same cases give the same weights.
    """
    parts = settings().learned
    codes = tuple(sorted(set(labels)))
    place = {code: number for number, code in enumerate(codes)}
    answers = np.array([place[label] for label in labels], dtype=np.int64)
    start = np.stack([starting[code] for code in codes], axis=1).astype(np.float32) if codes else None
    lengths = np.array([len(each) for each in texts], dtype=np.int64)
    scale = (1 / np.sqrt(np.maximum(lengths, 1))).astype(np.float32)
    known, flat, row = _known(texts, lengths)
    ends = np.searchsorted(row, np.arange(len(texts) + 1))
    weights = np.zeros((len(known), len(codes)), dtype=np.float32)
    bias = np.zeros(len(codes), dtype=np.float32)
    moved = np.full(len(known), 1e-8, dtype=np.float32)
    chance = np.random.default_rng(seed)
    for _ in range(_rounds(len(texts)) if start is not None else 0):
        order = chance.permutation(len(texts))
        for first in range(0, len(order), parts.batch):
            chosen = order[first : first + parts.batch]
            here = ends[chosen + 1] - ends[chosen]
            at = np.repeat(ends[chosen] - np.cumsum(here) + here, here) + np.arange(here.sum())
            batch_row = np.repeat(np.arange(len(chosen)), here)
            # Some features are hidden each time, so that a topic does not come to rest on one turn of phrase.
            seen = chance.random(len(at)) >= parts.hidden
            assert start is not None
            _step(
                flat[at[seen]],
                batch_row[seen],
                scale[chosen],
                start[chosen],
                answers[chosen],
                weights,
                moved,
                bias,
            )
    return Model(
        topics=codes,
        counts=MappingProxyType(dict(Counter(labels))),
        boxes=known,
        # As if nothing had been hidden.
        weights=weights * np.float32(1 - parts.hidden),
        bias=bias,
        half_weight=parts.half_weights[0],
        temperature=1.0,
        cases=len(texts),
        day=day,
    )


def _known(
    texts: Sequence[Boxes], lengths: NDArray[np.int64]
) -> tuple[Boxes, NDArray[np.int64], NDArray[np.int64]]:
    """Boxes of at least two cases, the most frequent; and the cases by them: place of the box, number of the case."""
    parts = settings().learned
    whole = np.concatenate([*texts, np.zeros(0, dtype=np.int64)])
    boxes, inverse, counts = np.unique(whole, return_inverse=True, return_counts=True)
    least = 2
    if int((counts >= least).sum()) > parts.most_boxes:
        least = max(least, int(np.sort(counts)[-parts.most_boxes]) + 1)
    kept = counts >= least
    places = np.cumsum(kept) - 1
    row = np.repeat(np.arange(len(texts)), lengths)
    used = kept[inverse]
    return boxes[kept], places[inverse[used]], row[used]


def _step(
    flat: NDArray[np.int64],
    row: NDArray[np.int64],
    scale: Floats,
    start: Floats,
    answers: NDArray[np.int64],
    weights: Floats,
    moved: Floats,
    bias: Floats,
) -> None:
    """One step down for a batch: weights, how far each box has moved so far, and bias are changed in place."""
    parts = settings().learned
    boxes, column = np.unique(flat, return_inverse=True)
    table = np.zeros((len(answers), len(boxes)), dtype=np.float32)
    table[row, column] = scale[row]
    off = _softmax(start + table @ weights[boxes] + bias).astype(np.float32)
    off[np.arange(len(answers)), answers] -= 1
    slope = table.T @ off + len(answers) * np.float32(parts.decay) * weights[boxes]
    moved[boxes] += (slope**2).mean(axis=1)
    weights[boxes] -= np.float32(parts.rate) * slope / np.sqrt(moved[boxes])[:, None]
    bias -= np.float32(parts.rate / 10) * off.mean(axis=0)


def _rounds(cases: int) -> int:
    """Few cases are gone through more often: at least so many steps in all."""
    parts = settings().learned
    steps = max(1, -(-cases // parts.batch))
    return min(parts.most_rounds, max(parts.rounds, parts.least_steps // steps))


def _softmax(scores: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: NDArray[Any] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _boxes(words: Sequence[str], row: Sequence[str]) -> Boxes:
    """Each box once, in order, so that the same words give the same sums."""
    numbers = {_number(word) for word in words}
    numbers |= {_number(one + " " + other) for one, other in pairwise(row)}
    return np.array(sorted(numbers), dtype=np.int64)


def _number(word: str) -> int:
    return crc32(word.encode())
