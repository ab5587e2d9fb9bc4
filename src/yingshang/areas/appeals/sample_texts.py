"""Made-up appeals 演示诉求: varied, seeded, said by nobody. For demonstrations and for measuring proposals.

They are made not to be easy: half sentences, asides, sentences of another topic, wrong names of agencies, slips of the
keyboard, some that do not say what they are about, and a share that was dispatched as something else. Figures measured
on them say how the machinery behaves, not how well it will do with what people of a city write.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from yingshang.kernel.reference.api import parse_yaml

Wordings = Literal["known", "new", "all"]
"""Of each topic's sentences the first, those kept back, or all."""

_KEPT_BACK = 2
# What is typed, and what stands there by mistake.
_SLIPS = dict(
    zip("在的帐账做已拨扣批登即辩象其办证税贷续检", "再得账帐作己拔抠披蹬既辨像期半正睡代序捡", strict=True)
)


@dataclass(frozen=True, slots=True)
class SampleText:
    """One made-up appeal: what it says, what it is about, and as what it was dispatched, which may be wrong."""

    text: str
    topic: str
    dispatched_as: str


def sample_texts(
    count: int, *, seed: int, wordings: Wordings = "all", mistakes: float = 0.06
) -> Iterator[SampleText]:
    """So many, the same for the same seed. Some topics are said far more often than others, as everywhere.

    `mistakes` is the share of those dispatched as another topic.
    """
    chance = random.Random(seed)
    data = _data()
    codes = list(data["says"])
    # Which topics are frequent does not hang on the seed: cases of different seeds are of one place.
    often = random.Random(1).sample(range(len(codes)), len(codes))
    weights = [1 / (8 + place) for place in often]
    for _ in range(count):
        code = chance.choices(codes, weights)[0]
        wrong = chance.random() < mistakes
        yield SampleText(_text(code, chance, wordings), code, chance.choice(codes) if wrong else code)


def sample_text(topic: str, *, seed: int, wordings: Wordings = "all") -> str:
    """One made-up appeal about a topic, which says what it is about."""
    return _text(topic, random.Random(f"{topic} {seed}"), wordings, vague=0.0)


def _text(code: str, chance: random.Random, wordings: Wordings, vague: float = 0.04) -> str:
    data = _data()
    silent = chance.random() < vague
    said = (
        [chance.choice(data["vague"])]
        if silent
        else [_part(each, chance) for each in _sentences(code, chance, wordings)]
    )
    parts = [chance.choice(data["openings"]), *(_ended(each) for each in said)]
    if chance.random() < 0.6:
        parts.insert(chance.randint(1, len(parts)), chance.choice(data["asides"]))
    if chance.random() < 0.15:
        # Something else that hurts, said on the way.
        other = _sentences(chance.choice(list(data["says"])), chance, wordings)[0]
        parts.append(_ended("另外" + _part(other, chance)))
    parts.append(chance.choice(data["closings"]))
    text = _filled("".join(parts), chance)
    for words in data["other_words"]:
        if words[0] in text and chance.random() < 0.5:
            text = text.replace(words[0], chance.choice(words[1:]))
    for right, wrong in data["wrong_words"].items():
        if right in text and chance.random() < 0.3:
            text = text.replace(right, wrong)
    return _slipped(text, chance)


def _sentences(code: str, chance: random.Random, wordings: Wordings) -> list[str]:
    says = _data()["says"][code]
    if wordings == "known":
        says = says[:-_KEPT_BACK]
    elif wordings == "new":
        says = says[-_KEPT_BACK:]
    return chance.sample(says, 2 if chance.random() < 0.25 else 1)


def _part(sentence: str, chance: random.Random) -> str:
    """A sentence, or the half of it."""
    halves = sentence.split("，")
    if len(halves) > 1 and chance.random() < 0.35:
        return chance.choice(halves)
    return sentence


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(("。", "，", "！", "？")) else sentence + "。"


def _filled(text: str, chance: random.Random) -> str:
    data = _data()
    return (
        text.replace("{place}", chance.choice(data["places"]))
        .replace("{trade}", chance.choice(data["trades"]))
        .replace("{amount}", str(chance.choice((3, 5, 8, 12, 20, 35, 60, 120, 300))))
        .replace("{count}", str(chance.randint(2, 60)))
        .replace("{days}", str(chance.randint(3, 90)))
        .replace("{month}", str(chance.randint(1, 12)))
    )


def _slipped(text: str, chance: random.Random) -> str:
    """With slips of the keyboard: another character of the same sound, one left out, one twice."""
    written = []
    for character in text:
        luck = chance.random()
        if luck < 0.03 and character in _SLIPS:
            written.append(_SLIPS[character])
        elif luck < 0.006:
            continue
        elif luck < 0.010:
            written.append(character * 2)
        else:
            written.append(character)
    return "".join(written)


@cache
def _data() -> dict[str, Any]:
    text = (files("yingshang.areas.appeals") / "data/sample_texts.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = parse_yaml(text)
    return found
