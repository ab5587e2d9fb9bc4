"""The rules of stewards: `data/stewards.yaml`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.clock.api import Term
from yingshang.kernel.documents.api import TableLimits
from yingshang.kernel.reference.api import parse_yaml

from ..channels.rules import TableRules, rules_of_table
from ..rules import Named


@dataclass(frozen=True, slots=True)
class Tier:
    """How closely an enterprise is looked after."""

    code: str
    name: str
    name_en: str
    visit_every_days: int


@dataclass(frozen=True, slots=True)
class ServiceList:
    """One of the three lists of services."""

    code: str
    name: str
    name_en: str
    items: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class StewardRules:
    """`data/stewards.yaml`."""

    tiers: Mapping[str, Tier]
    ways: Mapping[str, Named]
    remind_before_days: int
    remind_again_days: int
    hand_over_days: int
    call: Term
    call_ladder: str
    record_days: int
    rating_days: int
    bad_from: int
    levels: Mapping[int, Named]
    most_files: int
    lists: tuple[ServiceList, ...]

    @property
    def services(self) -> Mapping[str, Named]:
        """Every service of the lists, by its code."""
        return {item.code: item for each in self.lists for item in each.items}


@cache
def steward_rules() -> StewardRules:
    """`data/stewards.yaml`, read once."""
    data = _data()
    return StewardRules(
        tiers={each["code"]: Tier(**each) for each in data["tiers"]},
        ways={each["code"]: Named(**each) for each in data["ways"]},
        remind_before_days=int(data["remind_before_days"]),
        remind_again_days=int(data["remind_again_days"]),
        hand_over_days=int(data["hand_over_days"]),
        call=Term.from_dict(data["call"]),
        call_ladder=str(data["call_ladder"]),
        record_days=int(data["record_days"]),
        rating_days=int(data["rating_days"]),
        bad_from=int(data["bad_from"]),
        levels={int(each["code"]): Named(**each) for each in data["levels"]},
        most_files=int(data["most_files"]),
        lists=tuple(
            ServiceList(
                each["code"], each["name"], each["name_en"], tuple(Named(**item) for item in each["items"])
            )
            for each in data["lists"]
        ),
    )


@cache
def assignment_rules() -> TableRules:
    """The part `table`: the table stewards are assigned by."""
    return rules_of_table(_data()["table"])


def assignment_limits() -> TableLimits:
    """How large a table of assignments may be."""
    return assignment_rules().limits


def _data() -> dict[str, Any]:
    path = files("yingshang.areas.appeals") / "data/stewards.yaml"
    return dict(parse_yaml(path.read_text(encoding="utf-8")))
