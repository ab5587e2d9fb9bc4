"""The clocks of notices, cases, transfers and cancellations: whoever has the next step is told. The clock takes
none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.utils import timezone

from yingshang.kernel.clock.api import FiredRung
from yingshang.kernel.documents.api import number_words

from ..models import Cancellation, Obligation, SupervisionCase, SupervisionNotice, Transfer
from ..reach import HEAD, RECEIVE, REVIEW, SUPERVISE
from ._steps import supervisors_of, tell_officials, tell_party, tell_unsupervised

_Step = TypeVar("_Step", SupervisionNotice, SupervisionCase, Cancellation)
_LATE = frozenset({"supervise"})


def on_notice_rung(rung: FiredRung) -> None:
    """The unit is told, and who sent it once it is late."""
    row = _open(SupervisionNotice, rung, "sent")
    if row is None:
        return
    told = {"notice": number_words(row.number), "answer_by": row.due_on}
    places = [(row.agency_id, HEAD), (row.agency_id, REVIEW)]
    if rung.rung.action in _LATE:
        places.append((row.issued_by_agency_id, SUPERVISE))
    _tell("notice_due", rung, row.obligation, places, told)


def on_case_rung(rung: FiredRung) -> None:
    """Who opened it is told."""
    row = _open(SupervisionCase, rung, "open")
    if row is not None:
        told = {"case": number_words(row.number), "answer_by": row.due_on}
        _tell("case_due", rung, row.obligation, [(row.opened_by_agency_id, SUPERVISE)], told)


def on_transfer_rung(rung: FiredRung) -> None:
    """The receiving agency is told, or, where it is none of the register, who sent it; once it is late, either."""
    rows = Transfer.objects.select_related("case__obligation__contract")
    row = rows.filter(pk=int(rung.deadline.owner.identifier), state__in=("sent", "received")).first()
    if row is None:
        return
    told = {"transfer": number_words(row.number), "answer_by": row.due_on}
    place = (row.to_agency_id, RECEIVE) if row.to_agency_id else (row.case.opened_by_agency_id, SUPERVISE)
    # The receiver may not reach the contract: what was sent has a page of its own.
    link = f"/desk/contracts/transfers/{row.pk}/"
    _tell("transferred", rung, row.case.obligation, [place], told, link=link)
    if row.to_agency_id and rung.rung.action in _LATE:
        state = "期满未接收" if row.state == "sent" else "期满未反馈处理结果"
        sender = (row.case.opened_by_agency_id, SUPERVISE)
        told = {"transfer": number_words(row.number), "state": state}
        _tell("transfer_moved", rung, row.case.obligation, [sender], told, link=link)


def on_cancellation_rung(rung: FiredRung) -> None:
    """The other side is asked once more; once its time is up, who supervises may decide without it, and is told."""
    row = _open(Cancellation, rung, "asked")
    if row is None:
        return
    told = {"agency": row.agency.name}
    if rung.rung.action in _LATE:
        now = rung.fired_at
        places = supervisors_of([row.obligation], today=timezone.localdate(now)).values()
        if not places:
            tell_unsupervised([row.obligation], now=now)
        _tell("cancellation_to_decide", rung, row.obligation, [(each, SUPERVISE) for each in places], told)
        return
    once = f"contracts.cancellation_rung:{rung.deadline.id}:{rung.rung.code}"
    tell_party(
        row.obligation, "cancellation_asked", now=rung.fired_at, once=once, answer_by=row.due_on, **told
    )


def _open(model: type[_Step], rung: FiredRung, state: str) -> _Step | None:
    rows = model._default_manager.select_related("obligation__contract", "agency")
    return rows.filter(pk=int(rung.deadline.owner.identifier), state=state).first()


def _tell(
    template: str,
    rung: FiredRung,
    obligation: Obligation,
    places: Iterable[tuple[int, str]],
    told: Mapping[str, Any],
    *,
    link: str = "",
) -> None:
    once = f"contracts.{template}:{rung.deadline.id}:{rung.deadline.due_on}:{rung.rung.code}"
    tell_officials(
        template,
        [(obligation, agency, permission, f"{once}:{permission}", told) for agency, permission in places],
        now=rung.fired_at,
        link=link,
    )
