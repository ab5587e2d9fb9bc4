"""What is said in a consultation: by the agencies, openly or among themselves, and by who said the appeal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...actions._steps import bounded, needed, note, said_by
from ...actions.have_the_word import own_appeal
from ...errors import NotYours
from ...lifecycle import CONSULTATION, INVITATION
from ...models import Consultation, Invitation, Statement
from ...reach import ANSWER, agencies_of
from ...text.masking import mask
from ...text.problems import checked
from ..clocks import meet_clock
from ..reach import consultation_not_found, leads, load_consultation
from ..telling import tell_caller


@transaction.atomic
def give_statement(
    *, actor: Actor, consultation_id: int, text: str, internal: bool = False, now: datetime
) -> None:
    """An invited agency gives its opinion, or who called it, or has the appeal, says something; an `internal` one is
    between agencies. The first of an invited agency meets its clock.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_consultation(actor, consultation_id)
    mine = agencies_of(actor, ANSWER)
    rows = row.invitations.select_for_update(of=("self",)).select_related("agency")
    invited = rows.filter(agency__in=mine).order_by("pk").first()
    led, held = leads(actor, row), appeal.agency_id is not None and appeal.agency_id in mine
    if invited is None and not led and not held:
        raise NotYours(
            "only who was invited speaks here",
            message_zh="只有发起单位、承办单位和受邀单位可以在会商中发言",
            value=consultation_id,
        )
    CONSULTATION.after(row.state, "stated")
    needed(text, "text")
    if invited is not None:
        agency = invited.agency
    else:
        agency = row.called_by_agency if led or appeal.agency is None else appeal.agency
    Statement.objects.create(
        consultation=row,
        agency=agency,
        internal=internal,
        body=bounded(text, "text"),
        at=now,
        by_name=actor.name,
    )
    if invited is not None:
        _gave_opinion(invited, now)
    note(
        appeal,
        "consultation_stated",
        actor=actor,
        now=now,
        after={"consultation": row.pk, "agency": agency.pk, "internal": internal},
    )
    if agency.pk != row.called_by_agency_id:
        tell_caller(row, appeal, "consultation_said", now=now, who=agency.name)


@transaction.atomic
def give_own_statement(
    *, actor: Actor, appeal_id: int, consultation_id: int, body: str, key: str = "", now: datetime
) -> None:
    """Who said the appeal says something in a consultation they were invited to; with a key instead of an account where
    one was given. Those who do not deal with the appeal read it masked.

    Raises AppealNotFound, StepNotFound, NotPossibleNow, InvalidText.
    """
    appeal = own_appeal(actor, appeal_id, key)
    rows = Consultation.objects.select_for_update(of=("self",)).select_related("called_by_agency")
    row = rows.filter(pk=consultation_id, appeal=appeal, with_reporter=True).first()
    if row is None:
        raise consultation_not_found(consultation_id)
    CONSULTATION.after(row.state, "stated")
    text = checked("", body, title_needed=False).body
    known = [appeal.reporter_name, appeal.reporter_phone, appeal.reporter_mail]
    if appeal.anonymous and appeal.party is not None:
        known.append(appeal.party.name)
    Statement.objects.create(
        consultation=row, by_reporter=True, body=text, text=mask(text, known=known).text, at=now
    )
    note(
        appeal,
        "consultation_stated",
        actor=said_by(appeal, actor),
        now=now,
        after={"consultation": row.pk, "reporter": True},
    )
    tell_caller(row, appeal, "consultation_said_by_reporter", now=now)


def _gave_opinion(invited: Invitation, now: datetime) -> None:
    invited.stated_at = invited.stated_at or now
    if INVITATION.may(invited.state, "stated"):
        invited.state = INVITATION.after(invited.state, "stated")
        meet_clock(invited, now=now)
    invited.save(update_fields=["state", "stated_at"])
