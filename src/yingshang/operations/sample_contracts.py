"""Contracts of the demonstration: a year of units of four levels, in every state; what is late, with all that follows.

Everything goes through the doors of the area, in one transaction and in the order of time, with sweeps of what is due
between: interrupted, it begins again; repeated, it does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.areas.contracts import api as contracts
from yingshang.kernel.access import api as access
from yingshang.kernel.clock import api as clock
from yingshang.kernel.parties import api as parties
from yingshang.kernel.reference.api import parse_yaml
from yingshang.operations.sample_pictures import picture
from yingshang.processes.arrears.api import report_not_paid

ACTOR = access.system_actor("demonstration")
MORNING = time(8)
ROLES = (
    ("contract_administrator", "合同管理员"),
    ("contract_reviewer", "合同审核员"),
    ("unit_head", "单位负责人"),
)


@cache
def described() -> dict[str, Any]:
    """`data/contracts.yaml`; do not change the result."""
    text = (files(__package__) / "data" / "contracts.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))


@dataclass(slots=True)
class _Case:
    """A contract of the description, and what is known of it once it was written down."""

    words: Mapping[str, Any]
    place: int
    id: int = 0
    # Of each kind the obligations, in the order of the plan.
    obligations: dict[str, list[int]] = field(default_factory=dict)
    cases: dict[int, int] = field(default_factory=dict)
    cancellations: dict[int, int] = field(default_factory=dict)

    def of(self, how: Mapping[str, Any]) -> int:
        """The obligation a step is about."""
        return int(self.obligations[how["of"]][how.get("which", 0)])


@dataclass(frozen=True, slots=True)
class _Step:
    """What is done, and when."""

    at: datetime
    case: _Case
    what: str
    how: Mapping[str, Any]


@transaction.atomic
def load_contracts(enterprises: Mapping[int, int], *, now: datetime) -> bool:
    """Make everything, unless it is there; whether it was made. `enterprises`: those somebody acts for."""
    if contracts.contracts(actor=ACTOR, limit=1, now=now).total:
        return False
    people = _People(enterprises, now)
    told = [*described()["stories"], *_history(people, described()["history"])]
    cases = [_Case(words, place) for place, words in enumerate(told)]
    steps = [step for case in cases for step in _steps_of(case, now)]
    steps += [*_heads(people, now), *_reports(people, now)]
    steps.sort(key=lambda step: step.at)
    mornings = _mornings(now)
    for step in steps:
        while mornings and mornings[0] <= step.at:
            _sweep(mornings.pop(0))
        _DOES[step.what](people, step.case, step.how, step.at)
    for morning in mornings:
        _sweep(morning)
    _empty(people, now)
    _portraits(people, now)
    _sweep(now)
    return True


def _sweep(now: datetime) -> None:
    # In the transaction of everything else here: what a killed run has swept, the next sweeps again.
    sweeper = access.system_actor("deadline-sweeper")
    contracts.watch(actor=sweeper, now=now)
    clock.sweep(actor=sweeper, now=now)


# --- when -------------------------------------------------------------------------------------------------------------


def _mornings(now: datetime) -> list[datetime]:
    """Those on which is swept: every third week, and of the last days each."""
    words = described()
    found = range(words["days"], 0, -1)
    return [
        _at(now, day, MORNING)
        for day in found
        if day <= words["swept_daily"] or day % words["swept_every"] == 0
    ]


def _at(now: datetime, days_ago: int, clock_time: time) -> datetime:
    day = timezone.localdate(now) - timedelta(days=days_ago)
    return datetime.combine(day, clock_time, tzinfo=timezone.get_current_timezone())


def _steps_of(case: _Case, now: datetime) -> Iterator[_Step]:
    """It is written down the day after it was signed, reviewed the day after that, and then what is described."""
    words = case.words
    until = words.get("until", "in_force")
    listed: list[tuple[int, str, Mapping[str, Any]]] = [(words["signed"] - 1, "written", {})]
    if until != "draft":
        listed.append((words["signed"] - 1, "submitted", {}))
    if until == "in_force":
        listed.append((words["signed"] - 2, "registered", {}))
    listed += [(day, what, how) for day, what, how in words["steps"]]
    if until == "submitted" and any(what == "returned" for _day, what, _how in words["steps"]):
        listed.append((min(day for day, _what, _how in words["steps"]) - 1, "submitted", {}))
    for number, (day, what, how) in enumerate(listed):
        begun = sum(1 for each, _, _ in listed[:number] if each == day)
        minute = case.place * 3 % 240 + begun * 7
        yield _Step(_at(now, max(day, 1), time(9)) + timedelta(minutes=minute), case, what, how)


# --- who --------------------------------------------------------------------------------------------------------------


class _People:
    """Who speaks for enterprises, and who deals with contracts; accounts that are missing are made."""

    def __init__(self, enterprises: Mapping[int, int], now: datetime) -> None:
        self.words = described()
        self.now = now
        self.parties = [enterprises[number] for number in sorted(enterprises)]
        self._actors: dict[str, access.Actor] = {}
        self._speak: dict[int, access.Actor] = {}
        self._named: dict[int, parties.PartySummary] = {}
        self.staff = {unit["code"]: list(unit["accounts"]) for unit in self.words["units"]}
        for unit in self.words["units"]:
            for (role, what), username in zip(ROLES, unit["accounts"], strict=True):
                self.appointed(username, f"演示{unit['name']}{what}", role, unit["code"])
        above = self.words["supervising"]
        self.appointed(above["username"], above["name"], "supervisor", above["agency"])
        self._others()

    def user(self, username: str) -> access.Actor:
        """The account of this name."""
        if username not in self._actors:
            number = access.find_account(actor=ACTOR, username=username)[0]
            self._actors[username] = access.actor_by_reference(f"user:{number}")
        return self._actors[username]

    def of_unit(self, code: str, role: int) -> access.Actor:
        """Who holds one of `ROLES` in a unit."""
        return self.user(self.staff[code][role])

    def supervisor_of(self, code: str) -> access.Actor:
        """Who supervises a unit."""
        digits = code.partition("-")[0]
        path = digits if len(digits) > 6 else digits.rstrip("0")
        return self.user(self.words["supervisors"][path])

    def speaks_for(self, party_id: int) -> access.Actor:
        """Who acts for an enterprise: its legal representative, where there is one."""
        if party_id not in self._speak:
            held = access.mandates_of_party(
                actor=ACTOR, party_id=party_id, today=timezone.localdate(self.now)
            )
            may = [each for each in held if "contracts.state_own" in each.powers]
            first = max(may, key=lambda each: (each.legal_representative, -each.user_id))
            self._speak[party_id] = access.actor_by_reference(f"user:{first.user_id}")
        return self._speak[party_id]

    def party(self, place: int) -> Any:
        """An enterprise by its place among those somebody acts for."""
        return parties.get_party(actor=ACTOR, party_id=self.parties[place % len(self.parties)])

    def appointed(self, username: str, name: str, role: str, code: str) -> None:
        """An account with a role in an agency, made unless it is there."""
        try:
            access.find_account(actor=ACTOR, username=username)
        except access.UserNotFound:
            pass
        else:
            return
        agency = agency_of(code)
        user_id = access.create_user(
            actor=ACTOR,
            username=username,
            name=name,
            agency_id=agency,
            email=f"{username}@example.org",
            now=self.now,
        )
        access.appoint(
            actor=ACTOR,
            user_id=user_id,
            role=role,
            agency_id=agency,
            valid_from=timezone.localdate(self.now) - timedelta(days=self.words["days"] + 30),
            now=self.now,
        )

    def _others(self) -> None:
        """Enterprises whose contacts the demonstration of appeals has made."""
        for number in range(1, 13):
            try:
                user_id = access.find_account(actor=ACTOR, username=f"appellant{number}")[0]
            except access.UserNotFound:
                return
            actor = access.actor_by_reference(f"user:{user_id}")
            self.parties += [each.party_id for each in actor.mandates if each.party_id not in self.parties]


@cache
def agency_of(code: str) -> int:
    """The number of an agency by its code."""
    found = parties.agencies(actor=ACTOR, text=code, per_page=50).rows
    return next(each.id for each in found if each.code == code)


# --- what is done -----------------------------------------------------------------------------------------------------


def _written(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    words, plan = case.words, people.words["plans"][case.words["plan"]]
    party = people.party(words["who"])
    signed = timezone.localdate(at) - timedelta(days=1)
    ends = signed + timedelta(days=plan["days"])
    yuan = words.get("yuan")
    case.id = contracts.write_contract(
        actor=people.of_unit(words["unit"], 0),
        agency_id=agency_of(words["unit"]),
        fields=contracts.ContractFields(
            title=f"演示：{words['title']}",
            kind=plan["kind"],
            signed_on=signed,
            counterparty_name=party.name,
            counterparty_code=party.credit_code or "",
            counterparty_size=words.get("size", "small"),
            amount_fen=None if yuan is None else yuan * 100,
            reference=f"演示合〔{signed.year}〕{case.place + 1}号",
            starts_on=signed,
            ends_on=ends,
        ),
        rules=plan["rules"],
        demonstration=True,
        now=at,
    )
    found = contracts.contract(actor=ACTOR, contract_id=case.id, now=at).obligations
    for each in sorted(found, key=lambda one: one.ordinal):
        case.obligations.setdefault(each.kind, []).append(each.id)


def _submitted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.submit_contract(actor=people.of_unit(case.words["unit"], 0), contract_id=case.id, now=at)


def _returned(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    reviewer = people.of_unit(case.words["unit"], 1)
    contracts.return_contract(actor=reviewer, contract_id=case.id, reason=how["reason"], now=at)


def _registered(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.register_contract(
        actor=people.of_unit(case.words["unit"], 1),
        contract_id=case.id,
        reason=case.words.get("why_bare", ""),
        now=at,
    )


def _unit_said(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    _said(contracts.record_performance, people.of_unit(case.words["unit"], 0), case, how, at)


def _own_said(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    _said(contracts.record_own, _enterprise(people, case), case, how, at)


def _said(
    record: Callable[..., int], actor: access.Actor, case: _Case, how: Mapping[str, Any], at: datetime
) -> None:
    number, amount = case.of(how), how.get("yuan")
    record(
        actor=actor,
        obligation_id=number,
        what=how["what"],
        happened_on=timezone.localdate(at),
        amount_fen=_whole(case, number, at) if how.get("full") else None if amount is None else amount * 100,
        note=how.get("note", ""),
        now=at,
    )


def _whole(case: _Case, obligation_id: int, at: datetime) -> int:
    """All that is open, with the interest of the day."""
    found = contracts.contract(actor=ACTOR, contract_id=case.id, now=at).obligations
    one = next(each for each in found if each.id == obligation_id)
    return one.open_fen + (one.interest_fen or 0)


def _enterprise(people: _People, case: _Case) -> access.Actor:
    return people.speaks_for(people.parties[case.words["who"] % len(people.parties)])


def _event(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.record_event(
        actor=people.of_unit(case.words["unit"], 0),
        contract_id=case.id,
        event=how["event"],
        happened_on=timezone.localdate(at),
        now=at,
    )


def _supplement(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    ends = contracts.contract(actor=ACTOR, contract_id=case.id, now=at).ends_on
    assert ends is not None
    number = contracts.propose_supplement(
        actor=people.of_unit(case.words["unit"], 0),
        contract_id=case.id,
        title=how["title"],
        signed_on=timezone.localdate(at),
        reason=how["reason"],
        changes={"ends_on": ends + timedelta(days=how["days"])},
        now=at,
    )
    contracts.decide_supplement(
        actor=people.of_unit(case.words["unit"], 1), supplement_id=number, approved=True, now=at
    )


def _terminated(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.terminate_contract(
        actor=people.of_unit(case.words["unit"], 1),
        contract_id=case.id,
        reason=how["reason"],
        terminated_on=timezone.localdate(at),
        now=at,
    )


def _completed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.complete_contract(actor=people.of_unit(case.words["unit"], 1), contract_id=case.id, now=at)


def _suspended(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    reviewer = people.of_unit(case.words["unit"], 1)
    contracts.suspend_contract(actor=reviewer, contract_id=case.id, reason=how["reason"], now=at)


def _voided(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    reviewer = people.of_unit(case.words["unit"], 1)
    contracts.void_contract(actor=reviewer, contract_id=case.id, reason=how["reason"], now=at)


def _notice_answered(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    found = contracts.contract(actor=ACTOR, contract_id=case.id, now=at).notices
    number = case.of(how)
    notice = next(each.id for each in found if each.obligation_id == number and each.state == "sent")
    contracts.answer_notice(
        actor=people.of_unit(case.words["unit"], 2),
        notice_id=notice,
        answer=how["answer"],
        promised_on=timezone.localdate(at) + timedelta(days=how["promised_in"]),
        now=at,
    )


def _case_opened(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    number = case.of(how)
    case.cases[number] = contracts.open_case(
        actor=people.supervisor_of(case.words["unit"]), obligation_id=number, grounds=how["grounds"], now=at
    )


def _case_step(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.add_case_step(
        actor=people.supervisor_of(case.words["unit"]),
        case_id=case.cases[case.of(how)],
        what=how["what"],
        text=how["text"],
        now=at,
    )


def _case_found(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.record_finding(
        actor=people.supervisor_of(case.words["unit"]),
        case_id=case.cases[case.of(how)],
        finding=how["finding"],
        now=at,
    )


def _transferred(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.transfer_case(
        actor=people.supervisor_of(case.words["unit"]),
        case_id=case.cases[case.of(how)],
        body=how["body"],
        evaluation=how["evaluation"],
        to_agency_id=agency_of(how["to"]) if "to" in how else None,
        to_name=how.get("to_name", ""),
        now=at,
    )


def _cancellation_asked(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    actor, number = people.of_unit(case.words["unit"], 0), case.of(how)
    evidence = contracts.add_evidence(
        actor=actor, obligation_id=number, content=picture(case.place % 2 + 1), name="支付凭证.png", now=at
    )
    case.cancellations[number] = contracts.ask_cancellation(
        actor=actor, obligation_id=number, statement=how["statement"], document_ids=[evidence], now=at
    )


def _cancellation_confirmed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.confirm_cancellation(
        actor=_enterprise(people, case), cancellation_id=case.cancellations[case.of(how)], now=at
    )


def _cancellation_refused(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    contracts.refuse_cancellation(
        actor=_enterprise(people, case),
        cancellation_id=case.cancellations[case.of(how)],
        reason=how["reason"],
        now=at,
    )


def _not_paid(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    report_not_paid(
        actor=_enterprise(people, case), obligation_id=case.of(how), note=how.get("note", ""), now=at
    )


def _head(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    unit = how["unit"]
    if "name" in how:
        people.appointed(how["user"], how["name"], "unit_head", unit)
    user = people.user(how["user"])
    number = contracts.appoint_head(
        actor=people.supervisor_of(unit),
        agency_id=agency_of(unit),
        user_id=int(user.identifier),
        since=timezone.localdate(at),
        now=at,
    )
    if how.get("accepted"):
        contracts.accept_hand_over(actor=user, hand_over_id=number, now=at + timedelta(hours=2))
    elif "remark" in how:
        before = people.of_unit(unit, 2)
        contracts.hand_over(
            actor=before, hand_over_id=number, remark=how["remark"], now=at + timedelta(hours=1)
        )


def _reports(people: _People, now: datetime) -> list[_Step]:
    words = people.words["reported"]
    return [_Step(_at(now, words["days_ago"], time(7)), _Case({}, 0), "reported", words)]


def _reported(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    """What a system sends is in force at once, with what it says was performed."""
    words = {**people.words["history"], **how}
    today = timezone.localdate(people.now)
    found = []
    for number, told in enumerate(_history(people, words)):
        plan = people.words["plans"][told["plan"]]
        party = people.party(told["who"] + 3)
        signed = today - timedelta(days=told["signed"])
        found.append(
            contracts.Incoming(
                row=number + 1,
                unit=told["unit"],
                source_reference=f"DEMO-{number + 1:04d}",
                fields=contracts.ContractFields(
                    title=f"演示：{told['title']}",
                    kind=plan["kind"],
                    signed_on=signed,
                    counterparty_name=party.name,
                    counterparty_code=party.credit_code or "",
                    counterparty_size=told["size"],
                    amount_fen=told["yuan"] * 100,
                    starts_on=signed,
                    ends_on=signed + timedelta(days=plan["days"]),
                ),
                rules=tuple(plan["rules"]),
                performances=tuple(_performances(plan, told, how["days_ago"], today)),
            )
        )
    done = contracts.gather_contracts(actor=ACTOR, contracts=found, name=how["name"], now=at)
    if done.problems:
        raise ValueError(done.problems[0].message)


def _performances(
    plan: Mapping[str, Any], told: Mapping[str, Any], until: int, today: date
) -> Iterator[contracts.SaidPerformance]:
    """What was performed by the day of the report. That money has come the enterprise alone says; that it was paid the
    unit says by its system, late without the interest: so much is owed still.
    """
    for day, what, how in told["steps"]:
        if what == "completed":
            continue
        kinds = [number for number, rule in enumerate(plan["rules"]) if rule["kind"] == how["of"]]
        rule = kinds[how.get("which", 0)]
        paid = plan["rules"][rule]["kind"] == "pay"
        if day < until or (paid and what == "own"):
            continue
        side = "counterparty" if what == "own" else "unit"
        share = Decimal(plan["rules"][rule].get("share", "0"))
        amount = int(share * told["yuan"] * 100) if paid else None
        yield contracts.SaidPerformance(rule, side, "done", today - timedelta(days=day), amount)


_DOES: Mapping[str, Callable[[_People, _Case, Mapping[str, Any], datetime], None]] = {
    "written": _written,
    "submitted": _submitted,
    "returned": _returned,
    "registered": _registered,
    "unit": _unit_said,
    "own": _own_said,
    "event": _event,
    "supplement": _supplement,
    "terminated": _terminated,
    "suspended": _suspended,
    "completed": _completed,
    "voided": _voided,
    "notice_answered": _notice_answered,
    "case": _case_opened,
    "case_step": _case_step,
    "case_found": _case_found,
    "transferred": _transferred,
    "ask_cancellation": _cancellation_asked,
    "confirm_cancellation": _cancellation_confirmed,
    "refuse_cancellation": _cancellation_refused,
    "not_paid": _not_paid,
    "head": _head,
    "reported": _reported,
}


def _heads(people: _People, now: datetime) -> list[_Step]:
    """Who answers for units, since when."""
    nothing = _Case({}, 0)
    return [
        _Step(_at(now, words["days_ago"], time(16)), nothing, "head", words)
        for words in people.words["heads"]
    ]


def _empty(people: _People, now: datetime) -> None:
    """A unit that has signed nothing in the last quarter says so."""
    words = people.words["empty"]
    today = timezone.localdate(now)
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    last = first - timedelta(days=1)
    contracts.declare_none(
        actor=people.of_unit(words["unit"], 0),
        agency_id=agency_of(words["unit"]),
        year=last.year,
        quarter=(last.month - 1) // 3 + 1,
        note=words["note"],
        now=now - timedelta(minutes=5),
    )


def _portraits(people: _People, now: datetime) -> None:
    words = people.words["portraits"]
    contracts.publish_portraits(
        actor=people.user(words["by"]),
        region_path=words["region"],
        until=timezone.localdate(now) - timedelta(days=words["days_ago"]),
        now=now - timedelta(minutes=4),
    )


# --- what went its way ------------------------------------------------------------------------------------------------


def _history(people: _People, words: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Contracts of the year, one unit and one enterprise after the other; most are paid in time."""
    chance = Random(words["seed"] + words["count"])
    units = [unit["code"] for unit in people.words["units"]]
    silent = people.words["empty"]["unit"]
    for number in range(words["count"]):
        plan = chance.choice(words["plans"])
        signed = chance.randint(words["to_day"], words["from_day"])
        unit = units[number % len(units)]
        # Of the last two quarters it has nothing: in one of them it says that it signed none.
        if unit == silent and signed < 190:
            signed = 190 + signed
        titles = words["titles"][plan]
        yield {
            "unit": unit,
            "who": number,
            "plan": plan,
            "title": f"{titles[number % len(titles)]}（{number + 1}）",
            "yuan": chance.choice(words["yuan"]),
            "size": chance.choice(words["sizes"]),
            "signed": signed,
            "steps": list(_way(chance, plan, signed, people.words)),
        }


