"""Which unit a source means: by its code or its whole name, within the reach of whoever sends it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import AgencyRow, agencies_called

from ..reach import REGISTER
from ..units import own_units
from .values import RowProblem


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that may be written for."""

    id: int
    name: str
    region_path: str


class Units:
    """Looks units up, a thousand rows in one query, and remembers them."""

    def __init__(self, actor: Actor, column: str) -> None:
        self._actor, self._column = actor, column
        self._scope = actor.require(REGISTER)
        self._known: dict[str, list[AgencyRow]] = {}
        own = own_units(actor=actor, permission=REGISTER) if actor.grants else ()
        self._own = (
            Unit(own[0].id, own[0].name, own[0].region_path) if len(own) == 1 and own[0].active else None
        )

    def prepare(self, words: Iterable[str]) -> None:
        """Look up what is not known yet. One query."""
        missing = {each for word in words for each in word.split("\n") if each and each not in self._known}
        if not missing:
            return
        self._known.update({each: [] for each in missing})
        for row in agencies_called(missing):
            for word in {row.code, row.name} & missing:
                self._known[word].append(row)

    def find(self, word: str, row: int) -> Unit | RowProblem:
        """The unit a source calls so; lines of `word` are tried one after the other. Nothing is the sender's own."""
        if not word and self._own is not None:
            return self._own
        found: Sequence[AgencyRow] = next(
            (known for each in word.split("\n") if (known := self._known.get(each))), ()
        )
        told = word.split("\n")[-1]
        if not found:
            return self._wrong(
                row,
                told,
                "no such unit: give its code or its whole name",
                "没有这个单位，请填写机构代码或者完整名称",
            )
        reached = [each for each in found if self._reaches(each)]
        if not reached:
            return self._wrong(
                row,
                told,
                "this unit is beyond your reach: it registers its own",
                "该单位不在您的登记范围内，请由该单位登记",
            )
        active = [each for each in reached if each.is_active]
        if not active:
            return self._wrong(
                row,
                told,
                "this unit no longer exists: give the unit that took over its contracts",
                "该单位已撤销，请填写承接其合同的单位",
            )
        if len(active) > 1:
            codes = "、".join(each.code for each in active[:5])
            return self._wrong(
                row,
                told,
                f"several units are called so; give the code: {codes}",
                f"有多个同名单位，请填写机构代码：{codes}",
            )
        return Unit(active[0].id, active[0].name, active[0].region_path)

    def _reaches(self, row: AgencyRow) -> bool:
        scope = self._scope
        return (
            scope.everywhere
            or row.id in scope.agencies
            or row.region_path in scope.regions
            or any(row.region_path.startswith(path) for path in scope.subtrees)
        )

    def _wrong(self, row: int, value: str, message: str, message_zh: str) -> RowProblem:
        return RowProblem(row, self._column, value, message, message_zh)
