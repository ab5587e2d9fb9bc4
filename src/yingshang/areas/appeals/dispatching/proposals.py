"""A proposal for an appeal: topic, kinds of agencies, difficulty and urgency, with reasons and how sure it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .catalogue import catalogue_reasons, catalogue_scores, topic_codes
from .learned import Boxes, Model, features
from .parameters import settings
from .topics import DIFFICULTIES, Difficulty, Topic, Urgency, signs, topics

Source = Literal["catalogue", "closed_cases", "sign"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A word that speaks for what is proposed: how much of what was found it makes up, and where that is known from."""

    word: str
    weight: float
    source: Source


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed. `topics` are the likeliest with their probabilities; none where the text says nothing.

    `agency_kinds` are ranked, the one that would lead first. `confidence` is how often a topic proposed so surely was
    right among closed cases; of the catalogue alone it is an estimate.
    """

    topics: tuple[tuple[str, float], ...]
    agency_kinds: tuple[str, ...]
    difficulty: Difficulty
    urgency: Urgency
    reasons: tuple[Reason, ...]
    confidence: float

    @property
    def topic(self) -> str:
        """The likeliest; empty where the text says nothing."""
        return self.topics[0][0] if self.topics else ""


def propose(text: str, *, model: Model | None) -> Proposal:
    """From the words of an appeal: by the catalogue alone, or together with what was learned."""
    boxes, words = features(text)
    shares = topic_probabilities(boxes, words, model)
    difficulty, urgency, raised = _raised(text)
    if shares is None:
        return Proposal((), (), difficulty or "simple", urgency or "normal", tuple(raised), 0.0)
    codes = topic_codes()
    order = np.argsort(-shares, kind="stable")[: settings().topics_kept]
    ranked = tuple((codes[place], float(shares[place])) for place in order)
    first = topics()[ranked[0][0]]
    return Proposal(
        topics=ranked,
        agency_kinds=_kinds([topics()[code] for code, _ in ranked]),
        difficulty=max(first.difficulty, difficulty or "simple", key=DIFFICULTIES.index),
        urgency=urgency or first.urgency,
        reasons=(*_reasons(words, first.code, model), *raised),
        confidence=ranked[0][1],
    )


def topic_probabilities(
    boxes: Boxes, words: Sequence[str], model: Model | None
) -> NDArray[np.float64] | None:
    """How likely each of `topic_codes` is; None where not one word says anything."""
    scores = catalogue_scores(words)
    if not scores.any() and (model is None or not len(boxes)):
        return None
    if model is None:
        return shares_of(scores)
    return mixed(scores, model, model.corrections(boxes), model.half_weight, model.temperature)


def mixed(
    catalogue: NDArray[np.float64],
    model: Model,
    corrections: NDArray[np.float64],
    half_weight: float,
    temperature: float,
) -> NDArray[np.float64]:
    """Both together, of one case or of many in rows: each topic is corrected the more, the more cases it has."""
    scores = catalogue.copy()
    places, own = _places(model.topics)
    scores[..., places] += (corrections * model.shares(half_weight))[..., own]
    return shares_of(scores / temperature)


def shares_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of likelihoods as probabilities."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return found


@lru_cache(maxsize=8)
def _places(codes: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the topics of a model stand among those there are; those there are no more are left out."""
    place = {code: number for number, code in enumerate(topic_codes())}
    found = [(place[code], number) for number, code in enumerate(codes) if code in place]
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _kinds(ranked: Sequence[Topic]) -> tuple[str, ...]:
    """All kinds of the first topic, then who would lead for the others."""
    first, *others = ranked
    return tuple(dict.fromkeys([*first.kinds, *(topic.kinds[0] for topic in others)]))


def _reasons(words: Sequence[str], code: str, model: Model | None) -> list[Reason]:
    """The words that speak most, of both sources, their weights shares of what both found."""
    weight = 0.0
    learned: list[tuple[str, float]] = []
    if model is not None and code in model.topics:
        weight = float(model.shares(model.half_weight)[model.topics.index(code)])
        learned = model.reasons(words, code)
    found = [
        *_shares(catalogue_reasons(words, code), 1 - weight, "catalogue"),
        *_shares(learned, weight, "closed_cases"),
    ]
    found.sort(key=lambda reason: -reason.weight)
    chosen: list[Reason] = []
    for reason in found:
        # 停电 need not be told again after 停电 or 频繁停电.
        if not any(reason.word in other.word or other.word in reason.word for other in chosen):
            chosen.append(reason)
    return chosen[: settings().reasons_kept]


def _shares(found: Sequence[tuple[str, float]], weight: float, source: Source) -> list[Reason]:
    whole = sum(value for _, value in found)
    return [Reason(word, round(weight * value / whole, 4), source) for word, value in found if weight * value]


def _raised(text: str) -> tuple[Difficulty | None, Urgency | None, list[Reason]]:
    """What words of the text raise, whatever the topic."""
    text = text[: settings().longest_read]
    difficulty: Difficulty | None = None
    urgency: Urgency | None = None
    reasons = []
    for code in ("hard", "complex", "urgent"):
        word = next((each for each in signs()[code].words if each in text), None)
        if word is None:
            continue
        if code == "urgent":
            urgency = "urgent"
        elif difficulty is None:
            difficulty = "hard" if code == "hard" else "complex"
        else:
            continue
        reasons.append(Reason(word, 1.0, "sign"))
    return difficulty, urgency, reasons
