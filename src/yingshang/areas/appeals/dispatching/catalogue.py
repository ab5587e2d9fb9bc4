"""What the responsibilities catalogue says an appeal is about, before anything was learned: BM25. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import log

import numpy as np
from numpy.typing import NDArray

from .parameters import settings
from .topics import matters, topics
from .words import words_of


@dataclass(frozen=True, slots=True)
class _Index:
    codes: tuple[str, ...]
    # What each word adds to which topics: word → ((place of the topic, weight) …).
    weights: dict[str, tuple[tuple[int, float], ...]]


def topic_codes() -> tuple[str, ...]:
    """The topics in the order of `catalogue_scores`."""
    return _index().codes


def catalogue_scores(words: Sequence[str]) -> NDArray[np.float64]:
    """How much the words speak for each topic, as logarithms of likelihoods; each word counts once."""
    index = _index()
    scores = [0.0] * len(index.codes)
    for word in dict.fromkeys(words):
        for place, weight in index.weights.get(word, ()):
            scores[place] += weight
    return np.array(scores) / settings().catalogue.temperature


def catalogue_reasons(words: Sequence[str], code: str) -> list[tuple[str, float]]:
    """Which of the words speak for a topic, and how much, the strongest first."""
    index = _index()
    place = index.codes.index(code)
    found = [
        (word, weight)
        for word in dict.fromkeys(words)
        for at, weight in index.weights.get(word, ())
        if at == place
    ]
    return sorted(found, key=lambda pair: -pair[1])


@cache
def _index() -> _Index:
    parts = settings().catalogue
    codes = tuple(topics())
    counts: dict[str, dict[str, float]] = {code: {} for code in codes}

    def add(code: str, text: str, weight: float) -> None:
        for word in dict.fromkeys(words_of(text)):
            # A word inside a longer one says less than the longer one.
            share = weight if word == text.casefold() else weight * parts.inside
            counts[code][word] = max(counts[code].get(word, 0.0), share)

    for topic in topics().values():
        add(topic.code, topic.name, parts.name)
        for word in topic.words:
            add(topic.code, word, parts.words)
    for matter in matters():
        add(matter.topic, matter.matter, parts.name)
        for word in matter.words:
            add(matter.topic, word, parts.matter)
    lengths = {code: sum(found.values()) for code, found in counts.items()}
    usual = sum(lengths.values()) / len(lengths)
    among: dict[str, int] = {}
    for found in counts.values():
        for word in found:
            among[word] = among.get(word, 0) + 1
    weights: dict[str, list[tuple[int, float]]] = {}
    for place, code in enumerate(codes):
        held = parts.saturation * (1 - parts.length + parts.length * lengths[code] / usual)
        for word, count in counts[code].items():
            rare = log(1 + (len(codes) - among[word] + 0.5) / (among[word] + 0.5))
            weight = rare * count * (parts.saturation + 1) / (count + held)
            weights.setdefault(word, []).append((place, weight))
    return _Index(codes, {word: tuple(found) for word, found in weights.items()})
