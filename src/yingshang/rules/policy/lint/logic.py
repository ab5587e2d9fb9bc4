"""Conditions that never hold, always hold, contradict or imply each other. Only what is proven is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Name, Node
from yingshang.rules.policy.compile import EFFECTIVE
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.formula import (
    AtLeastOf,
    Constant,
    Formula,
    Grid,
    Opposite,
    example_text,
    formula_of,
    grid_of,
    subjects_of,
)
from yingshang.rules.policy.lint.view import BOOLEAN, ItemView, nested_conditions
from yingshang.rules.policy.marked_yaml import Path
from yingshang.rules.policy.requirement import All, AtLeast, Condition, Not, Requirement


@dataclass(frozen=True, slots=True)
class Part:
    """Something that must hold for an item: a condition, a group, or that an exclusion does not apply."""

    id: str
    path: Path
    formula: Formula
    requirement: Requirement

    @property
    def excluded(self) -> bool:
        """Whether it says that something must not be."""
        return isinstance(self.requirement, Not)

    def words(self) -> tuple[str, str]:
        """What to call it in a message."""
        return (
            (f"the exclusion {self.id}", f"排除情形“{self.id}”")
            if self.excluded
            else (f"the condition {self.id}", f"条件“{self.id}”")
        )


def requirement_formula(view: ItemView, requirement: Requirement) -> Formula:
    """What a requirement says; the day is left open in it."""
    if isinstance(requirement, Condition):
        assert view.program is not None
        tree = view.program.clauses[requirement.id].dated or requirement.tree
        return formula_of(tree, view.catalogue)
    if isinstance(requirement, Not):
        return Opposite(requirement_formula(view, requirement.part))
    parts = tuple(requirement_formula(view, each) for each in requirement.parts)
    count = requirement.count if isinstance(requirement, AtLeast) else len(parts)
    return AtLeastOf(count, parts) if len(parts) != 1 or count != 1 else parts[0]


def required_parts(view: ItemView) -> list[Part]:
    """Everything that must hold for an item, groups of "all" taken apart."""
    known: list[Part] | None = view.memo.get("required parts")
    if known is not None:
        return known
    program = view.program
    found: list[Part] = []
    view.memo["required parts"] = found
    if program is None:
        return found

    def collect(requirement: Requirement) -> None:
        if isinstance(requirement, All):
            for each in requirement.parts:
                collect(each)
            return
        if requirement.id == EFFECTIVE:
            return
        label = requirement.part.id if isinstance(requirement, Not) else requirement.id
        clause = program.clauses.get(requirement.id) or program.clauses[label]
        found.append(Part(label, clause.path, requirement_formula(view, requirement), requirement))

    collect(program.requirement)
    return found


def check_conditions(view: ItemView) -> Iterator[Problem]:
    """Every finding about what the conditions of an item say together."""
    if view.program is None:
        return
    settled: set[str] = set()
    for finding, identifier in _single(view):
        settled.add(identifier)
        yield finding
    parts = [each for each in required_parts(view) if not _below(each.requirement) & settled]
    contradiction = False
    for finding in _pairs(view, parts):
        contradiction = contradiction or finding.code == "conditions-contradict"
        yield finding
    if not contradiction:
        yield from _all_together(view, parts)
    yield from _alternatives(view, parts)


def _below(requirement: Requirement) -> set[str]:
    if isinstance(requirement, Condition):
        return {requirement.id}
    inside = [requirement.part] if isinstance(requirement, Not) else list(requirement.parts)
    return {requirement.id}.union(*(_below(each) for each in inside))


# --- one condition for itself -------------------------------------------------------------------------------------


def _single(view: ItemView) -> Iterator[tuple[Problem, str]]:
    assert view.program is not None
    yield from _single_below(view, view.program.requirement, excluded=False, inside=False)


def _single_below(
    view: ItemView, requirement: Requirement, excluded: bool, inside: bool
) -> Iterator[tuple[Problem, str]]:
    """`inside`: below a group of which not all must hold, or an exclusion."""
    assert view.program is not None
    if isinstance(requirement, Not):
        yield from _single_below(view, requirement.part, not excluded, True)
        return
    if not isinstance(requirement, Condition):
        found = False
        for part in requirement.parts:
            for each in _single_below(view, part, excluded, inside or isinstance(requirement, AtLeast)):
                found = True
                yield each
        if not found and (inside or isinstance(requirement, AtLeast)):
            yield from _verdict(view, requirement, requirement_formula(view, requirement), excluded)
        return
    if requirement.id == EFFECTIVE:
        return
    formula = requirement_formula(view, requirement)
    yield from _verdict(view, requirement, formula, excluded)


def _verdict(
    view: ItemView, requirement: Requirement, formula: Formula, excluded: bool
) -> Iterator[tuple[Problem, str]]:
    assert view.program is not None
    clause = view.program.clauses[requirement.id]
    path: Path = (*clause.path, "when") if isinstance(requirement, Condition) else clause.path
    expression = view.by_path.get(path)
    text = expression.source if expression else ""
    name, name_zh = f"the condition {requirement.id}", f"条件“{requirement.id}”"
    shown, shown_zh = (f" ({text})", f"（{text}）") if text else ("", "")
    if isinstance(formula, Constant) and formula.value and not excluded:
        yield (
            view.finding(
                "condition-constant",
                path,
                f"{name}{shown} looks at no fact and always holds; name the fact it is about, or delete it",
                f"{name_zh}{shown_zh}与任何事实无关，恒为成立；请写明所依据的事实，或删除",
                text=text,
            ),
            requirement.id,
        )
        return
    grid = grid_of([formula], view.catalogue)
    if grid is None or not grid.has_meaning(formula):
        return
    if grid.never(formula):
        if excluded:
            yield (
                view.finding(
                    "exclusion-never",
                    path,
                    f"the exclusion {requirement.id}{shown} can never apply, "
                    f"{_why(view, grid)}; mend or delete it",
                    f"排除情形“{requirement.id}”{shown_zh}永远不会成立（{_why_zh(view, grid)}），请修改或删除",
                    text=text,
                ),
                requirement.id,
            )
        else:
            yield (
                view.finding(
                    "condition-never",
                    path,
                    f"{name}{shown} can never hold, {_why(view, grid)}; check the thresholds and the operators",
                    f"{name_zh}{shown_zh}永远不能成立（{_why_zh(view, grid)}），请核对门槛与比较符号",
                    text=text,
                ),
                requirement.id,
            )
    elif grid.always(formula):
        if excluded:
            yield (
                view.finding(
                    "exclusion-always",
                    path,
                    f"the exclusion {requirement.id}{shown} always applies, "
                    f"{_why(view, grid)}, so nobody is entitled",
                    f"排除情形“{requirement.id}”{shown_zh}恒为成立（{_why_zh(view, grid)}）"
                    "，无人能享受，请修改",
                    text=text,
                ),
                requirement.id,
            )
        else:
            yield (
                view.finding(
                    "condition-always",
                    path,
                    f"{name}{shown} always holds, {_why(view, grid)}; it decides nothing: mend or delete it",
                    f"{name_zh}{shown_zh}恒为成立（{_why_zh(view, grid)}），不起作用，请修改或删除",
                    text=text,
                ),
                requirement.id,
            )
    elif isinstance(requirement, Condition):
        yield from _parts_of(view, requirement, formula, grid, path, text)


def _why(view: ItemView, grid: Grid) -> str:
    example = example_text(_example(grid), lambda each: _label(view, each))
    return f"with {example} as with anything else" if example else "whatever the facts"


def _why_zh(view: ItemView, grid: Grid) -> str:
    example = example_text(_example(grid), lambda each: _label(view, each))
    return f"如 {example}，其他取值亦同" if example else "无论事实如何"


def _example(grid: Grid) -> dict[Node, object]:
    middle = grid.size // 2
    return grid.example(1 << middle)


def _label(view: ItemView, subject: Node) -> str:
    if not isinstance(subject, Name):
        return "…"
    fact = view.fact(subject.name)
    return fact.name if fact is not None and not fact.series else subject.name


def _parts_of(
    view: ItemView, condition: Condition, formula: Formula, grid: Grid, path: Path, text: str
) -> Iterator[tuple[Problem, str]]:
    """Operands of `and` and `or` inside one expression that never or always hold."""
    expression = view.by_path.get(path)
    if expression is None:
        return
    for node in expression.nodes:
        if not isinstance(node, syntax.And | syntax.Or):
            continue
        for operand in node.operands:
            part = formula_of(operand, view.catalogue)
            if isinstance(part, Constant):
                continue
            own = grid_of([part], view.catalogue)
            if own is None or not own.has_meaning(part):
                continue
            if own.never(part) or own.always(part):
                never = own.never(part)
                written = (
                    expression.source[operand.start : operand.end]
                    if operand in expression.raw_nodes
                    else text
                )
                yield (
                    view.finding(
                        "part-never" if never else "part-always",
                        path,
                        f"in the condition {condition.id}, the part {written} "
                        + (
                            f"can never hold, {_why(view, own)}; mend it"
                            if never
                            else f"always holds, {_why(view, own)}; mend or delete it"
                        ),
                        f"条件“{condition.id}”中的“{written}”"
                        + (
                            f"永远不能成立（{_why_zh(view, own)}），请修改"
                            if never
                            else f"恒为成立（{_why_zh(view, own)}），请修改或删除"
                        ),
                        text=written,
                    ),
                    condition.id,
                )


# --- conditions together ------------------------------------------------------------------------------------------


def _pairs(view: ItemView, parts: Sequence[Part]) -> Iterator[Problem]:
    subjects = [subjects_of(each.formula) for each in parts]
    for later, two in enumerate(parts):
        for earlier, one in enumerate(parts[:later]):
            if not subjects[earlier] & subjects[later]:
                continue
            grid = grid_of([one.formula, two.formula], view.catalogue)
            if grid is None or not (grid.has_meaning(one.formula) and grid.has_meaning(two.formula)):
                continue
            yield from _pair(view, one, two, grid)


def _pair(view: ItemView, one: Part, two: Part, grid: Grid) -> Iterator[Problem]:
    (first, first_zh), (second, second_zh) = one.words(), two.words()
    if not grid.together([one.formula, two.formula]):
        held = grid.planes(one.formula)[0]
        example = example_text(grid.example(held), lambda each: _label(view, each)) if held else ""
        such, such_zh = (
            (f": {example} meets the first, and not the second", f"：如 {example} 符合前者而不符合后者")
            if example
            else ("", "")
        )
        yield view.finding(
            "conditions-contradict",
            two.path,
            f"{second} contradicts {first}{such}; nobody can be entitled, check both",
            f"{second_zh}与{first_zh}互相矛盾{such_zh}，无人能享受，请核对",
            text=two.id,
        )
        return
    forward, backward = grid.implies(one.formula, two.formula), grid.implies(two.formula, one.formula)
    if forward and backward and one.excluded == two.excluded:
        yield view.finding(
            "condition-repeated",
            two.path,
            f"{second} says the same as {first}; delete one of them",
            f"{second_zh}与{first_zh}含义相同，请删除其一",
            text=two.id,
        )
    elif forward or backward:
        wide, narrow = (two, one) if forward and not (backward and one.excluded) else (one, two)
        (name, name_zh), (other, other_zh) = wide.words(), narrow.words()
        if wide.excluded:
            yield view.finding(
                "exclusion-redundant",
                wide.path,
                f"{name} is ruled out by {other} already and changes nothing; "
                "delete it, or check what it should exclude",
                f"{name_zh}已被{other_zh}排除，不起作用，请删除或核对",
                text=wide.id,
            )
        else:
            yield view.finding(
                "condition-implied",
                wide.path,
                f"{name} holds wherever {other} holds and changes nothing; delete it, or check its threshold",
                f"{name_zh}已被{other_zh}包含，不起作用，请删除或核对门槛",
                text=wide.id,
            )


def _all_together(view: ItemView, parts: Sequence[Part]) -> Iterator[Problem]:
    """Three or more conditions that rule each other out though no two of them do."""
    for component in _components(parts):
        if len(component) < 3:
            continue
        formulas = [each.formula for each in component]
        grid = grid_of(formulas, view.catalogue)
        if grid is None or not all(grid.has_meaning(each) for each in formulas) or grid.together(formulas):
            continue
        # The fewest that still contradict, by leaving out one after the other.
        needed = list(component)
        for each in component:
            rest = [other for other in needed if other is not each]
            if not grid.together([other.formula for other in rest]):
                needed = rest
        last = needed[-1]
        names = ", ".join(each.id for each in needed)
        yield view.finding(
            "conditions-contradict",
            last.path,
            f"the conditions {names} can never hold all together; nobody can be entitled, check them",
            f"条件 {'、'.join(each.id for each in needed)} 不可能同时成立，无人能享受，请核对",
            text=names,
        )


def _components(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts in groups that share a thing, however far around."""
    groups: list[tuple[set[Node], list[Part]]] = []
    for part in parts:
        subjects, members = subjects_of(part.formula), [part]
        rest = []
        for group in groups:
            if group[0] & subjects:
                subjects |= group[0]
                members = [*group[1], *members]
            else:
                rest.append(group)
        groups = [*rest, (subjects, members)]
    return [members for _, members in groups]


