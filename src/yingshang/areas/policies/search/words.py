"""Chinese text cut into words, with the dictionary and the synonyms of `data/search`. Pure.

Title and text are cut the same way when they are written into the index and when they are asked for. Since a piece of a
title may be cut otherwise than the whole, titles are also kept as pairs of characters: any part of a title finds it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml

_SIGN = re.compile(r"[^\w]+|_+")
_PUNCTUATION = re.compile("[，。；：（）！？“”‘’《》、【】〔〕—…·]+")
_LETTERS = re.compile(r"[a-z]{2,40}")
_COMMON = frozenset("的了和与及或在对于等为是给按由从把被各该其此以并且而之也就都将向到有不第")
_HEAVY = 100_000
MOST_WORDS = 24
"""Of a question; what is longer is a pasted paragraph, of which the beginning is enough."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A container, an audience or a kind: whoever searches picks it, and the words decide what belongs to it."""

    code: str
    name: str
    name_en: str
    words: tuple[str, ...]
    icon: str = ""


@dataclass(frozen=True, slots=True)
class AmountBand:
    """A range of largest sums; `most` in yuan."""

    code: str
    name: str
    name_en: str
    most: int | None


def plain(text: str) -> str:
    """As it is compared: full width as half width, small letters, no signs and no spaces but one between words."""
    # Nearly all that is not in its normal form are signs of punctuation; without them nothing is left to be done.
    text = _PUNCTUATION.sub(" ", text)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return _SIGN.sub(" ", text.casefold()).strip()


def index_words(text: str) -> list[str]:
    """The words of a text with the words inside them, for the index."""
    return [word for word in _cutter().cut_for_search(plain(text), False) if not word.isspace()]


def asked_words(text: str) -> list[str]:
    """The words of a question, each once, without those that stand in every text."""
    words = [word for word in _cutter().cut(plain(text)[:400], False) if not word.isspace()]
    telling = [word for word in words if word not in _COMMON] or words
    return list(dict.fromkeys(telling))[:MOST_WORDS]


def alike(word: str) -> tuple[str, ...]:
    """What else means the same."""
    return _synonyms().get(word, ())


def pairs(text: str) -> list[str]:
    """Each character with the next; of a single character itself with a mark."""
    joined = plain(text).replace(" ", "")
    return [joined[at : at + 2] for at in range(len(joined) - 1)]


def characters(text: str) -> list[str]:
    """Each character of a text once, for questions of a single one."""
    return list(dict.fromkeys(plain(text).replace(" ", "")))


def syllables_of(text: str) -> list[str]:
    """The pinyin of each Chinese character, the others left out: 稳岗 is wen, gang."""
    # Its dictionaries take a third of a second; most processes spell nothing.
    from pypinyin import Style, lazy_pinyin

    found: list[str] = lazy_pinyin(_chinese(text), style=Style.NORMAL, errors="ignore")
    return found


def initials_of(syllables: Iterable[str]) -> str:
    """The first letter of each: 稳岗返还 is wgfh."""
    return "".join(each[:1] for each in syllables)


def letters_of(text: str) -> str:
    """The letters of a question that is nothing but letters, perhaps with spaces or tone-free syllables; else empty."""
    joined = plain(text).replace(" ", "")
    return joined if _LETTERS.fullmatch(joined) else ""


def subjects_of(texts: Iterable[str], subjects: Iterable[Subject]) -> list[str]:
    """The codes of the subjects of which a word stands in one of the texts."""
    whole = "\n".join(texts)
    return [each.code for each in subjects if any(word in whole for word in each.words)]


@cache
def containers() -> tuple[Subject, ...]:
    """集装箱 by subject."""
    return _subjects("containers")


@cache
def audiences() -> tuple[Subject, ...]:
    """Whom policies are for."""
    return _subjects("audiences")


@cache
def kinds() -> tuple[Subject, ...]:
    """The twelve kinds 奖补类型."""
    return _subjects("kinds")


def kind_of(written: str) -> str:
    """The code of the kind of which a word stands in what an author wrote; what nobody foresaw is a kind of its own."""
    return next(iter(subjects_of([written], kinds())), written)


@cache
def amount_bands() -> tuple[AmountBand, ...]:
    """Ranges of what one application can come to."""
    return tuple(AmountBand(**row) for row in _data("subjects.yaml")["amounts"])


def band_of(most_fen: int | None, *, money: bool) -> str:
    """The range of a largest sum; of what pays no money and of what has no known end, their own."""
    if not money:
        return "none"
    if most_fen is None:
        return "open"
    yuan = most_fen / 100
    return next(
        (each.code for each in amount_bands() if each.most is not None and yuan <= each.most), "above"
    )


def _subjects(part: str) -> tuple[Subject, ...]:
    return tuple(Subject(**{**row, "words": tuple(row["words"])}) for row in _data("subjects.yaml")[part])


def _chinese(text: str) -> str:
    return plain(text).replace(" ", "")


@cache
def _cutter() -> Any:
    # Loading it makes its own dictionary.
    import rjieba

    cutter = rjieba.Jieba()
    known = [word for group in _data("synonyms.yaml")["groups"] for word in group]
    lines = _text("words.txt").splitlines()
    known += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for subject in (*containers(), *audiences()):
        known += [word for word in subject.words if len(word) > 1]
    for word in dict.fromkeys(known):
        cutter.add_word(plain(word), _HEAVY, "n")
    return cutter


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group in _data("synonyms.yaml")["groups"]:
        for word in group:
            others = tuple(other for other in group if other != word)
            found[word] = tuple(dict.fromkeys((*found.get(word, ()), *others)))
    return found


@cache
def _data(name: str) -> dict[str, Any]:
    text = _text(name)
    data: dict[str, Any] = parse_yaml(text)
    return data


def _text(name: str) -> str:
    return (files("yingshang.areas.policies") / "data/search" / name).read_text(encoding="utf-8")
