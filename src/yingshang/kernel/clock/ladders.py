"""Ladders as documents: what happens when, around a due date. Pure: reading them, and laying one over a due date."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

from yingshang.kernel.reference.api import parse_yaml

from .calendars import Calendar, Language
from .errors import InvalidLadder, Mistake
from .terms import ZONE

Action = Literal["remind", "warn", "escalate", "supervise"]
Audience = Literal["holder", "agency", "supervisor", "leader"]
OffsetUnit = Literal["working_days", "days", "hours"]

ACTIONS: tuple[Action, ...] = get_args(Action)
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
OFFSET_UNITS: tuple[OffsetUnit, ...] = get_args(OffsetUnit)

MORNING = time(9, 0)
"""When a rung that stands on a day fires, unless it says so itself: when offices are open."""

FURTHEST: Mapping[OffsetUnit, int] = {"working_days": 500, "days": 730, "hours": 24 * 60}
MOST_RUNGS = 20

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_FIELDS = {"code", "name", "name_en", "offset", "at", "action", "to"}


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: so far from the due date, this is done, for these."""

    code: str
    name: str
    name_en: str
    amount: int
    unit: OffsetUnit
    at: time
    action: Action
    to: tuple[Audience, ...]

    def named(self, language: Language) -> str:
        """The name in a language."""
        return self.name if language == "zh" else self.name_en

    def as_dict(self) -> dict[str, Any]:
        """What `read_rungs` reads."""
        written = {
            "code": self.code,
            "name": self.name,
            "name_en": self.name_en,
            "offset": {self.unit: self.amount},
            "action": self.action,
            "to": list(self.to),
        }
        return written if self.unit == "hours" else written | {"at": f"{self.at:%H:%M}"}

    def moment(self, due_at: datetime, calendar: Calendar) -> datetime:
        """When it fires for this due moment. Raises OutsideCalendar."""
        if self.unit == "hours":
            return due_at + timedelta(hours=self.amount)
        due_on = due_at.astimezone(ZONE).date()
        if self.unit == "days":
            day = due_on + timedelta(days=self.amount)
        else:
            day = calendar.add_working_days(due_on, self.amount) if self.amount else due_on
        moment = datetime.combine(day, self.at, ZONE)
        # What stands on the due day or before it never comes after the due moment, nor what stands after it before.
        return min(moment, due_at) if self.amount <= 0 else max(moment, due_at)


@dataclass(frozen=True, slots=True)
class Step:
    """A rung with its moment."""

    at: datetime
    rung: Rung


def schedule(rungs: Sequence[Rung], due_at: datetime, calendar: Calendar) -> tuple[Step, ...]:
    """The rungs in the order in which they come, each with its moment. Raises OutsideCalendar."""
    steps = [Step(rung.moment(due_at, calendar), rung) for rung in rungs]
    return tuple(sorted(steps, key=lambda step: step.at))


def read_rungs(written: Any) -> tuple[Rung, ...]:
    """Rungs as people write them. Raises InvalidLadder with everything that is wrong."""
    if not isinstance(written, Sequence) or isinstance(written, str | bytes) or not written:
        raise _invalid([Mistake("rungs", "write at least one rung", "至少要有一个梯级")])
    if len(written) > MOST_RUNGS:
        raise _invalid(
            [
                Mistake(
                    "rungs", f"more than {MOST_RUNGS} rungs; write fewer", f"超过{MOST_RUNGS}个梯级，请减少"
                )
            ]
        )
    mistakes: list[Mistake] = []
    rungs: list[Rung] = []
    for number, row in enumerate(written, 1):
        rung = _read_rung(number, row, mistakes)
        if rung is not None:
            if any(rung.code == other.code for other in rungs):
                mistakes.append(
                    Mistake(
                        _where(number, rung.code),
                        f"there is another rung {rung.code!r}; give it another code",
                        f"代码“{rung.code}”重复，请改用其他代码",
                    )
                )
            rungs.append(rung)
    if mistakes:
        raise _invalid(mistakes)
    return tuple(rungs)