def _alternatives(view: ItemView, parts: Sequence[Part]) -> Iterator[Problem]:
    """Options of an "any" group that another option contains, or that the other conditions rule out."""
    for part in parts:
        group = part.requirement
        if not isinstance(group, AtLeast) or group.count != 1 or len(group.parts) < 2:
            continue
        options = [(each, requirement_formula(view, each)) for each in group.parts]
        others = [each for each in parts if each is not part]
        for position, (option, formula) in enumerate(options):
            yield from _ruled_out(view, option, formula, others)
            for other, wide in options:
                if other is option or not subjects_of(formula) & subjects_of(wide):
                    continue
                grid = grid_of([formula, wide], view.catalogue)
                if grid is None or not (grid.has_meaning(formula) and grid.has_meaning(wide)):
                    continue
                same = grid.implies(wide, formula)
                if grid.implies(formula, wide) and (not same or options.index((other, wide)) < position):
                    yield view.finding(
                        "alternative-implied",
                        _path(view, option),
                        f"the alternative {option.id} is contained in {other.id} "
                        "and changes nothing; delete it, or check both",
                        f"选项“{option.id}”已被“{other.id}”包含，不起作用，请删除或核对",
                        text=option.id,
                    )
                    break


def _ruled_out(
    view: ItemView, option: Requirement, formula: Formula, others: Sequence[Part]
) -> Iterator[Problem]:
    for other in others:
        if not subjects_of(formula) & subjects_of(other.formula):
            continue
        grid = grid_of([formula, other.formula], view.catalogue)
        if grid is None or not (grid.has_meaning(formula) and grid.has_meaning(other.formula)):
            continue
        if not grid.together([formula, other.formula]) and not grid.never(formula):
            name, name_zh = other.words()
            yield view.finding(
                "alternative-never",
                _path(view, option),
                f"the alternative {option.id} can never hold together with {name}; mend or delete it",
                f"选项“{option.id}”与{name_zh}不可能同时成立，请修改或删除",
                text=option.id,
            )
            return


