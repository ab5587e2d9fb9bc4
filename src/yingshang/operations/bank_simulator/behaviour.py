"""What the simulated bank does with payments, from a YAML file; the same seed gives the same fate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import yaml

from yingshang.areas.claims.banking.errors import BankingError
from yingshang.areas.claims.banking.values import PaymentInstruction, check_account, check_text, fen
from yingshang.rules.errors import DomainError

DOES = ("accept", "reject", "lose", "return")
STATES = ("open", "closed", "blocked")


class BehaviourError(DomainError):
    """The description of the bank cannot be used; `field` names the place."""

    code = "bank_simulator.behaviour"


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to the payments it fits. Of several the first counts; what none fits is accepted."""

    do: str = "accept"
    account: str = "*"
    name: str = "*"
    end_to_end_id: str = "*"
    at_least_fen: int = 0
    at_most_fen: int | None = None
    share: float = 1.0
    """Of the payments the rest of the rule fits."""
    reason: str = ""
    """Why it is rejected or returned: AC01, AC04 …"""
    seconds: float = 0.0
    """Later by so much time."""
    asks: int = 0
    """Later until somebody has asked for answers so often."""
    paid: bool = False
    """Of a lost order: was it carried out all the same?"""
    after_days: int = 1
    """When returned money comes back."""

    def fits(self, instruction: PaymentInstruction) -> bool:
        """Whatever the share."""
        return (
            fnmatchcase(instruction.creditor_account, self.account)
            and fnmatchcase(instruction.creditor_name, self.name)
            and fnmatchcase(instruction.end_to_end_id, self.end_to_end_id)
            and instruction.amount_fen >= self.at_least_fen
            and (self.at_most_fen is None or instruction.amount_fen <= self.at_most_fen)
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """How the bank tells what became of payments."""

    acknowledge: bool = False
    """Says at once, in an answer of its own, that the batch has come."""
    repeat: int = 1
    """Each answer is given so often."""
    out_of_order: bool = False
    lose_share: float = 0.0
    """Answers that are never given, though the payments were made or rejected."""
    most: int = 1000
    """Payments in one answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """How the connection behaves."""

    lose_acknowledgement_share: float = 0.0
    """Takes the batch, and breaks off before saying so."""
    refuse_share: float = 0.0
    """Answers 503 and takes nothing."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account the bank keeps: a payer's with its balance, or a payee's with its state."""

    account: str
    name: str
    balance_fen: int = 0
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The whole description."""

    seed: int = 1
    rules: tuple[Rule, ...] = ()
    answers: Answers = field(default_factory=Answers)
    line: Line = field(default_factory=Line)
    forgets_duplicates: bool = False
    """Pays an order again that comes again in another batch, as a bad bank would."""
    debtors: tuple[KnownAccount, ...] = ()
    """Left out: any account may pay, out of `opening_fen`."""
    opening_fen: int = 100_000_000_000_00
    creditors: tuple[KnownAccount, ...] = ()
    """Payees the bank knows to be closed or blocked, or by another name. All others are taken to be right."""
    day_seconds: float = 0.0
    """A day of the bank lasts so long; 0: as long as everybody's."""

    def rule(self, message_id: str, instruction: PaymentInstruction) -> Rule:
        """The rule that decides about a payment: always the same for one seed, batch and order."""
        for number, rule in enumerate(self.rules):
            if rule.fits(instruction) and self.chance(
                rule.share, "rule", number, message_id, instruction.end_to_end_id
            ):
                return rule
        return Rule()

    def chance(self, share: float, *what: Any) -> bool:
        """Does it happen, this share of the time?"""
        return share >= 1 or (share > 0 and self.draw(*what) < share)

    def draw(self, *what: Any) -> float:
        """A number from 0 to 1 that depends on the seed and the matter alone."""
        text = "|".join(str(each) for each in (self.seed, *what))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / (1 << 56)


def read_behaviour(path: Path) -> Behaviour:
    """A description from its file. Raises BehaviourError, OSError."""
    return parse_behaviour(path.read_text(encoding="utf-8"))


def parse_behaviour(text: str) -> Behaviour:
    """A description from YAML or JSON. Raises BehaviourError."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BehaviourError(f"is no YAML: {error}", message_zh=f"不是有效的 YAML：{error}") from None
    if data is None:
        data = {}
    given = _mapping(data, "")
    rules = tuple(
        _made(Rule, _amounts(_mapping(each, f"rules[{number}]"), "at_least", "at_most"), f"rules[{number}]")
        for number, each in enumerate(_list(given, "rules"))
    )
    for number, rule in enumerate(rules):
        _check_rule(rule, f"rules[{number}]")
    accounts = {
        group: tuple(
            _known(_amounts(_mapping(each, f"{group}[{number}]"), "balance"), f"{group}[{number}]")
            for number, each in enumerate(_list(given, group))
        )
        for group in ("debtors", "creditors")
    }
    answers = _made(Answers, _mapping(given.get("answers") or {}, "answers"), "answers")
    line = _made(Line, _mapping(given.get("line") or {}, "line"), "line")
    for place, value, least in (
        ("answers.repeat", answers.repeat, 1),
        ("answers.most", answers.most, 1),
    ):
        if value < least:
            raise _wrong(place, f"at least {least}", f"至少为 {least}")
    for place, share in (
        ("answers.lose_share", answers.lose_share),
        ("line.lose_acknowledgement_share", line.lose_acknowledgement_share),
        ("line.refuse_share", line.refuse_share),
    ):
        _check_share(share, place)
    rest = {
        key: value
        for key, value in _amounts(given, "opening").items()
        if key not in ("rules", "debtors", "creditors", "answers", "line")
    }
    made = _made(Behaviour, rest, "")
    if made.day_seconds < 0:
        raise _wrong("day_seconds", "not below 0", "不能小于 0")
    return Behaviour(
        seed=made.seed,
        rules=rules,
        answers=answers,
        line=line,
        forgets_duplicates=made.forgets_duplicates,
        debtors=accounts["debtors"],
        opening_fen=made.opening_fen,
        creditors=accounts["creditors"],
        day_seconds=made.day_seconds,
    )


def _wrong(place: str, why: str, why_zh: str) -> BehaviourError:
    return BehaviourError(f"{place}: {why}", message_zh=f"{place}：{why_zh}", field=place)


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _wrong(place or "the file", "names and their values", "须为“名称: 值”")
    return value


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name) or []
    if not isinstance(value, list):
        raise _wrong(name, "a list", "须为列表")
    return value


def _amounts(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Amounts are written in yuan and kept in fen."""
    made = dict(given)
    for name in names:
        if name in made:
            try:
                made[f"{name}_fen"] = fen(str(made.pop(name)), name)
            except BankingError as error:
                raise _wrong(name, error.message, error.message_zh) from None
    return made


Made = TypeVar("Made", Rule, Answers, Line, KnownAccount, Behaviour)
_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "int | None": (int,),
    "float": (int, float),
    "bool": (bool,),
}


