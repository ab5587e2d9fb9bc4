"""Evidence beside the decision: each condition with the facts it read when the claim was handed in, as they were
frozen, and what the register says of them today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from yingshang.areas.policies.api import Decided, decide_frozen, decide_one, reason_rows, sources_of
from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import FactValue, portrait, portrait_values
from yingshang.kernel.reference.api import FactDefinition, UnknownFact, get_fact
from yingshang.rules.errors import DomainError
from yingshang.rules.policy.decide import ConditionResult
from yingshang.rules.policy.decide import FactValue as SeenValue
from yingshang.rules.policy.explain import value_text

from ..actions._steps import PLATFORM
from ..assessing.steps import SCORE_FACT
from ..models import Claim
from ..reach import VIEW, not_found

HIDDEN = "＊＊＊"
DECLARED = "企业申报"
"""The source of a frozen fact that the enterprise told itself, as receipts of `policies` write it."""
MATCHES = "policies.view_matches"


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """A fact a condition read: as it was frozen, and as it is today. Empty texts: nothing was, or is, known.

    `told_by_enterprise`: the enterprise declared it, the register says nothing of it. Personal values are stars;
    whether they changed is told all the same.
    """

    column: str
    name: str
    text: str
    source: str
    as_of: date | None
    text_now: str
    source_now: str
    as_of_now: date | None
    changed: bool
    hidden: bool
    told_by_enterprise: bool


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A condition or a group, as decided from the frozen facts; `depth` counts the groups it lies in."""

    id: str
    depth: int
    outcome: str
    text: str
    clause: str
    at_least: int | None
    group: bool
    facts: tuple[EvidenceFact, ...]

    @property
    def changed(self) -> bool:
        """Whether a fact it read is another today."""
        return any(each.changed for each in self.facts)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a claim was decided on. `others` are frozen facts no condition reads: those of the amount.

    `outcome_now` and `amount_now_fen` are what the facts of today come to, for who may see matches; empty and None
    otherwise, and where the item is not in force any more.
    """

    claim_id: int
    rows: tuple[EvidenceRow, ...]
    others: tuple[EvidenceFact, ...]
    outcome: str
    outcome_now: str
    expected_fen: int | None
    amount_now_fen: int | None
    exact_now: bool
    version: int
    version_now: int | None

    @property
    def changed(self) -> int:
        """How many facts are others today."""
        seen = {each.column: each.changed for row in self.rows for each in row.facts}
        seen |= {each.column: each.changed for each in self.others}
        return sum(seen.values())

    @property
    def as_it_was(self) -> bool:
        """Whether the decision stands on facts nobody has changed since, and comes to the same amount."""
        return (
            not self.changed
            and self.outcome_now == "entitled"
            and self.exact_now
            and self.version_now == self.version
            and self.amount_now_fen == self.expected_fen
        )


def evidence_of(*, actor: Actor, claim_id: int, now: datetime) -> Evidence:
    """The evidence of a claim within an official's reach. Needs `claims.view`. Raises ClaimNotFound."""
    rows = Claim.objects.select_related("party__merged_into")
    claim = actor.require(VIEW).filter(rows, region="region_path").filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    return evidence(claim, actor=actor, now=now)


def evidence(claim: Claim, *, actor: Actor, now: datetime) -> Evidence:
    """The same of a claim that is at hand already."""
    frozen: Mapping[str, Mapping[str, Any]] = claim.facts
    day = timezone.localdate(claim.submitted_at or claim.created_at)
    party = claim.enterprise.pk
    decision = None
    if frozen:
        try:
            [decision] = decide_frozen(version_id=claim.version_id, day=day, facts=[frozen])
        except DomainError:
            # The version cannot be decided for that day any more: the facts are shown without their conditions.
            decision = None
    try:
        told = {each.column: each for each in portrait(actor=actor, party_id=party, now=now).facts}
        values = portrait_values(
            scope=actor.require("parties.view"), party_id=party, columns={*frozen, *told}
        )
    except DomainError:
        # Who may not see the enterprise sees what was frozen, and no change.
        told, values = {}, {column: each.get("value") for column, each in frozen.items()}
    known = _Known(frozen, told, values)
    shown = tuple(row for part in decision.reason.parts for row in _rows(part, 0, known)) if decision else ()
    read = {each.column for row in shown for each in row.facts}
    decided = _today(claim, actor, now)
    return Evidence(
        claim_id=claim.pk,
        rows=shown,
        # What experts gave stands beside it with its own page.
        others=tuple(known.fact(column) for column in sorted(frozen) if column not in {*read, SCORE_FACT}),
        outcome=str(decision.outcome) if decision else "",
        outcome_now=decided.outcome if decided else "",
        expected_fen=claim.expected_fen,
        amount_now_fen=decided.certain_fen if decided and decided.exact else None,
        exact_now=bool(decided and decided.exact),
        version=claim.version,
        version_now=decided.version if decided else None,
    )