def check_lines(view: ItemView) -> Iterator[Problem]:
    """Conditions on one line of a list: parts that no line can meet, or every line, and parts that contradict."""
    for path, data in view.conditions():
        if "meets" in data and "meets" not in path:
            yield from _line(view, path, data)
    for expression in view.expressions:
        if expression.path[-1] == "where" and isinstance(expression.tree, syntax.Filter):
            formula = formula_of(expression.tree.condition, view.catalogue)
            yield from _line_part(view, expression.path, expression.source, formula)


def _line(view: ItemView, path: Path, data: Mapping[str, Any]) -> Iterator[Problem]:
    found = False
    for where, _ in nested_conditions(data, path):
        expression = view.by_path.get((*where, "when")) if "meets" in where else None
        if expression is not None:
            formula = formula_of(expression.tree, view.catalogue)
            for problem in _line_part(view, expression.path, expression.source, formula):
                found = True
                yield problem
    formulas = [
        _line_formula(view, each, (*path, "meets", index)) for index, each in enumerate(data["meets"])
    ]
    known = [each for each in formulas if each is not None]
    grid = grid_of(known, view.catalogue)
    if found or len(known) < 2 or grid is None or not all(grid.has_meaning(each) for each in known):
        return
    if not grid.together(known):
        name = view.condition_id(path, data)
        yield view.finding(
            "exclusion-never" if path[0] == "exclusions" else "conditions-contradict",
            path,
            f"no line can meet all that {name} asks of one line; check the parts, "
            "or ask for different lines in conditions of their own",
            f"没有任何一行能同时满足“{name}”的各项要求，请核对；如可由不同的行分别满足，请分写为多个条件",
            text=name,
        )


