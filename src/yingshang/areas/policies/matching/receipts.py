"""Decisions frozen with everything they took, so that anybody can make them again later and see the same.

A receipt holds the version (which never changes), the day and the facts as they were. `reproduce` decides from these
alone, by the platform as it is then, and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, receipt_code, record
from yingshang.kernel.parties.api import portrait, portrait_values
from yingshang.rules.policy.explain import OUTCOME_WORDS, explain_data, money
from yingshang.rules.policy.population import needed_columns

from ..content import catalogue, program_of
from ..errors import CannotFreeze, ReceiptNotFound
from ..models import DecisionReceipt, PolicyItem
from .declared import feel_facts
from .engine import engine_of
from .live import HIDDEN, Decided, decide_one, hide_personal, is_personal, reach

DECLARED = "企业申报"
"""The source of what an enterprise says of itself."""


@dataclass(frozen=True, slots=True)
class FrozenFact:
    """A fact as a decision saw it: the value as portraits keep it, who said it, and of which day."""

    column: str
    value: Any
    source: str
    as_of: date | None


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A frozen decision. `result` is the explanation as it was given."""

    id: int
    code: str
    party_id: int
    party_name: str
    credit_code: str
    item_code: str
    item_name: str
    version: int
    day: date
    facts: tuple[FrozenFact, ...]
    outcome: str
    certain_fen: int | None
    possible_fen: int | None
    result: Mapping[str, Any]
    digest: str
    event_id: int
    decided_at: datetime
    decided_by_name: str


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A frozen decision made again. `differences` names what came out otherwise; `untouched`: it is what was frozen."""

    receipt: ReceiptView
    outcome: str
    result: Mapping[str, Any]
    differences: tuple[str, ...]
    untouched: bool

    @property
    def same(self) -> bool:
        return self.untouched and not self.differences


@transaction.atomic
def freeze(
    *, actor: Actor, party_id: int, code: str, now: datetime, applied_on: date | None = None
) -> ReceiptView:
    """Decide one item for an enterprise today and keep it with everything it took; one audit event, whose receipt
    anybody can verify. One that has run out since it was applied for is decided as of its last day.

    Raises what `decide_one` raises, and CannotFreeze for an item that cannot be decided for anybody.
    """
    day = timezone.localdate(now)
    decided = decide_one(actor=actor, party_id=party_id, code=code, day=day, applied_on=applied_on)
    day = decided.day
    if decided.decision is None:
        raise CannotFreeze(
            f"{code} cannot be decided on {day}",
            message_zh=f"该事项当日无法判定：{decided.problem}",
            value=code,
        )
    item = PolicyItem.objects.get(pk=decided.item.item_id)
    facts = _facts(actor, decided, now)
    result = decided.explanation()
    digest = digest_of(decided.item.digest, day, facts, decided.outcome, result)
    event = record(
        actor=actor,
        action="policies.decided",
        target=Target(
            "policy_decision",
            f"{code} v{decided.version}",
            _told(decided),
            region_path=item.region_path,
            party_id=decided.party_id,
        ),
        now=now,
        after={
            "item": code,
            "version": decided.version,
            "version_digest": decided.item.digest,
            "day": day,
            "outcome": decided.outcome,
            "certain_fen": decided.certain_fen,
            "possible_fen": decided.possible_fen,
            "digest": digest,
        },
    )
    row = DecisionReceipt.objects.create(
        party_id=decided.party_id,
        version_id=decided.item.version_id,
        day=day,
        facts=facts,
        outcome=decided.outcome,
        certain_fen=decided.certain_fen,
        possible_fen=decided.possible_fen,
        result=result,
        digest=digest,
        event_id=event,
        decided_at=now,
        decided_by_name=actor.name,
    )
    return _view(DecisionReceipt.objects.select_related("party", "version__item").get(pk=row.pk))


def get_receipt(*, actor: Actor, receipt_id: int) -> ReceiptView:
    """A frozen decision on an enterprise within the actor's reach. Raises ReceiptNotFound."""
    return _view(_row(actor, receipt_id))


def receipts_of(*, actor: Actor, party_id: int, code: str = "") -> tuple[ReceiptView, ...]:
    """The frozen decisions on an enterprise, newest first."""
    rows = _visible(actor).filter(party=party_id)
    if code:
        rows = rows.filter(version__item__code=code)
    return tuple(_view(row) for row in rows[:50])


