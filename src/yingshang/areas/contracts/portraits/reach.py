"""Whose portraits somebody reads, who objects to them, and who decides on that."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor, agencies_that_may

from ..errors import NotYours, StepNotFound
from ..models import Obligation, PublishedPortrait
from ..reach import HEAD, STATE_OWN, SUPERVISE, VIEW, VIEW_OWN, agencies_of


def reached(actor: Actor) -> QuerySet[PublishedPortrait]:
    """The portraits of an official's reach, and those of enterprises somebody acts for."""
    condition = Q(pk__in=())
    if actor.may(VIEW):
        condition |= actor.scope(VIEW).condition(region="region_path", agency="agency_id")
    if actor.kind != "system" and actor.may(VIEW_OWN):
        condition |= Q(party__in=actor.scope(VIEW_OWN).parties)
    return PublishedPortrait.objects.filter(condition)


def load(actor: Actor, portrait_id: int) -> PublishedPortrait:
    """One portrait of the reach, locked. Raises StepNotFound."""
    found = reached(actor).filter(pk=portrait_id).values_list("pk", flat=True).first()
    if found is None:
        raise portrait_not_found(portrait_id)
    rows = PublishedPortrait.objects.select_for_update(of=("self",)).select_related("agency", "party")
    return rows.get(pk=found)


def speaks_for(actor: Actor, row: PublishedPortrait) -> bool:
    """Whether it is their own portrait: the head of the unit, whoever may speak for the enterprise."""
    if row.agency_id is not None:
        return row.agency_id in agencies_of(actor, HEAD)
    return actor.kind != "system" and row.party_id in actor.scope(STATE_OWN).parties


def decides(actor: Actor, row: PublishedPortrait, obligation: Obligation) -> bool:
    """Whether somebody supervises whose portrait it is, and sits neither there nor in the unit of the contract."""
    if not actor.may(SUPERVISE):
        return False
    own = agencies_of(actor, SUPERVISE)
    if row.agency_id in own or obligation.agency_id in own:
        return False
    # An enterprise is no agency: whoever supervises its region.
    return actor.kind == "system" or actor.scope(SUPERVISE).covers(
        "agency", agency_id=row.agency_id or 0, region_path=row.region_path
    )


def nearest_decider(row: PublishedPortrait, obligation: Obligation, *, today: date) -> int | None:
    """The nearest agency from the region upwards where somebody in office may decide, and that is not concerned itself;
    None where there is none. One query.
    """
    concerned = {row.agency_id, obligation.agency_id}
    found = agencies_that_may(SUPERVISE, region_path=row.region_path, today=today)
    return next((each.agency_id for each in found if each.agency_id not in concerned), None)


def ensure_own(actor: Actor, row: PublishedPortrait) -> None:
    """Raises NotYours."""
    if not speaks_for(actor, row):
        raise NotYours(
            "only whose portrait it is objects to it, or asks for repair",
            message_zh="由画像所属单位的负责人或者企业本身提出",
            value=row.pk,
        )


def ensure_decides(actor: Actor, row: PublishedPortrait, obligation: Obligation) -> None:
    """Raises NotAllowed, NotYours."""
    actor.require(SUPERVISE)
    if not decides(actor, row, obligation):
        raise NotYours(
            "a supervisor of the region decides, who sits in another agency than those concerned",
            message_zh="由本地区的督查人员决定；画像所属单位和合同承办单位自己的人员不能决定",
            value=row.pk,
        )


def name_of(row: PublishedPortrait) -> str:
    """Whose portrait it is."""
    if row.agency is not None:
        return str(row.agency.name)
    return str(row.party.name) if row.party is not None else ""


def portrait_not_found(portrait_id: int) -> StepNotFound:
    """The refusal for a portrait, or what belongs to it, that is not there, or not for this actor."""
    return StepNotFound(
        f"no portrait {portrait_id}", message_zh="没有这份画像，或者您不能查看", value=portrait_id
    )
