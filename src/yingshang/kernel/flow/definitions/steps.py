"""The simple way to write a flow: a list of steps, in YAML or JSON. Reading and checking it.

Everything wrong is said at once, each with its line, its field and what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yingshang.rules.errors import PolicyError
from yingshang.rules.policy.marked_yaml import Marked, Place, load_all

from ..errors import InvalidSteps
from .conditions import problems_of, unknown_outcomes
from .rules import ALLOW, DONE, UNITS, CaseRule, Lane, Outcome, StepRule, outcome_name

LARGEST = 256 * 1024
"""Bytes of a list of steps."""
MOST_STEPS = 200
DEEPEST = 4
"""How deep parallel groups may stand inside each other."""

CODE = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_STEP = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")

_TOP = ("code", "name", "name_en", "source", "note", "case", "facts", "lanes", "steps")
_STEP_FIELDS = (
    "id",
    "name",
    "name_en",
    "who",
    "term",
    "ladder",
    "allow",
    "outcomes",
    "form",
    "sets",
    "when",
    "note",
)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step and the condition under which it is done."""

    rule: StepRule
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches done at the same time 并联; the next begins when all are done."""

    branches: tuple[tuple[Part, ...], ...]


Part = Step | Parallel


@dataclass(frozen=True, slots=True)
class StepDocument:
    """A list of steps that holds together."""

    code: str
    name: str
    name_en: str
    source: str
    note: str
    case: CaseRule
    facts: tuple[str, ...]
    lanes: tuple[Lane, ...]
    parts: tuple[Part, ...]

    def steps(self) -> Iterator[Step]:
        """Every step, in the order of writing."""
        return _steps_of(self.parts)


def _steps_of(parts: tuple[Part, ...]) -> Iterator[Step]:
    for part in parts:
        if isinstance(part, Step):
            yield part
        else:
            for branch in part.branches:
                yield from _steps_of(branch)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a list of steps."""

    file: str
    line: int
    field: str
    message: str
    message_zh: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "field": self.field,
            "message": self.message,
            "message_zh": self.message_zh,
        }


def parse_steps(document: str, file: str = "steps.yaml") -> StepDocument:
    """Read a list of steps. Raises InvalidSteps with every problem."""
    if len(document.encode("utf-8", "surrogatepass")) > LARGEST:
        raise _invalid(
            [
                Problem(
                    file,
                    1,
                    "",
                    f"a list of steps has at most {LARGEST // 1024} KB",
                    f"步骤清单最大 {LARGEST // 1024} KB",
                )
            ]
        )
    try:
        _refuse_bombs(document, file)
        documents = list(load_all(document, file))
    except PolicyError as error:
        line = int(error.details.get("line", 1))
        raise _invalid([Problem(file, line, "", error.message, error.message_zh)]) from None
    except RecursionError:
        raise _invalid([Problem(file, 1, "", "this is nested too deeply", "嵌套过深")]) from None
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise _invalid(
            [
                Problem(
                    file,
                    1,
                    "",
                    "write one mapping with code, name and steps",
                    "应为一个包含 code、name、steps 的映射",
                )
            ]
        )
    return _Reader(documents[0], file).read()


def _refuse_bombs(document: str, file: str) -> None:
    """Aliases that repeat each other grow a few lines to gigabytes; a list of steps has no use for them."""
    for number, line in enumerate(document.splitlines(), start=1):
        if re.search(r"(^|[\s\[{,:-])[*&][A-Za-z0-9_]", line.split("#")[0]) and not _quoted(line):
            raise PolicyError(
                "anchors and aliases (& and *) are not used here; write the values out, or quote the text",
                message_zh="这里不能使用锚点和引用（& 和 *），请写出完整内容，文字请加引号",
                file=file,
                line=number,
            )


def _quoted(line: str) -> bool:
    """Whether every & and * stands inside quotation marks."""
    return not re.search(r"[*&]", re.sub(r"'[^']*'|\"[^\"]*\"", "", line))


def _invalid(problems: list[Problem]) -> InvalidSteps:
    return InvalidSteps(
        "; ".join(
            f"{each.file}:{each.line}: {each.field + ': ' if each.field else ''}{each.message}"
            for each in problems
        ),
        message_zh="；".join(
            f"{each.file}:{each.line}：{each.field + '：' if each.field else ''}{each.message_zh}"
            for each in problems
        ),
        problems=[each.as_dict() for each in problems],
    )


