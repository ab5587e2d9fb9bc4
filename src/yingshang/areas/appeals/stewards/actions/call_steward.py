"""What an enterprise does with its steward: asks them to get in touch, and says how content it is with a visit."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.clock.api import Owner, start_deadline

from ...actions._steps import bounded, needed
from ...clocks import region_code_of
from ...desks import PLATFORM
from ...errors import InvalidStep, NotPossibleNow
from ...models import StewardCall, Stewardship, Visit
from ...reach import OWN, own_party
from ..calls import CALLS
from ..reach import not_found
from ..rules import steward_rules
from ..telling import tell_managers, tell_stewards
from .keep_stewards import note_stewardship


@transaction.atomic
def call_steward(*, actor: Actor, party_id: int, words: str, now: datetime) -> int:
    """Ask the steward of one's own enterprise to get in touch, once at a time; a clock runs until they have. The number
    of the request.

    Raises NotAllowed, PartyNotFound, StepNotFound, InvalidStep, NotPossibleNow.
    """
    party_id = own_party(actor, party_id)
    needed(words, "words")
    row = (
        Stewardship.objects.select_for_update(of=("self",))
        .select_related("party")
        .filter(party__in=entries_of(party_id), until__isnull=True)
        .first()
    )
    if row is None:
        raise not_found(party_id)
    waiting = row.calls.filter(state="open").first()
    if waiting is not None:
        raise NotPossibleNow(
            f"{row.steward_name} has been asked already and has until {waiting.due_on}",
            message_zh=f"已经请{row.steward_name}联系，最迟 {waiting.due_on}；急事请直接打电话，或提出诉求",
            field="words",
        )
    rules = steward_rules()
    call = StewardCall.objects.create(
        stewardship=row,
        answerable=row,
        words=bounded(words, "words"),
        state="open",
        asked_by_name=actor.name,
        asked_at=now,
    )
    deadline = start_deadline(
        actor=PLATFORM,
        owner=Owner(CALLS, str(call.pk)),
        kind="step",
        name=f"联系企业：{row.party.name}"[:120],
        name_en=f"Get in touch: {row.party.name}"[:120],
        term=rules.call,
        started_at=now,
        region_code=region_code_of(row.region_path),
        agency_id=row.agency_id,
        party_id=row.party_id,
        ladder=rules.call_ladder,
        now=now,
        start_event={"zh": "企业提出", "en": "asked"},
    )
    call.deadline_id, call.due_on = deadline.id, deadline.due_on
    call.save(update_fields=["deadline_id", "due_on"])
    note_stewardship(
        row, "steward_called", actor=actor, now=now, after={"call": call.pk, "due": str(call.due_on)}
    )
    tell_stewards(row, "steward_called", now=now, enterprise=row.party.name, due=call.due_on)
    return int(call.pk)


@transaction.atomic
def rate_visit(*, actor: Actor, visit_id: int, level: int, words: str = "", now: datetime) -> None:
    """Say how content one's own enterprise is with a visit, once, within some days; a bad one is told to who manages
    stewards.

    Raises NotAllowed, StepNotFound, InvalidStep, NotPossibleNow.
    """
    scope = actor.require(OWN)
    rows = Visit.objects.select_for_update(of=("self",)).select_related("stewardship__party")
    visit = scope.filter(rows, party="stewardship__party").filter(pk=visit_id).first()
    if visit is None:
        raise not_found(visit_id)
    rules = steward_rules()
    if level not in rules.levels:
        raise InvalidStep(f"{level} is no level", message_zh="请选择满意度", field="level", value=level)
    if visit.own_level is not None:
        raise NotPossibleNow("this visit was rated already", message_zh="这次走访已经评价过", field="level")
    # From when it was written down: whoever writes a visit down late does not escape what is said of it.
    if now > visit.recorded_at + timedelta(days=rules.rating_days):
        raise NotPossibleNow(
            f"a visit is rated within {rules.rating_days} days of its record",
            message_zh=f"走访登记后 {rules.rating_days} 天内可以评价，这次走访已过期；要反映问题请提出诉求",
            field="level",
        )
    visit.own_level, visit.own_words = level, bounded(words, "words")
    visit.rated_by_name, visit.rated_at = actor.name, now
    visit.save(update_fields=["own_level", "own_words", "rated_by_name", "rated_at"])
    row = visit.stewardship
    note_stewardship(row, "visit_rated", actor=actor, now=now, after={"visit": visit.pk, "level": level})
    if level <= rules.bad_from:
        tell_managers(
            row,
            "visit_rated_bad",
            now=now,
            once=f"appeals.visit_rated_bad:{visit.pk}",
            enterprise=row.party.name,
            steward=row.steward_name,
            level=rules.levels[level].name,
            level_en=rules.levels[level].name_en,
        )
