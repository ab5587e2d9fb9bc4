"""Reading imports: what each came to, and the rows it did not take."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from pathlib import Path

from django.conf import settings

from yingshang.kernel.access.api import Actor

from .errors import ImportNotFound
from .models import FactImport
from .retention import rejects_kept_until
from .values import ImportPage, ImportSummary, RejectPage, RejectReason, RejectRow

_PERMISSION = "parties.import"
_ORDERS = (
    "id",
    "started_at",
    "file_name",
    "source",
    "as_of",
    "state",
    "created",
    "changed",
    "unchanged",
    "rejected",
)


def imports(
    *,
    actor: Actor,
    state: str | None = None,
    text: str = "",
    with_rejects_since: datetime | None = None,
    before_id: int | None = None,
    order: str = "-started_at",
    page: int = 1,
    per_page: int = 20,
) -> ImportPage:
    """The imports of the regions an actor imports for, newest first unless `order` says otherwise. Two queries.

    `text` is a piece of the file's name; with `with_rejects_since` only those begun since then that rejected rows.
    `before_id` leaves out that import and all later ones: read on from it, a list does not shift.
    """
    rows = actor.require(_PERMISSION).filter(FactImport.objects.all(), region="region__path")
    if state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(file_name__icontains=text)
    if with_rejects_since:
        rows = rows.filter(rejected__gt=0, started_at__gte=with_rejects_since)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    name = order.lstrip("-") if order.lstrip("-") in _ORDERS else "started_at"
    sort = f"-{name}" if order.startswith("-") else name
    found = rows.order_by(sort, "-pk")[(page - 1) * per_page : page * per_page]
    return ImportPage(tuple(summary_of(each) for each in found), total, page, pages)


def get_import(*, actor: Actor, import_id: int) -> ImportSummary:
    """One import. Raises ImportNotFound when there is none within the actor's scope."""
    return summary_of(_visible(actor, import_id))


def import_rejects(
    *, actor: Actor, import_id: int, after_row: int | None = None, page: int = 1, per_page: int = 50
) -> RejectPage:
    """The rows an import did not take, with every reason, in the order of the file. Three queries.

    With `after_row` only those that stand behind that row.
    """
    rows = _visible(actor, import_id).rejects.order_by("row", "pk")
    if after_row is not None:
        rows = rows.filter(row__gt=after_row)
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    return RejectPage(
        tuple(
            RejectRow(
                each.row,
                each.values.get("line"),
                each.subject,
                tuple(RejectReason(**reason) for reason in each.reasons),
            )
            for each in rows[(page - 1) * per_page : page * per_page]
        ),
        total,
        page,
        pages,
    )


def rejects_file(*, actor: Actor, import_id: int) -> Path | None:
    """The rejected rows as a CSV file to be mended, every column as it was, with reasons; None if there are none."""
    path = rejects_path(_visible(actor, import_id).pk)
    return path if path.exists() else None


def rejects_path(import_id: int) -> Path:
    """Where the rejected rows of an import lie."""
    return Path(settings.DATA_DIRECTORY) / "imports" / f"rejects-{import_id}.csv"


def summary_of(fact_import: FactImport, *, already_imported: bool = False) -> ImportSummary:
    """An import as others see it."""
    return ImportSummary(
        id=fact_import.pk,
        file_name=fact_import.file_name,
        source=fact_import.source,
        as_of=fact_import.as_of,
        state=fact_import.state,
        rows_done=fact_import.rows_done,
        rows_total=fact_import.rows_total,
        created=fact_import.created,
        changed=fact_import.changed,
        unchanged=fact_import.unchanged,
        confirmed=fact_import.confirmed,
        rejected=fact_import.rejected,
        demonstration=fact_import.demonstration,
        started_by_name=fact_import.started_by_name,
        started_at=fact_import.started_at,
        finished_at=fact_import.finished_at,
        message=fact_import.message,
        already_imported=already_imported,
        about=fact_import.about,
        rejects_kept_until=rejects_kept_until(fact_import),
    )


def _visible(actor: Actor, import_id: int) -> FactImport:
    scope = actor.require(_PERMISSION)
    found = scope.filter(FactImport.objects.filter(pk=import_id), region="region__path").first()
    if found is None:
        raise ImportNotFound(
            f"no import {import_id}", message_zh=f"没有找到编号为 {import_id} 的导入", value=import_id
        )
    return found
