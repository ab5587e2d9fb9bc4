"""Steps that several actions share: the event, the messages, the clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import VISITOR, Actor, officials_who_may
from yingshang.kernel.clock.api import cancel_deadline
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Occasion, Recipient, send_many, send_where_possible
from yingshang.kernel.parties.api import AgencyNotFound, get_agency

from ..consulting.ending import end_consultations
from ..desks import PLATFORM
from ..errors import InvalidStep
from ..following import tell_followers
from ..lifecycle import APPEAL
from ..models import Appeal, Consultation, Holding
from ..reach import ANSWER
from ..text.cleaning import clean
from ..text.masking import mask

LONGEST = 4000
"""Characters of what an official writes at once."""
LONGEST_REASON = 1000


def target_of(appeal: Appeal) -> Target:
    """The appeal as audit events name it."""
    return Target(
        "appeal",
        str(appeal.pk),
        f"{appeal.number} {appeal.title}"[:200],
        region_path=appeal.region_path,
        agency_id=appeal.agency_id or appeal.desk_id,
        # The events of an enterprise would tell who said it.
        party_id=None if appeal.anonymous else appeal.party_id,
    )


def said_by(appeal: Appeal, actor: Actor) -> Actor:
    """Who said it, as events name them: of an anonymous one nobody, as events are read by who may not be told. Only for
    what who said it does, and never for an official.
    """
    return VISITOR if appeal.anonymous else actor


def move(
    appeal: Appeal,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    more: Mapping[str, Any] | None = None,
) -> int:
    """Save the appeal in the state the event leads to, with the audit event; the number of the event.

    Raises NotPossibleNow.
    """
    bounded(reason, "reason")
    before = step(appeal, event, now=now)
    if not APPEAL.may(appeal.state, "consulted"):
        _end_consultations(appeal, reason=reason, now=now)
    appeal.save()
    number = record(
        actor=actor,
        action=f"appeals.{event}",
        target=target_of(appeal),
        now=now,
        before={"state": before},
        after={"state": appeal.state, **(more or {})},
        reason=reason[:400],
    )
    if APPEAL.states[before].open != APPEAL.states[appeal.state].open:
        tell_followers([appeal], now=now)
    return number


def step(appeal: Appeal, event: str, *, now: datetime) -> str:
    """Put it into the state the event leads to, without saving it; the state before. Raises NotPossibleNow."""
    before = appeal.state
    appeal.state = APPEAL.after(before, event, before=appeal.state_before)
    if appeal.state != before:
        appeal.state_before = before
    appeal.ended_at = None if APPEAL.states[appeal.state].open else now
    return before


def note(
    appeal: Appeal,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    after: Mapping[str, Any] | None = None,
) -> int:
    """The audit event `appeals.<what>` of something that leaves the state as it is; its number."""
    bounded(reason, "reason")
    return record(
        actor=actor,
        action=f"appeals.{what}",
        target=target_of(appeal),
        now=now,
        after=dict(after or {}),
        reason=reason[:400],
    )


def tell_reporter(
    appeal: Appeal, template: str, *, now: datetime, once: str = "", voices: bool = True, **context: Any
) -> None:
    """A message to whoever said it, and, unless not `voices`, to everybody whose voice was joined to it. Who said it
    without an account and left no address follows it by its number; that nobody can be reached stops no action.
    """
    rows = [appeal, *appeal.voices.filter(state="joined")] if appeal.pk and voices else [appeal]
    for each in rows:
        recipient = _recipient(each)
        if recipient is None:
            continue
        send_where_possible(
            actor=PLATFORM,
            to=[recipient],
            template=f"appeals.{template}",
            context={"number": each.number, "title": each.title, **context},
            # Without an account nobody gets into the page; the number and its key open another.
            link="" if recipient.email else f"/appeals/{each.pk}/",
            once=once and f"{once}:{each.pk}",
            now=now,
        )


def _recipient(appeal: Appeal) -> Recipient | None:
    if appeal.party_id is not None:
        return Recipient(party_id=appeal.party_id)
    if appeal.filed_by_id is not None:
        return Recipient(user_id=appeal.filed_by_id)
    if appeal.reporter_mail:
        return Recipient(email=appeal.reporter_mail)
    return None


def tell_agency(
    agency_id: int,
    permission: str,
    template: str,
    *,
    appeal: Appeal,
    now: datetime,
    once: str = "",
    link: str = "",
    **context: Any,
) -> None:
    """A message to everybody of an agency who holds a permission there."""
    tell_users(
        officials_who_may(permission, agency_id=agency_id, today=timezone.localdate(now)),
        template,
        appeal=appeal,
        now=now,
        once=once,
        link=link,
        **context,
    )


def tell_users(
    users: Iterable[int],
    template: str,
    *,
    appeal: Appeal,
    now: datetime,
    once: str = "",
    link: str = "",
    **context: Any,
) -> None:
    """A message to each of some officials. That one cannot be reached does not stop the action."""
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in users],
        template=f"appeals.{template}",
        context={"number": appeal.number, "title": appeal.title, **context},
        link=link or f"/desk/appeals/{appeal.pk}/",
        once=once,
        now=now,
    )


def tell_many(
    template: str, told: Iterable[tuple[Appeal, Sequence[int], str, Mapping[str, Any]]], *, now: datetime
) -> None:
    """`tell_users` for many appeals at once: of each the users, the occasion (or "") and what is told."""
    send_many(
        actor=PLATFORM,
        template=f"appeals.{template}",
        occasions=[
            Occasion(
                users,
                {"number": appeal.number, "title": appeal.title, **context},
                link=f"/desk/appeals/{appeal.pk}/",
                once=once,
            )
            for appeal, users, once, context in told
        ],
        now=now,
    )


def usable_agency(agency_id: int) -> str:
    """The name of an agency of the register that is active. Raises InvalidStep."""
    try:
        found = get_agency(actor=PLATFORM, agency_id=agency_id)
    except AgencyNotFound:
        found = None
    if found is None or not found.is_active:
        raise InvalidStep(
            f"no agency {agency_id} in the register", message_zh="没有这个单位，请重新选择", field="agency"
        )
    return found.name


def needed(text: str, field: str = "reason") -> None:
    """That something was written, of a bearable length. Raises InvalidStep."""
    if not text.strip():
        raise InvalidStep("say why", message_zh="请写明理由", field=field)
    if field == "reason":
        ensure_bearable(text)
    else:
        bounded(text, field)


def ensure_bearable(reason: str) -> None:
    """That a reason is none of fifty thousand characters. Raises InvalidStep."""
    if len(reason.strip()) > LONGEST_REASON:
        raise InvalidStep(
            f"the reason has {len(reason):,} characters; write at most {LONGEST_REASON:,}, the rest as a file",
            message_zh=f"理由共 {len(reason):,} 字，最多 {LONGEST_REASON:,} 字，其余内容可作为附件上传",
            field="reason",
        )


def known_of(appeal: Appeal) -> tuple[str, ...]:
    """Names and contacts of who said it, which are masked wherever they write themselves."""
    name = appeal.party.name if appeal.anonymous and appeal.party else ""
    return (appeal.reporter_name, appeal.reporter_phone, appeal.reporter_mail, name)


def reason_of(appeal: Appeal, text: str) -> str:
    """A reason of who said it as others read it: tidied, of a bearable length, masked. Raises InvalidStep."""
    ensure_bearable(text)
    return mask(clean(text), known=known_of(appeal)).text


def bounded(text: str, field: str) -> str:
    """What somebody wrote, of a bearable length. Raises InvalidStep."""
    text = text.strip()
    if len(text) > LONGEST:
        raise InvalidStep(
            f"{len(text)} characters; write at most {LONGEST}",
            message_zh=f"共 {len(text)} 字，最多 {LONGEST} 字，更长的内容请作为附件",
            field=field,
        )
    return text


def let_go(appeal: Appeal, how: str, reason: str, *, now: datetime) -> None:
    """The agency that has it has it no longer: what it asked others for, or asked for itself, and what it was
    writing is over with that.
    """
    Holding.objects.filter(appeal=appeal, until__isnull=True).update(
        until=now, ended_by=how, reason=reason.strip()[:1000]
    )
    for part in appeal.parts.filter(state="open"):
        if part.deadline_id is not None:
            cancel_deadline(
                actor=PLATFORM, deadline_id=part.deadline_id, reason=reason.strip()[:200] or how, now=now
            )
    appeal.parts.filter(state="open").update(state="over")
    appeal.requests.filter(state="open").update(state="over")
    appeal.replies.filter(state__in=["draft", "proposed"]).update(state="dropped")
    _end_consultations(appeal, called_as="agency", reason=reason, now=now)


def _end_consultations(appeal: Appeal, *, reason: str, now: datetime, called_as: str = "") -> None:
    """Those that go on are over; whoever was invited, perhaps to a meeting, is told. Why the appeal went elsewhere is
    not told with it.
    """
    for row in end_consultations(appeal, called_as=called_as, reason=reason, now=now):
        tell_consultation_off(row, appeal, now=now)


def tell_consultation_off(row: Consultation, appeal: Appeal, *, reason: str = "", now: datetime) -> None:
    """To every invited agency, and who said it if invited: there is no consultation, and no meeting, any more."""
    told = {"caller": row.called_by_agency.name, "reason": reason}
    for agency in row.invitations.order_by("pk").values_list("agency", flat=True):
        tell_agency(
            agency,
            ANSWER,
            "consultation_off",
            appeal=appeal,
            now=now,
            link=f"/desk/appeals/consultations/{row.pk}/",
            **told,
        )
    if row.with_reporter:
        tell_reporter(appeal, "consultation_off", now=now, voices=False, **told)


def lock_main_of(appeal_id: int) -> Appeal | None:
    """The appeal that one is joined to, locked: before the one itself, as whoever closes it locks it before its
    voices.
    """
    main = Appeal.objects.filter(pk=appeal_id, state="joined").values_list("main", flat=True).first()
    return None if main is None else Appeal.objects.select_for_update().get(pk=main)