def _read_rung(number: int, row: Any, mistakes: list[Mistake]) -> Rung | None:
    if not isinstance(row, Mapping):
        mistakes.append(Mistake(_where(number), "a rung is a table of fields", "梯级应当是一组字段"))
        return None
    code = row.get("code")
    where = _where(number, code)
    found = len(mistakes)

    def wrong(message: str, message_zh: str) -> None:
        mistakes.append(Mistake(where, message, message_zh))

    for field in sorted(set(map(str, row)) - _FIELDS):
        wrong(f"there is no field {field!r}", f"没有字段“{field}”")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        wrong(
            "its code is small Latin letters, digits and _, at most 40",
            "代码只能用小写字母、数字和下划线，以字母开头，最多40个字符",
        )
    for field, word in (("name", "中文名称"), ("name_en", "英文名称")):
        value = row.get(field)
        if not isinstance(value, str) or not value.strip() or len(value) > 80:
            wrong(f"its {field} is missing, or longer than 80 characters", f"缺少{word}，或超过80个字符")
    amount, unit = _offset(row.get("offset"), wrong)
    at = _time(row.get("at"), unit, wrong)
    action = row.get("action")
    if action not in ACTIONS:
        wrong(f"its action is one of {', '.join(ACTIONS)}", f"动作应为以下之一：{'、'.join(ACTIONS)}")
    to = row.get("to")
    whom = to if isinstance(to, Sequence) and not isinstance(to, str) else ()
    if not whom or any(each not in AUDIENCES for each in whom) or len(set(whom)) != len(whom):
        wrong(f"it is for some of {', '.join(AUDIENCES)}", f"对象应从以下选取：{'、'.join(AUDIENCES)}")
    if len(mistakes) > found:
        return None
    return Rung(
        code=str(code),
        name=row["name"].strip(),
        name_en=row["name_en"].strip(),
        amount=amount,
        unit=unit,
        at=at,
        action=cast(Action, action),
        to=tuple(whom),
    )


def _offset(written: Any, wrong: Any) -> tuple[int, OffsetUnit]:
    if isinstance(written, Mapping) and len(written) == 1:
        [(unit, amount)] = written.items()
        whole = isinstance(amount, int) and not isinstance(amount, bool)
        if unit in OFFSET_UNITS and whole and abs(amount) <= FURTHEST[cast(OffsetUnit, unit)]:
            return amount, cast(OffsetUnit, unit)
    most = ", ".join(f"{unit} up to {FURTHEST[unit]}" for unit in OFFSET_UNITS)
    wrong(
        f"its offset is one unit with a whole number, e.g. {{working_days: -5}} ({most})",
        "距到期日的间隔应为一个单位和整数，例如 {working_days: -5}（"
        f"工作日最多{FURTHEST['working_days']}，自然日最多{FURTHEST['days']}，小时最多{FURTHEST['hours']}）",
    )
    return 0, "days"


def _time(written: Any, unit: OffsetUnit, wrong: Any) -> time:
    if written is None or written == "":
        return MORNING
    if unit == "hours":
        wrong("an offset in hours has no time of day; leave `at` out", "按小时计算的间隔不写时刻，请去掉")
        return MORNING
    match = _TIME.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        wrong('its time of day is written "09:00"', "时刻请写成“09:00”的形式")
        return MORNING
    return time(int(match[1]), int(match[2]))


def _where(number: int, code: Any = None) -> str:
    return f"rung {number} ({code})" if isinstance(code, str) and code else f"rung {number}"


def _invalid(mistakes: Sequence[Mistake]) -> InvalidLadder:
    return InvalidLadder("this ladder cannot be used", "提醒阶梯不能使用", mistakes)


@dataclass(frozen=True, slots=True)
class LadderDocument:
    """A ladder as people write it."""

    code: str
    name: str
    name_en: str
    source: str
    rungs: tuple[Rung, ...]


def read_ladder(written: Any) -> LadderDocument:
    """A ladder as people write it. Raises InvalidLadder with everything that is wrong."""
    if not isinstance(written, Mapping):
        raise _invalid([Mistake("ladder", "a ladder is a table of fields", "提醒阶梯应当是一组字段")])
    mistakes: list[Mistake] = []
    code = written.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        mistakes.append(
            Mistake(
                "code",
                "the code is small Latin letters, digits and _, at most 40",
                "代码只能用小写字母、数字和下划线，以字母开头，最多40个字符",
            )
        )
    for field, word in (("name", "中文名称"), ("name_en", "英文名称")):
        value = written.get(field)
        if not isinstance(value, str) or not value.strip() or len(value) > 80:
            mistakes.append(
                Mistake(field, "missing, or longer than 80 characters", f"缺少{word}，或超过80个字符")
            )
    source = written.get("source") or ""
    if not isinstance(source, str) or len(source) > 400:
        mistakes.append(Mistake("source", "at most 400 characters", "依据最多400个字符"))
    rungs: tuple[Rung, ...] = ()
    try:
        rungs = read_rungs(written.get("rungs"))
    except InvalidLadder as error:
        mistakes.extend(error.mistakes)
    if mistakes:
        raise _invalid(mistakes)
    return LadderDocument(
        str(code), written["name"].strip(), written["name_en"].strip(), str(source).strip(), rungs
    )


@cache
def default_ladders() -> tuple[LadderDocument, ...]:
    """The ladders a new platform begins with: data/ladders.yaml."""
    text = (files(__package__) / "data" / "ladders.yaml").read_text(encoding="utf-8")
    return tuple(read_ladder(row) for row in parse_yaml(text))
