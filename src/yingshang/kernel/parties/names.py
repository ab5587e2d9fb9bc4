"""Finding parties by name: by any piece of it, by the initials of its pinyin, by both mixed, or by credit code. Pure.

A name becomes a text-search vector of overlapping pieces, each at the position of its first character: pairs of
characters (`h` + 哈尔 at 1, `h` + 尔滨 at 2 …) and triples of pinyin initials (`p` + heb at 1 …), in every reading a
character has. What is typed becomes a query of such pieces at the right distances, so a hit is exactly a name that
contains it, and PostgreSQL finds it by an index. Letters and digits are their own initials.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, product

_PAIR, _INITIALS, _CODE = "h", "p", "u"
_RUN = 3
_GAP = 10
_MOST_READINGS = 3
_LONGEST_NAME = 120
_SHORTEST_CODE_PREFIX = 4
_CODE_LENGTH = 18


def normalised(text: str) -> str:
    """Full-width as half-width, upper case as lower case, and nothing but letters, digits and characters."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).lower() if each.isalnum())


def name_key(name: str) -> str:
    """What two writings of one name have in common; empty when there is no name."""
    return normalised(name)[:_LONGEST_NAME]


@lru_cache(maxsize=65_536)
def initials_of(character: str) -> tuple[str, ...]:
    """The initials of every reading of a character, without repeats: 行 → x, h. Of what has no reading, itself."""
    if character.isascii():
        return (character,)
    # Its dictionaries take a third of a second; most processes spell nothing.
    from pypinyin import Style, pinyin

    readings = pinyin(character, style=Style.FIRST_LETTER, heteronym=True, errors="ignore", strict=False)
    found = dict.fromkeys(each[0] for each in (readings[0] if readings else []) if each and each[0].isascii())
    return tuple(found)[:_MOST_READINGS] or (character,)


def search_vector(names: Iterable[str], codes: Iterable[str]) -> str:
    """The vector of a party, in PostgreSQL's own notation, for `::tsvector`."""
    pieces: list[str] = [f"'{_CODE}{code.lower()}':1" for code in codes if code]
    start = 1
    for name in names:
        text = normalised(name)[:_LONGEST_NAME]
        readings = [initials_of(character) for character in text]
        for index in range(len(text)):
            position = start + index
            pieces.append(f"'{_PAIR}{text[index : index + 2]}':{position}")
            for letters in product(*readings[index : index + _RUN]):
                pieces.append(f"'{_INITIALS}{''.join(letters)}':{position}")
        # No piece of what is typed may begin in one name and end in the next.
        start += len(text) + _GAP
    return " ".join(pieces)


def search_query(text: str) -> str | None:
    """What is typed, as a query for `::tsquery`; None when it holds nothing to look for. Blanks part the terms."""
    terms = [normalised(term) for term in unicodedata.normalize("NFKC", text).split()]
    queries = [_term(term) for term in terms if term]
    return " & ".join(queries) if queries else None


def _term(term: str) -> str:
    phrase = _phrase(_runs(term))
    if term.isascii() and len(term) >= _SHORTEST_CODE_PREFIX:
        prefix = "" if len(term) == _CODE_LENGTH else ":*"
        return f"({phrase} | '{_CODE}{term}'{prefix})"
    return f"({phrase})"


def _runs(term: str) -> list[tuple[int, str]]:
    """Stretches of letters and digits and stretches of characters, each with its position in the term."""
    runs: list[tuple[int, str]] = []
    for position, character in enumerate(term):
        if runs and runs[-1][1][-1].isascii() == character.isascii():
            runs[-1] = runs[-1][0], runs[-1][1] + character
        else:
            runs.append((position, character))
    return runs


def _phrase(runs: Sequence[tuple[int, str]]) -> str:
    pieces: list[tuple[int, str]] = []
    for start, run in runs:
        family, width = (_INITIALS, _RUN) if run.isascii() else (_PAIR, 2)
        if len(run) < width:
            pieces.append((start, f"'{family}{run}':*"))
        else:
            pieces += [
                (start + index, f"'{family}{run[index : index + width]}'")
                for index in range(len(run) - width + 1)
            ]
    phrase = pieces[0][1]
    for (before, _), (position, piece) in pairwise(pieces):
        phrase += f" <{position - before}> {piece}"
    return phrase
