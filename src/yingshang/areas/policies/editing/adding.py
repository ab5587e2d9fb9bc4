"""What was proposed for some sentences put into a draft that is there already, each with its sentence. Pure.

The draft keeps every byte that is not added to. An amount that stands there is replaced only by who says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..reading.drafting import TO_WRITE
from ..sentences import Sentence
from .drafts import links_of
from .yaml_text import Change, Insert, Remove, Set, apply, read_data

AMOUNTS = ("amount", "bands", "table", "lines", "parts", "grants")
"""Ways to say what is given, of which a benefit has one."""
_BELONGS = {"amount": ("unit", "at_most"), "bands": ("unit",)}


@dataclass(frozen=True, slots=True)
class Added:
    """The draft with what was added, where that comes from, and what was left out with the reason."""

    source: str
    links: dict[str, list[int]]
    left_out: tuple[str, ...]


def add_proposed(
    source: str,
    proposed: str,
    sentences: Sequence[Sentence],
    links: Mapping[str, Sequence[int]],
    *,
    unread: Sequence[Sentence] = (),
    replace_amount: bool = False,
) -> Added:
    """Add what `proposed` (a draft of `propose_item`) says to the item of `source`, and `unread` sentences as
    conditions that are still to be written.

    Raises CannotEdit, PolicyError.
    """
    here, new = read_data(source), read_data(proposed)
    found = links_of(proposed, sentences)
    made = {key: sorted(set(numbers)) for key, numbers in links.items()}
    taken = _ids(here)
    changes: list[Change] = []
    left_out: list[str] = []
    for key in ("conditions", "exclusions"):
        for entry in _written(new.get(key)):
            fresh = _renamed(entry, taken)
            changes.append(Insert((key,), fresh))
            if numbers := found.get(str(entry.get("id"))):
                made[str(fresh["id"])] = numbers
    for each in unread:
        entry = {"id": _free("condition", taken), "text": re.sub(r"\s+", " ", each.text).strip()}
        entry |= ({"clause": each.clause} if each.clause else {}) | {"when": False}
        changes.append(Insert(("conditions",), entry))
        made[entry["id"]] = [each.number]
    if any(isinstance(each, Insert) and each.path == ("conditions",) for each in changes):
        changes += _without_placeholders(here)
    changes += _periods(here, new, left_out)
    amounts = list(_amounts(here.get("benefit") or {}, new.get("benefit") or {}, left_out, replace_amount))
    if amounts:
        numbers = [] if replace_amount else made.get("benefit", [])
        made["benefit"] = sorted({*numbers, *found.get("benefit", [])})
    return Added(apply(source, [*changes, *amounts]), made, tuple(left_out))


def _written(entries: Any) -> Iterator[dict[str, Any]]:
    """Conditions that say something; not the one that stands for none at all."""
    for each in entries or ():
        if isinstance(each, dict) and not _placeholder(each):
            yield each


def _placeholder(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("when") is False
        and str(entry.get("text") or "").startswith(TO_WRITE)
    )


def _without_placeholders(here: Mapping[str, Any]) -> list[Change]:
    indexes = [index for index, each in enumerate(here.get("conditions") or ()) if _placeholder(each)]
    return [Remove(("conditions", index)) for index in reversed(indexes)]


def _periods(here: Mapping[str, Any], new: Mapping[str, Any], left_out: list[str]) -> Iterator[Change]:
    days = here.get("effective") or {}
    for key, day in (new.get("effective") or {}).items():
        if days.get(key) is None:
            yield Set(("effective", key), _day(day))
        elif str(days[key]) != str(day):
            left_out.append(f"有效期限已写 {days[key]}，所选句子为 {day}，未改动。")
    for window in new.get("windows") or ():
        written = {key: _day(day) for key, day in window.items()}
        if written not in (here.get("windows") or ()):
            yield Insert(("windows",), written)


def _day(written: Any) -> Any:
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return written


def _amounts(
    here: Mapping[str, Any], new: Mapping[str, Any], left_out: list[str], replace: bool
) -> Iterator[Change]:
    way = next((each for each in AMOUNTS if each in new), "")
    caps = new.get("caps") or ()
    offered = bool(way) and not (way == "grants" and str(new["grants"]).startswith(TO_WRITE))
    stands = next((each for each in AMOUNTS if each in here), "")
    free = not stands or (stands == "grants" and str(here["grants"]).startswith(TO_WRITE))
    if offered and (free or replace):
        yield Set(("benefit", way), new[way])
        for each in _BELONGS.get(way, ()):
            if each in new:
                yield Set(("benefit", each), new[each])
            elif each in here:
                yield Remove(("benefit", each))
        for each in AMOUNTS:
            if each != way and each in here:
                yield Remove(("benefit", each))
        if new.get("text"):
            yield Set(("benefit", "text"), new["text"])
    elif free and new.get("text") and not here.get("text"):
        # What it comes to was not recognised, where it is said is known.
        yield Set(("benefit", "text"), new["text"])
    elif offered:
        left_out.append("草稿已写有金额，所选句子的金额未放入。需要时请选择“用所选句子的金额替换”。")
    if replace and offered and "caps" in here:
        yield Remove(("benefit", "caps"))
    for cap in caps:
        if replace or cap not in (here.get("caps") or ()):
            yield Insert(("benefit", "caps"), cap)


def _renamed(entry: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    """The entry under names that nobody has yet, its parts too."""
    fresh = dict(entry)
    if "id" in fresh:
        fresh["id"] = _free(str(fresh["id"]), taken)
    for key in ("all", "any", "of", "meets"):
        if isinstance(fresh.get(key), list):
            fresh[key] = [_renamed(each, taken) if isinstance(each, dict) else each for each in fresh[key]]
    return fresh


def _free(name: str, taken: set[str]) -> str:
    base, found, count = re.sub(r"_\d+$", "", name) or "condition", name, 1
    while found in taken:
        count += 1
        found = f"{base}_{count}"
    taken.add(found)
    return found


def _ids(data: Any) -> set[str]:
    if isinstance(data, dict):
        own = {str(data["id"])} if "id" in data else set()
        return own.union(*(_ids(each) for each in data.values()))
    if isinstance(data, list):
        return set().union(*(_ids(each) for each in data))
    return set()
