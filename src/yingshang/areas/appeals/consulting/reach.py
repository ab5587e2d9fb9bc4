"""Who calls a consultation, who leads it, and who was invited."""

from __future__ import annotations

from yingshang.kernel.access.api import Actor

from ..errors import NotYours, StepNotFound
from ..models import Appeal, Consultation
from ..reach import ANSWER, DISPATCH, SUPERVISE, VIEW, agencies_of, is_desk, load, supervises

PERMISSION = {"agency": ANSWER, "desk": DISPATCH, "supervisor": SUPERVISE}
"""What one is to the appeal → the permission that comes with it."""


def calls_as(actor: Actor, appeal: Appeal) -> tuple[int, str] | None:
    """In which agency, and as what, somebody may call a consultation: the agency that has the appeal, its desk, or who
    supervises it; None for others.
    """
    if appeal.agency_id is not None and appeal.agency_id in agencies_of(actor, ANSWER):
        return appeal.agency_id, "agency"
    desks = agencies_of(actor, DISPATCH)
    if desks and is_desk(actor, appeal):
        return (appeal.desk_id if appeal.desk_id in desks else min(desks)), "desk"
    places = agencies_of(actor, SUPERVISE)
    if places and supervises(actor, appeal):
        return (appeal.desk_id if appeal.desk_id in places else min(places)), "supervisor"
    return None


def leads(actor: Actor, row: Consultation) -> bool:
    """Whether it is theirs: of the agency that called it, with the permission it was called by."""
    return row.called_by_agency_id in agencies_of(actor, PERMISSION[row.called_as])


def load_consultation(actor: Actor, consultation_id: int) -> tuple[Consultation, Appeal]:
    """One within the reach of `appeals.view`, locked after its appeal. Raises NotAllowed, StepNotFound."""
    actor.require(VIEW)
    found = Consultation.objects.filter(pk=consultation_id).values_list("appeal", flat=True).first()
    if found is None:
        raise consultation_not_found(consultation_id)
    appeal = load(actor, found, VIEW)
    rows = Consultation.objects.select_for_update(of=("self",)).select_related("called_by_agency")
    return rows.get(pk=consultation_id), appeal


def load_led(actor: Actor, consultation_id: int) -> tuple[Consultation, Appeal]:
    """The same for who leads it. Raises NotAllowed, StepNotFound, NotYours."""
    row, appeal = load_consultation(actor, consultation_id)
    if not leads(actor, row):
        raise NotYours(
            f"the consultation was called by {row.called_by_agency.name}",
            message_zh=f"会商由“{row.called_by_agency.name}”发起，请由该单位操作",
            value=consultation_id,
        )
    return row, appeal


def consultation_not_found(consultation_id: int) -> StepNotFound:
    """The refusal for one that is not there, or not for this actor."""
    return StepNotFound(
        f"no consultation {consultation_id}",
        message_zh="没有这次会商，或者您不能查看",
        value=consultation_id,
    )
