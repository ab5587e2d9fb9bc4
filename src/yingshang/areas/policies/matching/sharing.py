"""What an item leaves for everybody together: a quota with its ranking, and a pool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yingshang.rules.feel import operators
from yingshang.rules.feel.syntax import Literal
from yingshang.rules.feel.values import Failure, Unknown

from .declared import feel_facts
from .listing import engine_of_version
from .live import HIDDEN

RankValue = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sharing:
    """`count` enterprises at most; `ranked` by what the item says, the greatest first if `descending`, else first come.

    A pool of `pool_fen` is shared `pro_rata`, or first come.
    """

    count: int | None
    ranked: bool
    descending: bool
    pool_fen: int | None
    pro_rata: bool

    @property
    def together(self) -> bool:
        """Whether everybody has to be known before anybody is awarded."""
        return self.ranked or (self.pool_fen is not None and self.pro_rata)


def sharing_of(*, version_id: int, day: date) -> Sharing | None:
    """The quota and the pool of a version as of a day; None where every award stands for itself."""
    [program] = engine_of_version(version_id, day).programs
    quota, pool = program.quota, program.pool
    if quota is None and pool is None:
        return None
    fen = None
    if pool is not None:
        assert isinstance(pool.amount, Literal)
        fen = int(pool.amount.value * 100)
    return Sharing(
        count=quota.count if quota else None,
        ranked=bool(quota and quota.rank_by is not None),
        descending=bool(quota and quota.descending),
        pool_fen=fen,
        pro_rata=bool(pool and pool.pro_rata),
    )


def rank_frozen(
    *, version_id: int, day: date, facts: Iterable[Mapping[str, Mapping[str, Any]]]
) -> Iterator[RankValue | None]:
    """What each set of frozen facts is ranked by; None where it is not known."""
    engine = engine_of_version(version_id, day)
    [program] = engine.programs
    tree = program.quota.rank_by if program.quota else None
    for each in facts:
        if tree is None:
            yield None
            continue
        values = {column: fact["value"] for column, fact in each.items() if fact["value"] != HIDDEN}
        found = engine.rows.value(tree, feel_facts(values))
        parts = tuple(found) if isinstance(found, list) else (found,)
        yield None if any(part is None or part.__class__ in (Unknown, Failure) for part in parts) else parts


def rank_order(left: RankValue, right: RankValue) -> int:
    """-1, 0 or 1 of two values to rank by; without an order they count as equal."""
    for one, other in zip(left, right, strict=False):
        order = operators.order_of(one, other)
        if order.__class__ is int and order != 0:
            return int(order)
    return 0