def _line_formula(view: ItemView, data: Mapping[str, Any], path: Path) -> Formula | None:
    """What a line must meet, None if a part of it cannot be read."""
    if "when" in data:
        expression = view.by_path.get((*path, "when"))
        return formula_of(expression.tree, view.catalogue) if expression is not None else None
    key = "all" if "all" in data else "any"
    parts = [_line_formula(view, each, (*path, key, index)) for index, each in enumerate(data[key])]
    known = tuple(each for each in parts if each is not None)
    return AtLeastOf(len(known) if key == "all" else 1, known) if len(known) == len(parts) else None


def _line_part(view: ItemView, path: Path, text: str, formula: Formula) -> Iterator[Problem]:
    grid = grid_of([formula], view.catalogue)
    if isinstance(formula, Constant) or grid is None or not grid.has_meaning(formula):
        return
    if grid.never(formula):
        yield view.finding(
            "part-never",
            path,
            f"no line can meet {text}; check the thresholds and the operators",
            f"没有任何一行能满足“{text}”，请核对门槛与比较符号",
            text=text,
        )
    elif grid.always(formula):
        yield view.finding(
            "part-always",
            path,
            f"every line meets {text}, so it decides nothing; mend or delete it",
            f"任何一行都满足“{text}”，不起作用，请修改或删除",
            text=text,
        )


