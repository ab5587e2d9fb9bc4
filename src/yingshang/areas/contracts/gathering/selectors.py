"""Reading batches: what each came to, what was wrong, and the rows that were not taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from yingshang.kernel.access.api import Actor

from ..models import Contract, ImportBatch
from ..reach import REGISTER, REVIEW, not_found, on_desk
from ..registering.actions.register_many import waiting_to_register
from ..selectors import contract
from ..values import ContractDetail
from .actions.request_import import batches_of, found_batch, load_batch
from .files import has_rejects, rejects_of
from .values import BatchDetail, BatchPage, BatchRow, RowProblem

_ORDERS = ("id", "name", "started_at", "contract_count", "problem_count")


def import_batches(
    *, actor: Actor, state: str = "", text: str = "", order: str = "-id", offset: int = 0, limit: int = 20
) -> BatchPage:
    """The batches within the reach of who registers, or reviews, newest first unless `order` says otherwise. Two
    queries. Raises NotAllowed.
    """
    rows = batches_of(actor, REGISTER, REVIEW)
    if state:
        rows = rows.filter(state=state)
    if text.strip():
        rows = rows.filter(name__icontains=text.strip())
    name = order.lstrip("-") if order.lstrip("-") in _ORDERS else "id"
    sort = f"-{name}" if order.startswith("-") or name != order else name
    found = rows.select_related("agency").defer("problems").order_by(sort, "-id")[offset : offset + limit]
    return BatchPage(tuple(_row(each) for each in found), rows.count())


def import_batch(*, actor: Actor, batch_id: int) -> BatchDetail:
    """One batch with the first of its mistakes, for who registers or reviews. Raises NotAllowed, StepNotFound."""
    found = found_batch(batches_of(actor, REGISTER, REVIEW).filter(pk=batch_id), batch_id)
    return BatchDetail(
        row=_row(found),
        problems=tuple(RowProblem(**each) for each in found.problems),
        has_rejects=has_rejects(found.pk),
        waiting_for_review=Contract.objects.filter(batch=found, state="submitted").count(),
        to_register=waiting_to_register(actor=actor, batch_id=found.pk) if actor.may(REVIEW) else 0,
        # Who reviews here may register elsewhere.
        may_mend=actor.may(REGISTER) and batches_of(actor, REGISTER).filter(pk=found.pk).exists(),
    )


def rejected_rows(*, actor: Actor, batch_id: int) -> Iterator[bytes]:
    """The rows of a batch that were not taken, as a CSV file to be mended. Raises NotAllowed, StepNotFound."""
    return rejects_of(load_batch(actor, batch_id))


def contract_by_number(*, actor: Actor, number: str, now: datetime) -> ContractDetail:
    """One contract of one's reach by its number in the register. Raises NotAllowed, ContractNotFound."""
    found = on_desk(actor).filter(number=number.strip().upper()).values_list("pk", flat=True).first()
    if found is None:
        raise not_found(number)
    return contract(actor=actor, contract_id=found, now=now)


def _row(found: ImportBatch) -> BatchRow:
    failure, _line, failure_en = found.failure.partition("\n")
    return BatchRow(
        id=found.pk,
        name=found.name,
        source=found.source,
        state=found.state,
        agency_name=found.agency.name if found.agency else "",
        row_count=found.row_count,
        done_count=found.done_count,
        contract_count=found.contract_count,
        duplicate_count=found.duplicate_count,
        problem_count=found.problem_count,
        failure=failure,
        failure_en=failure_en,
        started_by_name=found.started_by_name,
        started_at=found.started_at,
        ended_at=found.ended_at,
    )
