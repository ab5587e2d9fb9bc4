"""The items in force on a day, compiled once and kept: for one enterprise by rows, for all by columns.

A published version never changes, so a program of a day is good as long as the process lives; `compiled` keeps it
for other processes.
"""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from yingshang.rules.columns import ColumnPlan, compile_programs
from yingshang.rules.columns import Program as ColumnProgram
from yingshang.rules.policy.compile import Program
from yingshang.rules.policy.decide import RowEvaluator
from yingshang.rules.policy.population import needed_columns

from ..content import catalogue
from ..errors import InvalidItem
from ..models import ItemVersion
from ..selectors import in_force
from ..values import PublishedItem
from .compiled import programs_of

_LENGTHS = (0, 2, 4, 6, 9, 12)


@dataclass(frozen=True, slots=True)
class Entry:
    """One version in force: its program, or why it cannot be decided that day."""

    version_id: int
    code: str
    region_path: str
    program: Program | None
    problem: InvalidItem | None = None


class Engine:
    """Some versions on a day. Those that do not compile that day are in `entries` only."""

    def __init__(self, day: date, entries: Sequence[Entry]) -> None:
        self.day = day
        self.entries = tuple(entries)
        self.by_version: Mapping[int, Entry] = {each.version_id: each for each in entries}
        self.decidable = tuple(each for each in entries if each.program is not None)
        self.versions = tuple(each.version_id for each in self.decidable)

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        return tuple(each.program for each in self.decidable if each.program is not None)

    @cached_property
    def rows(self) -> RowEvaluator:
        """Decides one enterprise at a time, with reasons: what `yingshang explain` uses."""
        return RowEvaluator(self.programs, catalogue())

    @cached_property
    def plan(self) -> ColumnPlan:
        """Decides many at once: what `yingshang match` uses."""
        return compile_programs(
            [ColumnProgram(each.id, each.requirement, each.benefit.amount) for each in self.programs]
        )

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of facts that anything here reads."""
        return tuple(needed_columns(self.programs))

    @cached_property
    def places(self) -> Mapping[str, list[int]]:
        """Path of a region → the positions of its items."""
        found: dict[str, list[int]] = {}
        for position, entry in enumerate(self.decidable):
            found.setdefault(entry.region_path, []).append(position)
        return found


_LARGE = 100

_Key = tuple[date, tuple[tuple[int, str], ...]]


class _Kept:
    """The engines used last, so many."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._engines: OrderedDict[_Key, Engine] = OrderedDict()

    def get(self, key: _Key) -> Engine | None:
        with self._lock:
            found = self._engines.get(key)
            if found is not None:
                self._engines.move_to_end(key)
            return found

    def put(self, key: _Key, engine: Engine) -> None:
        with self._lock:
            self._engines[key] = engine
            while len(self._engines) > self.size:
                self._engines.popitem(last=False)


# Those of a single version are small and many; they must not push out the large ones.
_single, _whole = _Kept(256), _Kept(4)


def engine_for(day: date, *, versions: Collection[int] | None = None) -> Engine:
    """Every version in force on a day, or some of them. One query when they are known to this process."""
    rows = in_force(day)
    if versions is not None:
        rows = rows.filter(pk__in=list(versions))
    return engine_of(day, rows.order_by("pk").values_list("pk", "digest"))


def engine_of(day: date, versions: Iterable[tuple[int, str]]) -> Engine:
    """The engine of (version, digest) pairs."""
    key = (day, tuple(versions))
    kept = _single if len(key[1]) <= 1 else _whole
    found = kept.get(key)
    if found is None:
        found = Engine(day, _entries(day, [number for number, _ in key[1]]))
        kept.put(key, found)
        if len(found.entries) > _LARGE:
            _settle_memory()
    return found


def _settle_memory() -> None:
    """What stays is not looked through again and again: a collection would halt everybody for half a second."""
    if gc.get_freeze_count():
        # Engines of other days and versions are given up from time to time.
        gc.unfreeze()
        gc.collect()
    gc.freeze()


def _entries(day: date, versions: Sequence[int]) -> list[Entry]:
    rows = ItemVersion.objects.filter(pk__in=versions).order_by("pk")
    found = list(rows.values_list("pk", "item__code", "region_path", "source"))
    programs = programs_of([source for *_, source in found], day)
    return [
        Entry(number, code, path, None, program)
        if isinstance(program, InvalidItem)
        else Entry(number, code, path, program)
        for (number, code, path, _), program in zip(found, programs, strict=True)
    ]


def holds_in(item: PublishedItem | Entry, place: str) -> bool:
    """Whether an item holds in a place: it is of the place itself or of somewhere above it."""
    return place.startswith(item.region_path)


def paths_above(place: str) -> list[str]:
    """The paths of a place and of everything above it."""
    return [place[:length] for length in _LENGTHS if length <= len(place)]
