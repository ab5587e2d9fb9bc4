"""How appeals are found by words: cut the same way when they are kept and when they are looked for."""

from __future__ import annotations

import rjieba
from django.contrib.postgres.search import SearchQuery

MOST_WORDS = 400
"""Of so many different words at most an appeal is found by."""


def words_of(text: str) -> tuple[str, ...]:
    """The different words of a text, in lower case, without signs; finely cut, so that parts of words are found too."""
    cut = (each.strip().lower() for each in rjieba.cut_for_search(text))
    return tuple(dict.fromkeys(each for each in cut if any(map(str.isalnum, each))))[:MOST_WORDS]


def query_of(text: str) -> SearchQuery | None:
    """What finds the appeals that have every word of a text; nothing where it has none."""
    words = words_of(text)
    found: SearchQuery | None = None
    for word in words:
        query = SearchQuery(word, config="simple", search_type="phrase")
        found = query if found is None else found & query
    return found