def _made(kind: type[Made], given: Mapping[str, Any], place: str) -> Made:
    known = {each.name: str(each.type) for each in fields(kind)}
    for name, value in given.items():
        where = f"{place}.{name}".strip(".")
        if name not in known:
            names = ", ".join(known).replace("_fen", "")
            raise _wrong(where, f"there is no such setting; there are {names}", f"没有此设置；可用：{names}")
        allowed = _KINDS.get(known[name])
        if allowed and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
            raise _wrong(where, f"cannot be {value!r}", f"不能是 {value!r}")
    return kind(**given)


def _check_share(share: float, place: str) -> None:
    if not 0 <= share <= 1:
        raise _wrong(place, f"a share from 0 to 1, not {share}", f"须为 0 至 1 之间的比例，不能是 {share}")


def _check_rule(rule: Rule, place: str) -> None:
    if rule.do not in DOES:
        raise _wrong(
            f"{place}.do", f"one of {', '.join(DOES)}, not {rule.do!r}", f"须为 {'、'.join(DOES)} 之一"
        )
    _check_share(rule.share, f"{place}.share")
    if len(rule.reason) > 4 or (rule.do in ("reject", "return") and not rule.reason):
        raise _wrong(f"{place}.reason", "a code such as AC01", "须为原因代码，例如 AC01")
    if rule.seconds < 0 or rule.asks < 0 or rule.after_days < 0:
        raise _wrong(
            place, "seconds, asks and after_days are not below 0", "seconds、asks、after_days 不能小于 0"
        )


def _known(given: Mapping[str, Any], place: str) -> KnownAccount:
    if "account" not in given or "name" not in given:
        raise _wrong(place, "needs account and name", "须有 account 和 name")
    account = _made(KnownAccount, {**given, "account": str(given["account"])}, place)
    try:
        check_account(f"{place}.account", account.account)
        check_text(f"{place}.name", account.name, 140)
    except BankingError as error:
        raise _wrong(place, error.message, error.message_zh) from None
    if account.state not in STATES:
        raise _wrong(f"{place}.state", f"one of {', '.join(STATES)}", f"须为 {'、'.join(STATES)} 之一")
    return account