def _way(chance: Random, plan: str, signed: int, words: Mapping[str, Any]) -> Iterator[list[Any]]:
    """What became of a contract, as far as that lies before today."""
    behaviours = words["history"]["behaviours"]
    behaviour = chance.choices(list(behaviours), list(behaviours.values()))[0]
    late = chance.choice(words["history"]["late_days"])
    steps: list[list[Any]] = []

    def pay(which: int, ready: int, term: int) -> None:
        if behaviour == "unpaid":
            return
        took = chance.randint(6, term - 4) if behaviour == "on_time" else term + late
        steps.append([ready - took, "unit", {"of": "pay", "which": which, "what": "done", "full": True}])
        if chance.random() < 0.4:
            steps.append([ready - took - 2, "own", {"of": "pay", "which": which, "what": "done"}])

    if plan == "grant":
        pay(0, signed, 30)
    else:
        delivered = signed - words["plans"][plan]["days"] + chance.randint(1, 12)
        accepted = delivered - chance.randint(1, 6)
        if plan == "works":
            pay(0, signed, 30)
        steps.append([delivered, "own", {"of": "deliver", "what": "done"}])
        steps.append([accepted, "unit", {"of": "deliver", "what": "done"}])
        steps.append([accepted, "unit", {"of": "accept", "what": "done"}])
        pay(1 if plan == "works" else 0, accepted, 60 if plan == "works" else 30)
        if plan == "goods" and behaviour != "unpaid":
            steps.append([min(day for day, _what, _how in steps) - 3, "completed", {}])
    yield from (step for step in steps if step[0] >= 1)
