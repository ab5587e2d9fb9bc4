"""The visit: a clerk at the window takes the claim in, tells what is missing, or notes that nobody came."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import case_progress, complete_task, return_case

from ...actions._steps import move, tell_enterprise
from ...actions.begin_claim import terms_for
from ...actions.submit_claim import SUBJECT, open_review
from ...errors import AppointmentNotFound, InvalidClaim, NotPossibleNow
from ...lifecycle import APPOINTMENT, CLAIM
from ...models import Appointment, Claim, ClaimMaterial, ItemTerms
from ...reach import load
from ..places import companions, words_of

REVIEW = "claims.review"


@transaction.atomic
def accept_at_window(
    *, actor: Actor, appointment_id: int, seen: Collection[str], opinion: str = "", now: datetime
) -> None:
    """Take the claim in: the review begins, accepted by this clerk. `seen` names the materials whose originals were
    laid before the clerk; what was asked for is there as a file, or was seen.

    Raises AppointmentNotFound, NotPossibleNow, InvalidClaim with what is lacking, and what the flow refuses.
    """
    claim, row = _load(actor, appointment_id, "came")
    terms = terms_for(claim.item_code)
    have = set(claim.materials.exclude(origin="promised").values_list("code", flat=True)) | set(seen)
    promised = set(claim.materials.filter(origin="promised").values_list("code", flat=True))
    lacking = [
        str(each["name"])
        for each in terms.materials
        if each.get("required") and each["code"] not in have | promised
    ]
    if lacking:
        raise InvalidClaim(
            f"not there: {', '.join(lacking)}; tick what you have seen, or tell at once what is missing",
            message_zh=f"还缺：{'、'.join(lacking)}；请勾选已核验的原件，或者使用“一次性告知”",
            field="seen",
        )
    _note_seen(claim, terms, seen, actor=actor, now=now)
    task_id = _arrive(claim, row, "came", terms=terms, actor=actor, now=now, seen=sorted(seen))
    complete_task(actor=actor, task_id=task_id, outcome="accepted", opinion=opinion or "窗口受理", now=now)


@transaction.atomic
def tell_missing(
    *, actor: Actor, appointment_id: int, what: Iterable[str], note: str = "", now: datetime
) -> None:
    """Tell at once everything that is missing 一次性告知. It was the only visit: what is missing is handed in online,
    and the clerk accepts the claim then.

    Raises AppointmentNotFound, NotPossibleNow, InvalidClaim, and what the flow refuses.
    """
    asked = [each.strip() for each in what if each.strip()]
    if not asked:
        raise InvalidClaim(
            "name everything that is missing, one a line",
            message_zh="请写明全部缺少的内容，每行一项",
            field="what",
        )
    claim, row = _load(actor, appointment_id, "incomplete")
    row.missing, row.note = asked, note.strip()[:400]
    task_id = _arrive(
        claim,
        row,
        "incomplete",
        terms=terms_for(claim.item_code),
        actor=actor,
        now=now,
        missing=asked,
    )
    return_case(actor=actor, task_id=task_id, what=asked, note_to_applicant=row.note, now=now)


@transaction.atomic
def note_missed(*, actor: Actor, appointment_id: int, now: datetime) -> None:
    """Nobody came, also for what was to come with the same visit. The enterprise is told, and can come at another time.

    Raises AppointmentNotFound, NotPossibleNow.
    """
    own = Claim.objects.get(pk=_reached(actor, appointment_id))
    together = [load(actor, each, REVIEW) for each in sorted({own.pk, *companions(own)})]
    claim, row = _load(actor, appointment_id, "missed")
    CLAIM.after(claim.state, "missed")
    if now < row.starts_at:
        raise NotPossibleNow(
            f"the appointment is at {timezone.localtime(row.starts_at):%Y-%m-%d %H:%M}; wait until then",
            message_zh=f"预约时间是 {timezone.localtime(row.starts_at):%Y-%m-%d %H:%M}，到时间以后才能登记未到",
            action="missed",
        )
    told = words_of(row)
    for each in together:
        # Until they were locked another clerk may have taken one in, or the enterprise come to another time with it.
        missed = each.appointments.select_for_update(of=("self",)).filter(state="booked").first()
        if missed is None or each.state != "appointed" or _visit(missed) != _visit(row):
            continue
        _end(missed, "missed", actor=actor, now=now)
        move(each, "missed", actor=actor, now=now, more=told, reason=f"{told['time']} {told['window']}")
        tell_enterprise(each, "missed", now=now, **told)


def _visit(row: Appointment) -> tuple[int, datetime, int]:
    """What is the same for everything that comes with one visit."""
    return row.window_id, row.starts_at, row.place


def _reached(actor: Actor, appointment_id: int) -> int:
    """The claim of an appointment within the actor's reach. Raises AppointmentNotFound."""
    scope = actor.require(REVIEW)
    rows = scope.filter(Appointment.objects.all(), region="claim__region_path")
    found = rows.filter(pk=appointment_id).values_list("claim", flat=True).first()
    if found is None:
        raise AppointmentNotFound(
            f"no appointment {appointment_id}",
            message_zh="没有这个预约，或者不归您办理",
            value=appointment_id,
        )
    return int(found)


def _load(actor: Actor, appointment_id: int, event: str) -> tuple[Claim, Appointment]:
    """The claim, locked first as everywhere, and its appointment."""
    claim = load(actor, _reached(actor, appointment_id), REVIEW)
    row = Appointment.objects.select_for_update(of=("self",)).select_related("window").get(pk=appointment_id)
    APPOINTMENT.after(row.state, event)
    return claim, row


def _end(row: Appointment, event: str, *, actor: Actor, now: datetime) -> None:
    row.state = APPOINTMENT.after(row.state, event)
    row.ended_at, row.ended_by_name = now, actor.name
    row.save()


def _arrive(
    claim: Claim,
    row: Appointment,
    event: str,
    *,
    terms: ItemTerms,
    actor: Actor,
    now: datetime,
    **more: object,
) -> int:
    """The review begins; the number of the task of acceptance."""
    _end(row, event, actor=actor, now=now)
    told = words_of(row)
    move(claim, "arrived", actor=actor, now=now, more={**told, **more}, reason=told["window"])
    open_review(claim, terms, actor=actor, now=now)
    claim.save(update_fields=["case_id"])
    detail = case_progress(kind=SUBJECT, identifier=str(claim.pk), now=now)
    assert detail is not None
    return next(task.id for task in detail.tasks if task.open and task.step == "accept")


def _note_seen(claim: Claim, terms: ItemTerms, seen: Collection[str], *, actor: Actor, now: datetime) -> None:
    names = {str(each["code"]): str(each["name"]) for each in terms.materials}
    strange = sorted(set(seen) - set(names))
    if strange:
        raise InvalidClaim(
            f"the item asks for no {', '.join(strange)}",
            message_zh="勾选的材料不是该事项要求的",
            field="seen",
        )
    # What was promised and is there now needs no promise.
    claim.materials.filter(code__in=list(seen), origin="promised").delete()
    claim.materials.filter(code__in=list(seen)).update(seen_at=now, seen_by_name=actor.name)
    have = set(claim.materials.values_list("code", flat=True))
    ClaimMaterial.objects.bulk_create(
        ClaimMaterial(
            claim=claim,
            code=code,
            name=names[code],
            origin="window",
            said=actor.name,
            seen_at=now,
            seen_by_name=actor.name,
            added_at=now,
        )
        for code in sorted(set(seen) - have)
    )