def grounds_of(claim: Claim, *, now: datetime) -> list[dict[str, Any]]:
    """The conditions that fail by the facts of today, each with what it saw: grounds of a refusal as they are kept.

    None where the facts do not refuse it; then the reason is the official's own. Personal values are stars.
    """
    try:
        decided = decide_one(
            actor=PLATFORM,
            party_id=claim.enterprise.pk,
            code=claim.item_code,
            day=timezone.localdate(now),
            applied_on=claim.applied_on,
        )
        return grounds_in(decided, sources_of(actor=PLATFORM, decided=decided))
    except DomainError:
        return []


def grounds_in(decided: Decided, sources: Mapping[str, FactValue]) -> list[dict[str, Any]]:
    """The same of a decision that is at hand already."""
    if decided.outcome != "refused":
        return []
    grounds = []
    for row in reason_rows(decided, sources):
        if row.outcome != "false" or row.group:
            continue
        read = [each for each in row.facts if each.known]
        days = [each.as_of for each in read if each.as_of]
        grounds.append(
            {
                "condition": row.id,
                "text": row.text,
                "value": "；".join(f"{each.name} {each.text}" for each in read),
                "source": "、".join(dict.fromkeys(each.source for each in read if each.source)),
                "as_of": min(days).isoformat() if days else None,
            }
        )
    return grounds


def _today(claim: Claim, actor: Actor, now: datetime) -> Decided | None:
    if not actor.may(MATCHES):
        return None
    try:
        return decide_one(
            actor=actor,
            party_id=claim.enterprise.pk,
            code=claim.item_code,
            day=timezone.localdate(now),
            applied_on=claim.applied_on,
        )
    except DomainError:
        return None


@dataclass(frozen=True, slots=True)
class _Known:
    """Facts as they were frozen, and as the register has them today."""

    frozen: Mapping[str, Mapping[str, Any]]
    told: Mapping[str, FactValue]
    values: Mapping[str, Any]

    def fact(self, column: str, seen: SeenValue | None = None) -> EvidenceFact:
        base, definition = _definition(column)
        kept, now = self.frozen.get(base), self.told.get(base)
        hidden = definition is not None and definition.sensitivity == "personal"
        # What the enterprise told is no part of its portrait: nothing of it can have changed there.
        own = bool(kept and kept.get("source") == DECLARED)
        of_party = definition is not None and definition.about == "party"
        before = kept.get("value") if kept else None
        text = "" if before is None else HIDDEN if hidden else _text(before, definition)
        if kept is None and seen is not None and definition is not None and not of_party and not hidden:
            text = value_text(seen)
        changed = of_party and not own and before != self.values.get(base)
        if text and now and not changed and not hidden:
            text = now.text
        return EvidenceFact(
            column=base,
            name=seen.name if seen else definition.name if definition else column,
            text=text,
            source=str(kept.get("source") or "") if kept else "",
            as_of=date.fromisoformat(kept["as_of"]) if kept and kept.get("as_of") else None,
            text_now=(HIDDEN if hidden else now.text) if now else "",
            source_now=now.source if now else "",
            as_of_now=now.as_of if now else None,
            changed=changed,
            hidden=hidden,
            told_by_enterprise=own,
        )


def _rows(result: ConditionResult, depth: int, known: _Known) -> Iterator[EvidenceRow]:
    inner = result
    if result.operator == "not" and len(result.parts) == 1:
        # It is told as one condition: what must not be so, and whether that is kept to.
        inner = result.parts[0]
    yield EvidenceRow(
        id=result.id,
        depth=depth,
        outcome=str(result.outcome),
        text=result.clause.text,
        clause=inner.clause.clause or result.clause.clause or "",
        at_least=inner.count if inner.operator == "at least" else None,
        group=bool(inner.parts),
        facts=tuple(known.fact(each.code, each) for each in inner.facts),
    )
    for part in inner.parts:
        yield from _rows(part, depth + 1, known)


def _definition(column: str) -> tuple[str, FactDefinition | None]:
    """The column of the catalogue that a value read belongs to: loans of `loans[1].principal`."""
    base = column.partition("[")[0]
    while base:
        try:
            return base, get_fact(base)
        except UnknownFact:
            base = base.rpartition(".")[0]
    return column, None


def _text(value: Any, definition: FactDefinition | None) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return f"{len(value)} 条"
    unit = (definition.unit or "") if definition else ""
    return f"{value} {unit}".strip()
