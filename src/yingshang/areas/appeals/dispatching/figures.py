"""How often proposals are right: measured on cases that were held out, by time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import pairwise
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .catalogue import catalogue_scores, topic_codes
from .learned import Boxes, Model, features, fit
from .parameters import settings
from .proposals import mixed, shares_of
from .topics import topics

_BANDS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Band:
    """Of the proposals so sure of themselves: how many, how sure on average, and how many were right."""

    least: float
    most: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class TopicFigure:
    """Of the cases of one topic: how many, and for how many it came first and among the first three."""

    count: int
    top1: float
    top3: float


@dataclass(frozen=True, slots=True)
class Figures:
    """How proposals for `count` cases did. `off` is by how much confidence misses what comes true, on average."""

    count: int
    top1: float
    top3: float
    off: float
    by_topic: Mapping[str, TopicFigure]
    bands: tuple[Band, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, rounded, for keeping."""
        return {
            "count": self.count,
            "top1": round(self.top1, 4),
            "top3": round(self.top3, 4),
            "off": round(self.off, 4),
            "by_topic": {
                code: {"count": each.count, "top1": round(each.top1, 4), "top3": round(each.top3, 4)}
                for code, each in self.by_topic.items()
            },
            "bands": [{key: round(value, 4) for key, value in asdict(band).items()} for band in self.bands],
        }

    def sure(self, least: float) -> tuple[float, float]:
        """Of proposals at least so sure (a bound of a band): their share of all, and how many of them were right."""
        bands = [band for band in self.bands if band.least >= least - 1e-9]
        count = sum(band.count for band in bands)
        right = sum(band.right * band.count for band in bands)
        return (count / self.count if self.count else 0.0, right / count if count else 0.0)


@dataclass(frozen=True)
class _Prepared:
    boxes: Boxes
    catalogue: NDArray[np.float64]
    topic: str


def train(cases: Iterable[tuple[str, str]], *, day: date) -> Model:
    """A model of all cases (text, topic), the oldest first, with the figures of the newest held out inside.

    Cases of topics there are no more are left out; of more than the settings say only the newest count.
    """
    parts = settings().learned
    prepared = _prepared(cases)[-parts.most_cases :]
    held, figures = _held_out(prepared, day)
    whole = _fitted(prepared, day)
    return replace(
        whole,
        half_weight=held.half_weight,
        temperature=held.temperature,
        figures=figures.to_dict(),
    )


def measure(cases: Iterable[tuple[str, str]], *, day: date) -> Figures:
    """What a model of the older cases proposes for the newest of them, the oldest given first."""
    return _held_out(_prepared(cases), day)[1]


def measure_with(cases: Iterable[tuple[str, str]], model: Model | None) -> Figures:
    """What a model, or the catalogue alone, proposes for cases it has not seen."""
    return _figures(_prepared(cases), model)


def _held_out(prepared: Sequence[_Prepared], day: date) -> tuple[Model, Figures]:
    parts = settings().learned
    newest = round(len(prepared) * parts.held_out)
    calibration = round(len(prepared) * parts.calibration)
    learned_from = prepared[: len(prepared) - newest - calibration]
    model = _fitted(learned_from, day)
    model = _calibrated(model, prepared[len(learned_from) : len(prepared) - newest])
    return model, _figures(prepared[len(prepared) - newest :], model)


def _fitted(prepared: Sequence[_Prepared], day: date) -> Model:
    scores = _scores(prepared)
    return fit(
        [each.boxes for each in prepared],
        [each.topic for each in prepared],
        {code: scores[:, place] for place, code in enumerate(topic_codes())},
        day=day,
    )


def _calibrated(model: Model, prepared: Sequence[_Prepared]) -> Model:
    """With the weight and the temperature under which what came true was least surprising.

    A few cases say little about either: so many more are thought of as having come true as surely as was said.
    """
    parts = settings().learned
    if not prepared or not model.topics:
        return model
    place = {code: number for number, code in enumerate(topic_codes())}
    answers = np.array([place[each.topic] for each in prepared])
    scores, corrections = _scores(prepared), _corrections(prepared, model)
    best: tuple[float, float, float] | None = None
    for half_weight in parts.half_weights:
        for temperature in parts.temperatures:
            shares = mixed(scores, model, corrections, half_weight, temperature)
            right = shares[np.arange(len(answers)), answers]
            surprise = float(-np.log(np.maximum(right, 1e-12)).sum())
            surprise += parts.steady * (log(temperature) ** 2 + log(half_weight / parts.usual_half) ** 2 / 4)
            if best is None or surprise < best[0]:
                best = (surprise, half_weight, temperature)
    assert best is not None
    return replace(model, half_weight=best[1], temperature=best[2])


def _prepared(cases: Iterable[tuple[str, str]]) -> list[_Prepared]:
    found = []
    for text, topic in cases:
        if topic in topics():
            boxes, words = features(text)
            found.append(_Prepared(boxes, catalogue_scores(words), topic))
    return found


def _scores(prepared: Sequence[_Prepared]) -> NDArray[np.float64]:
    return np.array([each.catalogue for each in prepared]).reshape(len(prepared), len(topic_codes()))


def _corrections(prepared: Sequence[_Prepared], model: Model) -> NDArray[np.float64]:
    rows = [model.corrections(each.boxes) for each in prepared]
    return np.array(rows).reshape(len(prepared), len(model.topics))


def _figures(prepared: Sequence[_Prepared], model: Model | None) -> Figures:
    codes = topic_codes()
    scores = _scores(prepared)
    if model is None or not model.topics:
        shares = shares_of(scores)
    else:
        corrections = _corrections(prepared, model)
        shares = mixed(scores, model, corrections, model.half_weight, model.temperature)
    order = np.argsort(-shares, axis=1, kind="stable")[:, :3]
    place = {code: number for number, code in enumerate(codes)}
    answers = np.array([place[each.topic] for each in prepared], dtype=np.int64)
    hits = order == answers[:, None]
    places = np.where(hits.any(axis=1), hits.argmax(axis=1), 3)
    return _counted(shares.max(axis=1, initial=0.0), places, [each.topic for each in prepared])


def _counted(confidences: NDArray[np.float64], places: NDArray[np.int64], labels: Sequence[str]) -> Figures:
    if not len(labels):
        return Figures(0, 0.0, 0.0, 0.0, {}, ())
    bands = []
    for least, most in pairwise(_BANDS):
        within = (confidences >= least) & ((confidences < most) | (most == 1.0))
        count = int(within.sum())
        if count:
            bands.append(
                Band(
                    least, most, count, float(confidences[within].mean()), float((places[within] == 0).mean())
                )
            )
    by_topic = {}
    named = np.array(labels)
    for code in topics():
        own = places[named == code]
        if len(own):
            by_topic[code] = TopicFigure(len(own), float((own == 0).mean()), float((own < 3).mean()))
    return Figures(
        count=len(labels),
        top1=float((places == 0).mean()),
        top3=float((places < 3).mean()),
        off=sum(band.count * abs(band.confidence - band.right) for band in bands) / len(labels),
        by_topic=by_topic,
        bands=tuple(bands),
    )
