"""Where the words of a condition and its row give different figures: somebody changed one and forgot the other. Pure.

Said beside the field and never in the way: words may round, or leave to the row what everybody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yingshang.rules.errors import DomainError
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.marked_yaml import Path

from ..reading.conditions import in_unit, plain
from ..reading.days import days_in
from ..reading.quantities import Quantity, quantities
from ..reading.text import even
from ..reading.words import Known, bounds, known_facts
from .rows import rows_of
from .yaml_text import read_data


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A condition at `path` whose words say `words` where its row says `row`, both with their unit."""

    path: Path
    words: str
    row: str

    @property
    def message_zh(self) -> str:
        return f"条件文字写的是 {self.words}，行里是 {self.row}；请核对哪一个对"

    @property
    def message(self) -> str:
        return f"the words say {self.words}, the row {self.row}; check which of them is right"


def disagreements(source: str, catalogue: FactCatalogue) -> tuple[Disagreement, ...]:
    """Every condition of an item whose words and row give different figures. None of what is no item."""
    try:
        data = read_data(source)
    except DomainError:
        return ()
    if not isinstance(data, dict):
        return ()
    facts = known_facts(catalogue)
    found: list[Disagreement] = []
    for key in ("conditions", "exclusions"):
        for path, entry in _entries(data.get(key), (key,)):
            found += _of(path, entry, catalogue, facts)
    return tuple(found)


def _entries(entries: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if not isinstance(entry, dict):
            continue
        yield (*path, index), entry
        for key in ("all", "any", "of", "meets"):
            yield from _entries(entry.get(key), (*path, index, key))


def _of(
    path: Path, entry: dict[str, Any], catalogue: FactCatalogue, facts: dict[str, Known]
) -> Iterator[Disagreement]:
    text, when = entry.get("text"), entry.get("when")
    if not isinstance(text, str) or not isinstance(when, str):
        return
    row = rows_of(when, catalogue.names)
    found = catalogue.find(row.fact) if row is not None else None
    known = facts.get(found.code) if found is not None else None
    if row is None or known is None:
        return
    values = [each for each in row.values if isinstance(each, Decimal)]
    if not values or len(values) != len(row.values):
        return
    line = even(text)
    said = [
        each
        for each in quantities(line.text, bounds(), [(day.start, day.end) for day in days_in(line.text)])
        if each.dimension == known.dimension
    ]
    figures = [figure for each in said for figure in _figures(each, known)]
    # Where several figures stand in the words, one of them may be the row's.
    if not figures or any(each in values for each in figures):
        return
    yield Disagreement(
        path,
        "、".join(dict.fromkeys(line.written[slice(*line.span(each.first, each.last))] for each in said)),
        _written(values, known.unit),
    )


def _figures(one: Quantity, known: Known) -> list[Decimal]:
    ends = [one.value] if one.low is None else [one.low, one.value]
    return [in_unit(each, one, known) for each in ends]


def _written(values: Sequence[Decimal], unit: str) -> str:
    if unit == "元" and all(each and each % 10_000 == 0 for each in values):
        return "、".join(f"{plain(each / 10_000)}万元" for each in values)
    if unit == "比值":
        return "、".join(f"{plain(each * 100)}%" for each in values)
    return "、".join(f"{plain(each)}{unit if unit != '次' else ''}" for each in values)
