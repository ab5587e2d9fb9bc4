"""The catalogue of facts as files of subjects and policies read it."""

from __future__ import annotations

from functools import cache

from yingshang.kernel.reference.api import FactDefinition, FieldDefinition, facts
from yingshang.rules.policy.catalogue import Fact, FactCatalogue


@cache
def party_catalogue() -> FactCatalogue:
    """The facts about parties, closed: a column that is none of them is no fact."""
    return FactCatalogue({code: _fact(each) for code, each in facts().items() if each.about == "party"})


def _fact(definition: FactDefinition) -> Fact:
    return Fact(
        code=definition.code,
        name=definition.name,
        type=definition.type,
        unit=definition.unit,
        agency=definition.agency,
        sensitivity=definition.sensitivity,
        fresh_for=definition.fresh_for,
        values=definition.values,
        code_list=definition.code_list,
        minimum=definition.minimum,
        maximum=definition.maximum,
        decimals=definition.decimals,
        series=definition.series == "year",
        series_of=definition.series_of,
        year_offset=definition.year_offset or 0,
        fields=tuple(_field(each) for each in definition.fields),
    )


def _field(definition: FieldDefinition) -> Fact:
    return Fact(
        code=definition.code,
        name=definition.name,
        type=definition.type,
        unit=definition.unit,
        values=definition.values,
        minimum=definition.minimum,
        maximum=definition.maximum,
        decimals=definition.decimals,
    )