def check_benefit_conditions(view: ItemView) -> Iterator[Problem]:
    """Conditions of parts and instalments that never hold for whoever is entitled, or always do."""
    if view.program is None:
        return
    for expression in view.expressions:
        if expression.wanted != BOOLEAN or expression.path[0] != "benefit":
            continue
        formula = formula_of(expression.tree, view.catalogue)
        grid = grid_of([formula], view.catalogue)
        if isinstance(formula, Constant) or grid is None or not grid.has_meaning(formula):
            continue
        label = ".".join(str(each) for each in expression.path)
        if not can_be(view, formula):
            yield view.finding(
                "part-never",
                expression.path,
                f"{label} ({expression.source}) can never hold for anybody who meets the conditions; mend or delete it",
                f"{label}（{expression.source}）对符合条件者永远不能成立，请修改或删除",
                text=expression.source,
            )
        elif not can_be(view, Opposite(formula)):
            yield view.finding(
                "part-always",
                expression.path,
                f"{label} ({expression.source}) holds for everybody who meets the conditions; mend or delete it",
                f"{label}（{expression.source}）对符合条件者恒为成立，不起作用，请修改或删除",
                text=expression.source,
            )


def _path(view: ItemView, requirement: Requirement) -> Path:
    assert view.program is not None
    label = requirement.part.id if isinstance(requirement, Not) else requirement.id
    return view.program.clauses[label].path


def can_be(view: ItemView, formula: Formula, guards: Sequence[Formula] = ()) -> bool:
    """Whether something may hold under the item's conditions and some guards. True where it is not disproved.

    Conditions that share nothing with it are left out; then those that share the most are tried first.
    """
    wanted = subjects_of(formula)
    related = [each for each in guards if subjects_of(each) & wanted]
    related += [each.formula for each in required_parts(view) if subjects_of(each.formula) & wanted]
    grid = grid_of([formula, *related], view.catalogue)
    if grid is not None:
        return grid.together([formula, *related]) != 0
    for each in related:
        grid = grid_of([formula, each], view.catalogue)
        if grid is not None and not grid.together([formula, each]):
            return False
    return True


__all__ = [
    "Part",
    "can_be",
    "check_benefit_conditions",
    "check_conditions",
    "check_lines",
    "required_parts",
    "requirement_formula",
]
