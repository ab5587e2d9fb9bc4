"""What the actions of portraits share: the event, the portrait that takes another's place, clocks, what is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import (
    DeadlineView,
    Owner,
    Term,
    get_deadline,
    meet_deadline,
    start_deadline,
)
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import code_of_path, find_region

from ...errors import InvalidStep, NotApart
from ...models import Obligation, PublishedPortrait
from ..reach import name_of
from ..replay import level_of, portrait_of, read_fact, read_figures
from ..rules import portrait_rules
from ..telling import PLATFORM

LONGEST = 1000


def needed(text: str, field: str) -> str:
    """What somebody wrote, which has to be there and of a bearable length. Raises InvalidStep."""
    text = text.strip()
    if not text:
        raise InvalidStep("say why", message_zh="请写明理由", field=field)
    if len(text) > LONGEST:
        raise InvalidStep(
            f"{len(text)} characters; write at most {LONGEST}",
            message_zh=f"共 {len(text)} 字，最多 {LONGEST} 字",
            field=field,
        )
    return text


def note(
    row: PublishedPortrait,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    after: Mapping[str, Any],
) -> int:
    """The audit event `contracts.<what>` of a portrait; its number."""
    return record(
        actor=actor,
        action=f"contracts.{what}",
        target=Target(
            "contract_portrait",
            str(row.pk),
            f"{name_of(row)} {row.until}"[:200],
            region_path=row.region_path,
            agency_id=row.agency_id,
            party_id=row.party_id,
        ),
        now=now,
        after=dict(after),
        reason=reason[:400],
    )


def current_of(row: PublishedPortrait) -> PublishedPortrait:
    """The portrait that stands in this one's place now, locked."""
    while row.replaced_by_id is not None:
        rows = PublishedPortrait.objects.select_for_update(of=("self",)).select_related("agency", "party")
        row = rows.get(pk=row.replaced_by_id)
    return row


def versions_of(row: PublishedPortrait) -> QuerySet[PublishedPortrait]:
    """The portrait with those of the same time whose place it took, or that took its."""
    return PublishedPortrait.objects.filter(
        subject_kind=row.subject_kind, agency=row.agency_id, party=row.party_id, until=row.until
    )


def counted_in(row: PublishedPortrait, obligation_id: int) -> bool:
    """Whether a portrait counts an obligation."""
    return any(each[0] == obligation_id for each in row.facts) and obligation_id not in row.left_out


def replace_portrait(row: PublishedPortrait, obligation_id: int, *, actor: Actor, now: datetime) -> int:
    """A newer portrait of the same time that leaves an obligation out; the number of it.

    Counted from the facts as they were published, by the rules of today; how others stood stays as it was.
    """
    old = current_of(row)
    rules = portrait_rules()
    left_out = sorted({*old.left_out, obligation_id})
    facts = [fact for fact in map(read_fact, old.facts) if fact.obligation_id not in left_out]
    figures = portrait_of(facts, rules, since=old.since, until=old.until)
    new = PublishedPortrait.objects.create(
        subject_kind=old.subject_kind,
        agency_id=old.agency_id,
        party_id=old.party_id,
        region_path=old.region_path,
        since=old.since,
        until=old.until,
        figures=figures.written() | {"peers": read_figures(old.figures).written()["peers"]},
        facts=old.facts,
        level=level_of(figures, rules).code,
        rules_version=rules.version,
        left_out=left_out,
        published_at=now,
        published_by_name=actor.name,
    )
    PublishedPortrait.objects.filter(pk=old.pk).update(replaced_by=new)
    return int(new.pk)


def start_clock(
    owner: str, number: int, row: PublishedPortrait, name: str, name_en: str, term: Term, *, now: datetime
) -> DeadlineView:
    """Until when somebody decides."""
    region = find_region(code_of_path(row.region_path[:6]))
    return start_deadline(
        actor=PLATFORM,
        owner=Owner(owner, str(number)),
        kind="step",
        name=f"{name}：{name_of(row)}",
        name_en=f"{name_en}: {name_of(row)}",
        term=term,
        started_at=now,
        region_code=region.code if region else "000000",
        agency_id=None,
        party_id=row.party_id,
        ladder=portrait_rules().ladder,
        now=now,
        start_event={"zh": "提出", "en": "asked"},
    )


def meet_clock(deadline_id: int | None, *, now: datetime) -> None:
    """It has been decided."""
    if deadline_id is not None and get_deadline(deadline_id).state == "running":
        meet_deadline(actor=PLATFORM, deadline_id=deadline_id, now=now)


def ensure_another(actor: Actor, user_id: int | None, value: int) -> None:
    """That who decides has not asked for it. Raises NotApart."""
    if actor.kind == "user" and user_id is not None and str(user_id) == actor.identifier:
        raise NotApart(
            "who asked for it does not decide on it", message_zh="提出的人不能决定自己提出的事项", value=value
        )


def user_of(actor: Actor) -> int | None:
    """The number of somebody's account; None for what is no person."""
    return int(actor.identifier) if actor.kind == "user" else None


def title_of(obligation: Obligation) -> str:
    """How messages call an obligation: what is not open by its number alone."""
    contract = obligation.contract
    title = obligation.title if contract.secrecy == "open" else str(obligation.ordinal)
    return f"{contract.number} {title}"