class _Reader:
    """Reads one document and gathers what is wrong with it."""

    def __init__(self, marked: Marked, file: str) -> None:
        self.marked = marked
        self.file = file
        self.problems: list[Problem] = []
        self.step_paths: dict[str, Path] = {}
        self.codes: dict[str, tuple[str, ...]] = {}
        """The codes of the outcomes of each step."""
        self.set_by: dict[str, tuple[str, ...]] = {}
        """The names each step sets."""

    def note(self, path: Path, message: str, message_zh: str) -> None:
        place: Place = self.marked.place(*path)
        self.problems.append(Problem(self.file, place.line, _field(path), message, message_zh))

    def read(self) -> StepDocument:
        data = self.marked.data
        self.known(data, _TOP, ())
        code = self.code(data, (), CODE, "small letters, digits and _", "小写字母、数字和下划线")
        name, name_en = self.names(data, ())
        case_data = data.get("case") or {}
        if not isinstance(case_data, dict):
            self.note(
                ("case",),
                "write {term: {working_days: 10}, ladder: case}",
                "应写 {term: {working_days: 10}, ladder: case}",
            )
            case_data = {}
        self.known(case_data, ("term", "ladder"), ("case",))
        case = CaseRule(self.term(case_data, ("case",)), self.text(case_data, "ladder", ("case",)) or None)
        facts = self.named(data, "facts", ())
        lanes = self.lanes(data)
        raw = data.get("steps")
        if not isinstance(raw, list) or not raw:
            self.note(("steps",), "write a list with at least one step", "至少写一个环节")
            raw = []
        parts = self.parts(raw, ("steps",), frozenset(facts), frozenset(), lanes, 0)
        document = StepDocument(
            code=code,
            name=name,
            name_en=name_en,
            source=self.text(data, "source", ()),
            note=self.text(data, "note", ()),
            case=case,
            facts=facts,
            lanes=tuple(lanes.values()),
            parts=parts,
        )
        if len(self.step_paths) > MOST_STEPS:
            self.note(
                ("steps",), f"a flow has at most {MOST_STEPS} steps", f"一个流程最多 {MOST_STEPS} 个环节"
            )
        if self.problems:
            raise _invalid(self.problems)
        return document

    def known(self, data: dict[str, Any], fields: tuple[str, ...], path: Path) -> None:
        for field in data:
            if field not in fields:
                listed = ", ".join(fields)
                self.note((*path, field), f"unknown field; there are: {listed}", f"未知字段，可用：{listed}")

    def text(self, data: dict[str, Any], field: str, path: Path, *, longest: int = 500) -> str:
        value = data.get(field)
        if value is None:
            return ""
        if isinstance(value, Decimal):
            value = str(value)
        if not isinstance(value, str):
            self.note((*path, field), "write a text", "应为文字")
            return ""
        if len(value) > longest:
            self.note((*path, field), f"at most {longest} characters", f"最多 {longest} 个字符")
        if any(ord(character) < 32 and character not in "\n\t" for character in value):
            self.note((*path, field), "control characters cannot be used", "不能包含控制字符")
            return ""
        return value.strip()

    def names(self, data: dict[str, Any], path: Path) -> tuple[str, str]:
        name = self.text(data, "name", path, longest=200)
        if not name and data.get("name") in (None, ""):
            self.note((*path, "name"), "a name is missing, such as name: 受理", "缺少名称，如 name: 受理")
        return name, self.text(data, "name_en", path, longest=200)

    def code(
        self,
        data: dict[str, Any],
        path: Path,
        pattern: re.Pattern[str],
        english: str,
        chinese: str,
        field: str = "code",
    ) -> str:
        value = self.text(data, field, path)
        if not pattern.match(value):
            self.note((*path, field), f"write a code of {english}", f"应为代码：{chinese}")
        return value

    def term(self, data: dict[str, Any], path: Path) -> dict[str, int] | None:
        value = data.get("term")
        if value is None:
            return None
        if isinstance(value, dict) and len(value) == 1:
            ((unit, amount),) = value.items()
            if unit in UNITS and isinstance(amount, Decimal) and amount == int(amount) and 0 < amount <= 3650:
                return {unit: int(amount)}
        units = ", ".join(UNITS)
        self.note(
            (*path, "term"),
            f"write a whole number of one of {units}, such as {{working_days: 5}}",
            f"应写一个整数的 {units}，如 {{working_days: 5}}",
        )
        return None

    def named(self, data: dict[str, Any], field: str, path: Path) -> tuple[str, ...]:
        """A list of names that the data of a case may have."""
        value = data.get(field, [])
        if not isinstance(value, list):
            self.note((*path, field), "write a list of names", "应为名称列表")
            return ()
        found: list[str] = []
        for index, each in enumerate(value):
            here = (*path, field, index)
            name = each.strip() if isinstance(each, str) else ""
            if not name or len(name) > 100 or name.startswith("outcome_of_"):
                self.note(
                    here,
                    "write the name of a fact (not outcome_of_…, those are there by themselves)",
                    "应为数据名称（outcome_of_… 自动提供，不用列出）",
                )
            elif name in found:
                self.note(here, "this fact is listed twice", "重复列出")
            else:
                found.append(name)
        return tuple(found)

    def lanes(self, data: dict[str, Any]) -> dict[str, Lane]:
        value = data.get("lanes", [])
        if not isinstance(value, list):
            self.note(("lanes",), "write a list of {code, name}", "应为 {code, name} 的列表")
            return {}
        lanes: dict[str, Lane] = {}
        for index, each in enumerate(value):
            path: Path = ("lanes", index)
            if not isinstance(each, dict):
                self.note(
                    path,
                    "write {code: source_agency, name: 来源部门}",
                    "应写 {code: source_agency, name: 来源部门}",
                )
                continue
            self.known(each, ("code", "name", "name_en"), path)
            code = self.code(each, path, CODE, "small letters, digits and _", "小写字母、数字和下划线")
            name, name_en = self.names(each, path)
            if code in lanes:
                self.note((*path, "code"), f"lane {code!r} is listed twice", f"泳道“{code}”重复")
            lanes[code] = Lane(code, name, name_en)
        return lanes

    def parts(
        self,
        raw: list[Any],
        path: Path,
        facts: frozenset[str],
        before: frozenset[str],
        lanes: dict[str, Lane],
        deep: int,
    ) -> tuple[Part, ...]:
        """Steps and groups of one sequence. `before` are the steps whose outcomes conditions may read."""
        declared = bool(self.marked.data.get("lanes"))
        parts: list[Part] = []
        for index, each in enumerate(raw):
            here: Path = (*path, index)
            if not isinstance(each, dict):
                self.note(
                    here,
                    "write a step {id, name, who, …} or {parallel: [[…], […]]}",
                    "应为环节 {id, name, who, …} 或 {parallel: [[…], […]]}",
                )
            elif "parallel" in each:
                group = self.parallel(each, here, facts, before, lanes, deep + 1)
                if group is not None:
                    parts.append(group)
                    before |= {step.rule.id for step in _steps_of((group,))}
            else:
                step = self.step(each, here, facts, before, lanes, declared)
                parts.append(step)
                before |= {step.rule.id}
        return tuple(parts)

    def parallel(
        self,
        data: dict[str, Any],
        path: Path,
        facts: frozenset[str],
        before: frozenset[str],
        lanes: dict[str, Lane],
        deep: int,
    ) -> Parallel | None:
        self.known(data, ("parallel",), path)
        branches = data["parallel"]
        here: Path = (*path, "parallel")
        if deep > DEEPEST:
            self.note(
                here, f"groups stand at most {DEEPEST} deep inside each other", f"并联最多嵌套 {DEEPEST} 层"
            )
            return None
        if not isinstance(branches, list) or len(branches) < 2:
            self.note(
                here,
                "write two or more branches, each a list of steps: [[…], […]]",
                "至少写两个分支，每个分支是一个环节列表：[[…], […]]",
            )
            return None
        read = []
        for index, branch in enumerate(branches):
            if not isinstance(branch, list) or not branch:
                self.note(
                    (*here, index),
                    "a branch is a list with at least one step",
                    "分支应为至少含一个环节的列表",
                )
                continue
            read.append(self.parts(branch, (*here, index), facts, before, lanes, deep))
        return Parallel(tuple(read))

    def step(
        self,
        data: dict[str, Any],
        path: Path,
        facts: frozenset[str],
        before: frozenset[str],
        lanes: dict[str, Lane],
        declared: bool,
    ) -> Step:
        self.known(data, _STEP_FIELDS, path)
        identifier = self.code(
            data,
            path,
            _STEP,
            "letters, digits and _ that begins with a letter",
            "字母、数字和下划线，以字母开头",
            "id",
        )
        if identifier and identifier == self.marked.data.get("code"):
            self.note(
                (*path, "id"),
                "a step cannot have the code of the whole flow as its id; choose another",
                "环节 id 不能与流程代码相同，请换一个",
            )
        if identifier in self.step_paths:
            self.note((*path, "id"), f"step {identifier!r} is there twice", f"环节“{identifier}”重复")
        self.step_paths[identifier] = path
        name, name_en = self.names(data, path)
        role, lane = self.who(data, path, lanes, declared)
        when = self.text(data, "when", path, longest=2_000) or None
        if when is not None:
            known = facts | {outcome_name(step) for step in before}
            known |= {name for step in before for name in self.set_by.get(step, ())}
            problems = problems_of(when, known) or unknown_outcomes(
                when, known, {outcome_name(step): self.codes[step] for step in before if step in self.codes}
            )
            for english, chinese in problems:
                self.note((*path, "when"), english, chinese)
        rule = StepRule(
            id=identifier,
            name=name,
            name_en=name_en,
            role=role,
            lane=lane,
            term=self.term(data, path),
            ladder=self.text(data, "ladder", path) or None,
            allow=self.allow(data, path),
            outcomes=self.outcomes(data, path),
            form=self.text(data, "form", path) or None,
            note=self.text(data, "note", path),
            not_same_as=self.apart(data, path, before),
            sets=self.named(data, "sets", path),
        )
        self.set_by[identifier] = rule.sets
        self.codes[identifier] = tuple(outcome.code for outcome in rule.outcomes)
        return Step(rule, when)

    def who(
        self, data: dict[str, Any], path: Path, lanes: dict[str, Lane], declared: bool
    ) -> tuple[str, str]:
        who = data.get("who")
        if not isinstance(who, dict):
            self.note(
                (*path, "who"),
                "say who does it: who: {role: window_official, agency: service_center}",
                "请写明由谁办理：who: {role: window_official, agency: service_center}",
            )
            return "", ""
        here: Path = (*path, "who")
        self.known(who, ("role", "agency", "not_same_as"), here)
        role = self.code(
            who, here, CODE, "a role, such as window_official", "角色代码，如 window_official", "role"
        )
        lane = self.code(
            who, here, CODE, "a lane, such as service_center", "泳道代码，如 service_center", "agency"
        )
        if lane and declared and lane not in lanes:
            listed = ", ".join(lanes)
            self.note(
                (*here, "agency"),
                f"{lane!r} is not listed under lanes; there are: {listed}",
                f"“{lane}”未在 lanes 中列出，可选：{listed}",
            )
        elif lane and not declared:
            lanes.setdefault(lane, Lane(lane, lane, ""))
        return role, lane

    def apart(self, data: dict[str, Any], path: Path, before: frozenset[str]) -> tuple[str, ...]:
        """Steps before this one that somebody else has to have done."""
        who = data.get("who")
        value = who.get("not_same_as", []) if isinstance(who, dict) else []
        here: Path = (*path, "who", "not_same_as")
        if not isinstance(value, list):
            self.note(here, "write a list of steps before this one", "应为列表，写之前的环节 id")
            return ()
        for index, each in enumerate(value):
            if each not in before:
                self.note(
                    (*here, index),
                    f"{each!r} is no step before this one",
                    f"“{each}”不是之前的环节",
                )
        return tuple(str(each) for each in value)

    def allow(self, data: dict[str, Any], path: Path) -> tuple[str, ...]:
        value = data.get("allow", [])
        listed = ", ".join(ALLOW)
        if not isinstance(value, list):
            self.note((*path, "allow"), f"write a list of: {listed}", f"应为列表，可选：{listed}")
            return ()
        for index, each in enumerate(value):
            if each not in ALLOW:
                self.note(
                    (*path, "allow", index), f"{each!r} is none of: {listed}", f"“{each}”应为：{listed}"
                )
        return tuple(each for each in ALLOW if each in value)

    def outcomes(self, data: dict[str, Any], path: Path) -> tuple[Outcome, ...]:
        if "outcomes" not in data:
            return (DONE,)
        value = data["outcomes"]
        example = "[{code: accepted, name: 受理}]"
        if not isinstance(value, list) or not value:
            self.note(
                (*path, "outcomes"), f"write at least one outcome: {example}", f"至少写一个结果：{example}"
            )
            return ()
        found: dict[str, Outcome] = {}
        for index, each in enumerate(value):
            here: Path = (*path, "outcomes", index)
            if not isinstance(each, dict):
                self.note(here, f"write outcomes as {example}", f"结果应写为 {example}")
                continue
            self.known(each, ("code", "name", "name_en", "ends"), here)
            code = self.code(each, here, CODE, "small letters, digits and _", "小写字母、数字和下划线")
            name, name_en = self.names(each, here)
            if not isinstance(each.get("ends", False), bool):
                self.note((*here, "ends"), "write true or false", "应为 true 或 false")
            if code in found:
                self.note((*here, "code"), f"outcome {code!r} is there twice", f"结果“{code}”重复")
            found[code] = Outcome(code, name, name_en, each.get("ends") is True)
        if (
            found
            and all(outcome.ends for outcome in found.values())
            and path[-1:] != ()
            and self.followed(path)
        ):
            self.note(
                (*path, "outcomes"),
                "every outcome ends the case, so what follows is never reached; leave out ends: true on one",
                "所有结果都会结束办件，后面的环节永远不会到达；请去掉其中一个的 ends: true",
            )
        return tuple(found.values())

    def followed(self, path: Path) -> bool:
        """Whether something stands after this step, in its sequence or around it."""
        parts: Any = self.marked.data
        for key in path[:-1]:
            parts = parts[key]
        index = path[-1]
        if isinstance(index, int) and index < len(parts) - 1:
            return True
        return len(path) > 2


def _field(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
