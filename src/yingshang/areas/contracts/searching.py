"""How contracts are found by words: cut the same way when they are kept and when they are looked for."""

from __future__ import annotations

import rjieba
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Value

from .models import Contract

CONFIG = "simple"
MOST_WORDS = 200
"""Of so many different words at most a contract is found by."""


def words_of(text: str) -> tuple[str, ...]:
    """The different words of a text, in lower case, without signs; finely cut, so that parts of words are found too."""
    cut = (each.strip().lower() for each in rjieba.cut_for_search(text))
    return tuple(dict.fromkeys(each for each in cut if any(map(str.isalnum, each))))[:MOST_WORDS]


def said_of(contract: Contract) -> str:
    """The words a contract is found by, as a text. The name of a natural person is masked there as everywhere."""
    said = f"{contract.title} {contract.reference} {contract.counterparty_name} {contract.counterparty_code}"
    return " ".join(words_of(said))


def vector_of(contract: Contract) -> SearchVector:
    """What a contract is found by, to be put into its `words`, also of one that is not saved yet. The name of a natural
    person is masked there as it is everywhere.
    """
    return SearchVector(Value(said_of(contract)), config=CONFIG)


def query_of(text: str) -> SearchQuery | None:
    """What finds the contracts that have every word of a text; nothing where it has none."""
    found: SearchQuery | None = None
    for word in words_of(text):
        query = SearchQuery(word, config="simple", search_type="phrase")
        found = query if found is None else found & query
    return found
