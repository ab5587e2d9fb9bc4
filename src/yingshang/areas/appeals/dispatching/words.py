"""The words of an appeal, cut with the dictionary of topics and of the responsibilities catalogue. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from .parameters import settings
from .topics import matters, signs, topics

_NO_WORD = re.compile(r"[\W_\d]+")
_HEAVY = 100_000


def words_of(text: str) -> list[str]:
    """The words of a text in their order, with the words inside them, without those every appeal has and numbers."""
    return [word for word in _cutter().cut_for_search(_plain(text), False) if _telling(word)]


def words_in_a_row(text: str) -> list[str]:
    """The words of a text, none inside another: for pairs of neighbours."""
    return [word for word in _cutter().cut(_plain(text), False) if _telling(word)]


def _plain(text: str) -> str:
    text = text[: settings().longest_read]
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return _NO_WORD.sub(" ", text.casefold())[: settings().longest_read]


def _telling(word: str) -> bool:
    if len(word) == 1:
        return word in own_words()
    return word not in settings().common_words


@cache
def own_words() -> frozenset[str]:
    """The words of topics, of the responsibilities catalogue and of the signs."""
    found = {word for topic in topics().values() for word in topic.words}
    found |= {word for matter in matters() for word in matter.words}
    found |= {word for sign in signs().values() for word in sign.words}
    return frozenset(word.casefold() for word in found)


@cache
def _cutter() -> Any:
    # Loading it makes its own dictionary.
    import rjieba

    cutter = rjieba.Jieba()
    for word in sorted(own_words()):
        cutter.add_word(word, _HEAVY, "n")
    return cutter
