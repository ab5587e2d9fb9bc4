"""What a bank's statuses and reasons mean, from data/status_reasons.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from yingshang.areas.claims.banking.errors import UnknownStatus

Level = Literal["group", "transaction"]


class Outcome(StrEnum):
    """What a status means for the money."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    PENDING = "pending"
    PARTIAL = "partial"
    SETTLED = "settled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Nothing else is to be expected of the bank, but a return of the money."""
        return self in (Outcome.SETTLED, Outcome.REJECTED)


class Mender(StrEnum):
    """Who can mend what a reason names. NOBODY: the payment must not be made again."""

    ENTERPRISE = "enterprise"
    AGENCY = "agency"
    BANK = "bank"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Status:
    """A status of the lists."""

    code: str
    outcome: Outcome
    levels: frozenset[str]
    name: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason of the lists, or one that no list has: kept under its code, and nobody knows who mends it."""

    code: str
    mended_by: Mender
    name: str
    name_zh: str
    advice_zh: str


@cache
def _data() -> dict[str, Any]:
    text = files(__package__).joinpath("data/status_reasons.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def statuses() -> dict[str, Status]:
    """Every status by its code."""
    return {
        each["code"]: Status(
            each["code"], Outcome(each["outcome"]), frozenset(each["level"]), each["name"], each["name_zh"]
        )
        for each in _data()["statuses"]
    }


@cache
def reasons() -> dict[str, Reason]:
    """Every reason we explain by its code."""
    return {
        each["code"]: Reason(
            each["code"], Mender(each["mended_by"]), each["name"], each["name_zh"], each["advice_zh"]
        )
        for each in _data()["reasons"]
    }


def outcome(status: str, *, level: Level) -> Outcome:
    """What a status means for the money. Raises UnknownStatus: that is never guessed."""
    found = statuses().get(status)
    if found is None or level not in found.levels:
        known = ", ".join(code for code, each in statuses().items() if level in each.levels)
        raise UnknownStatus(
            f"{status!r} is no status of a {level}; known are {known}",
            message_zh=f"{status!r} 不是已知的状态；已知：{known}",
            field="status",
            status=status,
        )
    return found.outcome


def reason(code: str) -> Reason:
    """What a reason means. One of a bank's own is kept, unexplained."""
    found = reasons().get(code)
    if found is not None:
        return found
    if not code:
        return Reason("", Mender.UNKNOWN, "The bank gave no reason", "银行未给出原因", "请与银行核实")
    return Reason(code, Mender.UNKNOWN, f"Reason {code} of the bank", f"银行原因代码 {code}", "请与银行核实")


def mender(code: str) -> Mender:
    """Who can mend what the reason names."""
    return reason(code).mended_by
