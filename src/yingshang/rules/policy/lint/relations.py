"""Items among each other: exclusions, stacking groups, and items written twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from yingshang.rules.feel.syntax import Node
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.view import ItemView, before, day_of
from yingshang.rules.policy.marked_yaml import Path
from yingshang.rules.policy.requirement import Condition, Not, Requirement


def check_excludes(views: Sequence[ItemView], broken: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """`excludes`: items that are not there, one-sided exclusions and rings. `broken`: ids that could not be loaded."""
    by_id = {each.item.id: each for each in views}
    edges: dict[str, list[str]] = {}
    for view in views:
        names = [str(each) for each in view.data.get("excludes") or ()]
        for index, name in enumerate(names):
            path: Path = ("excludes", index)
            if name == view.item.id:
                yield view.finding(
                    "excludes-itself",
                    path,
                    "an item cannot exclude itself; name the other item",
                    "事项不能与自身互斥，请写另一事项的编号",
                    text=name,
                )
            elif name in by_id:
                edges.setdefault(view.item.id, []).append(name)
            elif name not in broken:
                close = difflib.get_close_matches(name, list(by_id), n=1, cutoff=0.5)
                hint, hint_zh = (
                    (f"; did you mean {close[0]}?", f"，是否为“{close[0]}”？")
                    if close
                    else ("; check the id", "，请核对编号")
                )
                yield view.finding(
                    "excludes-unknown",
                    path,
                    f"there is no item {name!r} among these files{hint}",
                    f"这些文件中没有事项“{name}”{hint_zh}",
                    text=name,
                )
    one_sided = {
        name: [other for other in others if name not in edges.get(other, ())]
        for name, others in edges.items()
    }
    rings = list(_rings(one_sided))
    ringed = {name for ring in rings for name in ring}
    for ring in rings:
        shown = " → ".join([*ring, ring[0]])
        yield by_id[ring[0]].finding(
            "excludes-cycle",
            ("excludes",),
            f"these items exclude each other in a ring: {shown}; let each "
            "exclude all the others, or use a stacking group",
            f"互斥关系成环：{shown}，请让各事项两两互斥，或使用叠加组（stacking）",
            text=shown,
        )
    for name, others in one_sided.items():
        for other in others:
            if name in ringed and other in ringed:
                continue
            view = by_id[name]
            index = [str(each) for each in view.data["excludes"]].index(other)
            yield view.finding(
                "excludes-one-sided",
                ("excludes", index),
                f"{name} excludes {other}, but {other} does not exclude {name}; say it on both sides",
                f"{name} 与 {other} 互斥，但 {other} 未写明，请在双方写明",
                text=other,
            )


def _rings(edges: dict[str, list[str]]) -> Iterator[list[str]]:
    """Each ring of three or more once, from its first item on."""
    reported: set[frozenset[str]] = set()
    for start in edges:
        # The shortest way back to the start.
        waiting: list[list[str]] = [[start]]
        seen = {start}
        while waiting:
            way = waiting.pop(0)
            if len(way) > 2 and start in edges.get(way[-1], ()):
                key = frozenset(way)
                if not any(key & each for each in reported):
                    reported.add(key)
                    yield way
                break
            for each in edges.get(way[-1], ()):
                if each not in seen:
                    seen.add(each)
                    waiting.append([*way, each])


def check_stacking(views: Sequence[ItemView]) -> Iterator[Problem]:
    """Stacking groups of one, and groups whose items name different rules."""
    groups: dict[str, list[ItemView]] = {}
    for view in views:
        if view.data.get("stacking"):
            groups.setdefault(str(view.data["stacking"]["group"]), []).append(view)
    for group, members in groups.items():
        if len(members) == 1:
            close = difflib.get_close_matches(group, [each for each in groups if each != group], n=1)
            hint, hint_zh = (
                (f"; did you mean {close[0]!r}?", f"，是否为“{close[0]}”？")
                if close
                else ("; add the others, or delete it", "，请补充其他事项或删除")
            )
            yield members[0].finding(
                "stacking-alone",
                ("stacking", "group"),
                f"{members[0].item.id} is the only item of the stacking group {group!r}{hint}",
                f"叠加组“{group}”只有 {members[0].item.id} 一个事项{hint_zh}",
                text=group,
            )
        rules = {str(each.data["stacking"].get("rule", "highest")) for each in members}
        if len(rules) > 1:
            yield members[-1].finding(
                "stacking-rules",
                ("stacking",),
                f"the items of the stacking group {group!r} name different "
                f"rules: {', '.join(sorted(rules))}; agree on one",
                f"叠加组“{group}”中各事项的规则不一致（{'、'.join(sorted(rules))}），请统一",
                text=group,
            )


# --- duplicates ---------------------------------------------------------------------------------------------------


def check_duplicates(views: Sequence[ItemView]) -> Iterator[Problem]:
    """Items with the same conditions and the same benefit while both are in force."""
    seen: dict[object, list[ItemView]] = {}
    for view in views:
        program = view.program
        if program is None:
            continue
        conditions = frozenset(_trees(view, program.requirement))
        key = (conditions, view.data.get("region"))
        for other in seen.get(key, ()):
            assert other.program is not None
            if not _both_in_force(view, other):
                continue
            same = (program.benefit.amount, program.benefit.grants) == (
                other.program.benefit.amount,
                other.program.benefit.grants,
            )
            place = other.item.place("id")
            if same and (program.benefit.amount is not None or program.benefit.grants):
                yield view.finding(
                    "item-duplicate",
                    ("id",),
                    f"{view.item.id} has the same conditions and the same "
                    f"benefit as {other.item.id} ({place}); "
                    "delete one, or give them different effective dates",
                    f"{view.item.id} 与 {other.item.id}（{place}）条件和待遇完全相同，请删除其一或区分生效期",
                    text=other.item.id,
                )
                break
            if view.item.name == other.item.name:
                yield view.finding(
                    "item-similar",
                    ("name",),
                    f"{view.item.id} has the name and the conditions of {other.item.id} ({place}); "
                    "tell them apart by name, or delete one",
                    f"{view.item.id} 与 {other.item.id}（{place}）名称和条件相同，请在名称上区分或删除其一",
                    text=other.item.id,
                )
                break
        seen.setdefault(key, []).append(view)


def _trees(view: ItemView, requirement: Requirement) -> Iterator[tuple[object, ...]]:
    """The conditions without their ids, groups as sets."""
    assert view.program is not None
    if isinstance(requirement, Condition):
        tree: Node = view.program.clauses[requirement.id].dated or requirement.tree
        yield ("when", tree)
    elif isinstance(requirement, Not):
        yield ("not", *_trees(view, requirement.part))
    else:
        inner = frozenset(each for part in requirement.parts for each in _trees(view, part))
        count = getattr(requirement, "count", len(requirement.parts))
        yield ("of", count, inner)


def _both_in_force(one: ItemView, other: ItemView) -> bool:
    first, second = (each.data.get("effective") or {} for each in (one, other))
    return not (
        before(day_of(first.get("to")), day_of(second.get("from")))
        or before(day_of(second.get("to")), day_of(first.get("from")))
    )


__all__ = ["check_duplicates", "check_excludes", "check_stacking"]
