"""Whose appeals an actor reaches; used by every action and every read."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from yingshang.kernel.access.api import Actor, Scope
from yingshang.kernel.parties.api import PartyNotFound

from .errors import AppealNotFound, NotYours
from .lifecycle import CONSULTATION
from .models import Appeal, Invitation, Part

OWN, VIEW = "appeals.file_own", "appeals.view"
DISPATCH, ANSWER, APPROVE = "appeals.dispatch", "appeals.answer", "appeals.approve"
SUPERVISE = "appeals.supervise"
VIEW_REPORTER = "appeals.view_reporter"


def own_party(actor: Actor, party_id: int) -> int:
    """The enterprise somebody speaks for: the entry that is kept, of a merged one. Raises NotAllowed, PartyNotFound."""
    scope = actor.require(OWN)
    party_id = actor.kept_entry(party_id, OWN)
    if not (scope.everywhere or party_id in scope.parties):
        raise PartyNotFound(
            f"no enterprise {party_id} of {actor.name}",
            message_zh="没有这家企业，或者您没有为它提出诉求的授权",
            value=party_id,
        )
    return party_id


def own_condition(actor: Actor) -> Q:
    """What somebody said: for the enterprises they act for, or themselves."""
    condition = Q(pk__in=())
    if actor.may(OWN):
        condition |= Q(party__in=actor.scope(OWN).parties)
    if actor.kind == "user":
        condition |= Q(filed_by=int(actor.identifier), party__isnull=True)
    return condition


def own_appeals(actor: Actor) -> QuerySet[Appeal]:
    """The appeals one said."""
    return Appeal.objects.filter(own_condition(actor))


def on_desk(actor: Actor, permission: str = VIEW) -> QuerySet[Appeal]:
    """The appeals of an official's reach: of their regions, those their agencies deal with, help with or were consulted
    about.

    Raises NotAllowed.
    """
    return actor.require(permission).filter(Appeal.objects.all(), region="region_path") | _asked(
        actor, permission
    )


def _asked(actor: Actor, permission: str) -> QuerySet[Appeal]:
    """What one's agencies hold or dispatch, wherever it was said. Being asked to help, or for an opinion, lets an
    agency see it and answer: nobody there supervises it, lists it or makes an answer for everybody of it for that.
    """
    places = agencies_of(actor, permission)
    if not places:
        return Appeal.objects.none()
    condition = Q(agency__in=places) | Q(desk__in=places)
    if permission in (VIEW, ANSWER):
        helps = Part.objects.filter(appeal=OuterRef("pk"), agency__in=places)
        invited = Invitation.objects.filter(consultation__appeal=OuterRef("pk"), agency__in=places)
        condition |= Exists(helps) | Exists(invited)
    return Appeal.objects.filter(condition)


def agencies_of(actor: Actor, permission: str) -> frozenset[int]:
    """The agencies in which somebody holds a role with this permission."""
    return frozenset(
        grant.agency_id
        for grant in actor.grants
        if permission in grant.permissions and grant.agency_id is not None
    )


def load(actor: Actor, appeal_id: int, permission: str) -> Appeal:
    """One appeal within the reach of a permission, locked. Raises NotAllowed, AppealNotFound."""
    found = on_desk(actor, permission).filter(pk=appeal_id).values_list("pk", flat=True).first()
    return _locked(found, appeal_id)


def load_own(actor: Actor, appeal_id: int) -> Appeal:
    """One of one's own appeals, locked. Raises AppealNotFound."""
    found = own_appeals(actor).filter(pk=appeal_id).values_list("pk", flat=True).first()
    return _locked(found, appeal_id)


def _locked(found: int | None, appeal_id: int) -> Appeal:
    if found is None:
        raise not_found(appeal_id)
    rows = Appeal.objects.select_for_update(of=("self",)).select_related(
        "party__merged_into", "agency", "desk"
    )
    return rows.get(pk=found)


def ensure_held_by(actor: Actor, appeal: Appeal, permission: str) -> None:
    """That somebody holds the permission in the very agency that deals with it now. Raises NotYours."""
    if actor.kind == "system" or appeal.agency_id in agencies_of(actor, permission):
        return
    holder = appeal.agency.name if appeal.agency else ""
    raise NotYours(
        f"{appeal.number} is dealt with by {holder or 'nobody yet'}",
        message_zh=f"该诉求由“{holder}”办理，请由该单位操作" if holder else "该诉求还没有派单",
        value=appeal.number,
    )


def is_desk(actor: Actor, appeal: Appeal) -> bool:
    """Whether somebody dispatches in the agency of its desk, or in one of a region above it."""
    if actor.kind == "system" or appeal.desk_id in agencies_of(actor, DISPATCH):
        return True
    scope: Scope = actor.scope(DISPATCH)
    return any(
        len(path) < len(appeal.region_path) and appeal.region_path.startswith(path) for path in scope.subtrees
    )


def ensure_desk(actor: Actor, appeal: Appeal) -> None:
    """That somebody dispatches in the agency of its desk, or above. Raises NotAllowed, NotYours."""
    actor.require(DISPATCH)
    if is_desk(actor, appeal):
        return
    raise NotYours(
        f"{appeal.number} is dispatched by {appeal.desk.name}",
        message_zh=f"该诉求由“{appeal.desk.name}”派单，请由该单位操作",
        value=appeal.number,
    )


def deals_with(actor: Actor, appeal: Appeal) -> bool:
    """Whether they dispatch it, deal with it or approve what is answered: who reads it as it was written."""
    if appeal.agency_id is not None and (
        appeal.agency_id in agencies_of(actor, ANSWER) | agencies_of(actor, APPROVE)
    ):
        return True
    return dispatches(actor, appeal)


def dispatches(actor: Actor, appeal: Appeal) -> bool:
    """Whether it is they who dispatch it, at its desk or above."""
    return actor.kind == "system" or (actor.may(DISPATCH) and is_desk(actor, appeal))


def supervises(actor: Actor, appeal: Appeal) -> bool:
    """Whether they supervise where it was said."""
    return actor.scope(SUPERVISE).covers("agency", agency_id=appeal.desk_id, region_path=appeal.region_path)


def sees_reporter(actor: Actor, appeal: Appeal) -> bool:
    """Whether they may be told who said it: who deals with it and who supervises it; an agency that deals with what
    was said anonymously is not.
    """
    if not actor.may(VIEW_REPORTER):
        return False
    if dispatches(actor, appeal) or supervises(actor, appeal):
        return True
    return not appeal.anonymous and deals_with(actor, appeal)


def opens_files(actor: Actor, appeal: Appeal) -> bool:
    """Whether they open what came with it as it came: who deals with it, who supervises it, and an agency that was
    asked for a part until it has given it, or invited to a consultation while it goes on. Files of what was said
    anonymously are as they came and may name who said it: they are not opened to who is merely consulted.
    """
    if deals_with(actor, appeal) or supervises(actor, appeal):
        return True
    mine = agencies_of(actor, ANSWER)
    if not mine:
        return False
    if Part.objects.filter(appeal=appeal, agency__in=mine, state="open").exists():
        return True
    if appeal.anonymous:
        return False
    invited = Invitation.objects.filter(consultation__appeal=appeal, agency__in=mine)
    return invited.filter(consultation__state__in=CONSULTATION.open_states).exists()


def not_found(appeal_id: int | str) -> AppealNotFound:
    """The refusal for an appeal that is not there, or not for this actor."""
    return AppealNotFound(
        f"no appeal {appeal_id}", message_zh="没有这件诉求，或者您不能查看", value=appeal_id
    )