def reproduce(*, actor: Actor, receipt_id: int) -> Reproduction:
    """Make a frozen decision again, from what was frozen and nothing else. Raises ReceiptNotFound."""
    row = _row(actor, receipt_id)
    program = program_of(row.version.source, row.day)
    engine = engine_of(row.day, [(row.version_id, row.version.digest)])
    facts = feel_facts({column: each["value"] for column, each in row.facts.items()})
    decision = engine.rows.decide(program, facts)
    result = explain_data(decision, facts, catalogue())
    hide_personal(result["conditions"])
    again = json.loads(_canonical(result))
    return Reproduction(
        receipt=_view(row),
        outcome=str(decision.outcome),
        result=again,
        differences=tuple(_differences(row.result, again)),
        untouched=row.digest == digest_of(row.version.digest, row.day, row.facts, row.outcome, row.result),
    )


def digest_of(
    version_digest: str, day: date, facts: Mapping[str, Any], outcome: str, result: Mapping[str, Any]
) -> str:
    """What the audit event holds of a receipt: nobody can change one of these without its showing."""
    text = _canonical([version_digest, day, facts, outcome, result])
    return hashlib.sha256(text.encode()).hexdigest()


def _facts(actor: Actor, decided: Decided, now: datetime) -> dict[str, Any]:
    """The facts the decision reads, as far as anything is known of them, with their sources."""
    assert decided.decision is not None
    columns = set(needed_columns([decided.decision.program]))
    values = portrait_values(scope=reach(actor), party_id=decided.party_id, columns=columns)
    known = {each.column: each for each in portrait(actor=actor, party_id=decided.party_id, now=now).facts}
    facts: dict[str, Any] = {}
    for column, value in sorted(values.items()):
        told = known.get(column)
        facts[column] = {
            "value": value,
            "source": told.source if told else "",
            "as_of": told.as_of.isoformat() if told else None,
        }
    for column, row in decided.declared.items():
        facts[column] = {
            "value": row.value,
            "source": DECLARED,
            "as_of": timezone.localdate(row.declared_at).isoformat(),
        }
    return facts


def _told(decided: Decided) -> str:
    """What the receipt says to whoever holds it. Of the enterprise it says nothing."""
    assert decided.decision is not None
    words = [
        f"{decided.code} {decided.name} v{decided.version}",
        OUTCOME_WORDS["zh"][decided.decision.outcome],
    ]
    amount = decided.decision.amount
    if amount is not None and amount.value is not None:
        words.append(f"{money(amount.value)} 元")
    return " · ".join(words)[:200]


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What decides: outcome, amounts, and what every condition came to. Words may have been put better since."""
    for name in ("outcome", "amount", "missing", "payments", "shares", "recipients"):
        if before.get(name) != after.get(name):
            yield name
    one, other = dict(_outcomes(before["conditions"])), dict(_outcomes(after["conditions"]))
    for identifier in sorted(one.keys() | other.keys()):
        if one.get(identifier) != other.get(identifier):
            yield identifier


def _outcomes(conditions: Any) -> Iterator[tuple[str, str]]:
    for each in conditions:
        yield each["id"], each["outcome"]
        yield from _outcomes(each.get("parts") or ())


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _visible(actor: Actor) -> Any:
    condition = reach(actor).condition(region="party__region__path", party="party")
    return DecisionReceipt.objects.filter(condition).select_related("party", "version__item")


def _row(actor: Actor, receipt_id: int) -> DecisionReceipt:
    row: DecisionReceipt | None = _visible(actor).filter(pk=receipt_id).first()
    if row is None:
        raise ReceiptNotFound(
            f"no receipt {receipt_id}", message_zh="没有这份判定凭证，或者您不能查看", value=receipt_id
        )
    return row


def _view(row: DecisionReceipt) -> ReceiptView:
    return ReceiptView(
        id=row.pk,
        code=receipt_code(row.event_id),
        party_id=row.party_id,
        party_name=row.party.name,
        credit_code=row.party.credit_code or "",
        item_code=row.version.item.code,
        item_name=row.version.name,
        version=row.version.number,
        day=row.day,
        facts=tuple(
            FrozenFact(
                column,
                HIDDEN if is_personal(column) else each["value"],
                each["source"],
                date.fromisoformat(each["as_of"]) if each["as_of"] else None,
            )
            for column, each in sorted(row.facts.items())
        ),
        outcome=row.outcome,
        certain_fen=row.certain_fen,
        possible_fen=row.possible_fen,
        result=row.result,
        digest=row.digest,
        event_id=row.event_id,
        decided_at=row.decided_at,
        decided_by_name=row.decided_by_name,
    )
