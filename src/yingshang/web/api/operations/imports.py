"""Facts delivered as files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from ninja.responses import Status

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.parties.api import get_import, import_rejects, imports, request_import
from yingshang.web.uploads import check_subjects_file

from .. import cursors
from ..problems import invalid

router = Router(tags=["导入 · Imports"])


class ImportIn(Schema):
    """What a file of facts is."""

    as_of: date = Field(description="数据日期 · the day the facts are of")
    source: str = Field(
        "", max_length=60, description="来源机构；缺省按事实目录 · who says so; by the catalogue when absent"
    )


class ImportOut(Schema):
    """One delivery, and what it came to so far. `state`: running, done, failed."""

    id: int
    file_name: str
    source: str
    as_of: date
    state: str
    rows_done: int
    rows_total: int | None
    created: int
    changed: int
    unchanged: int
    rejected: int
    started_by_name: str
    started_at: datetime
    finished_at: datetime | None
    message: str


class RequestedOut(Schema):
    """An import that was taken on, and the job that does it."""

    import_id: int
    job_id: int


class ImportQuery(cursors.PageQuery):
    """Which imports."""

    state: str = Field("", max_length=10)
    text: str = Field("", max_length=100, description="文件名中的文字 · part of the file's name")


class ReasonOut(Schema):
    """One reason why a row was not taken."""

    code: str
    column: str | None
    message: str
    message_zh: str


class RejectOut(Schema):
    """A row that was not taken, with every reason."""

    row: int
    line: int | None
    subject: str
    reasons: list[ReasonOut]


@router.get("/imports", response=cursors.Page[ImportOut], summary="导入 · Imports")
@needs("parties.import")
def list_imports(request: HttpRequest, response: HttpResponse, query: Query[ImportQuery]) -> dict[str, Any]:
    """The deliveries to one's regions, newest first."""
    place = cursors.read_cursor(request, query.cursor)
    found = imports(
        actor=actor_from(request),
        state=query.state or None,
        text=query.text,
        before_id=int(place[0]) if place else None,
        order="-id",
        per_page=query.limit + 1,
    )
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.id])


@router.post("/imports", response={202: RequestedOut}, summary="导入文件 · Import a file")
@needs("parties.import")
def start_import(
    request: HttpRequest, response: HttpResponse, file: File[UploadedFile], about: Form[ImportIn]
) -> Status[dict[str, int]]:
    """Deliver a CSV, Excel or Parquet file of facts by credit code. A job takes it in; `Location` says how far."""
    try:
        check_subjects_file(file)
    except ValidationError as error:
        raise invalid(
            [{"field": "body.file", "code": str(error.code), "detail": "".join(error.messages)}]
        ) from error
    import_id, job_id = request_import(
        actor=actor_from(request),
        file=file,
        file_name=file.name or "",
        as_of=about.as_of,
        source=about.source or None,
        now=timezone.now(),
    )
    response["Location"] = f"/api/v1/imports/{import_id}"
    return Status(202, {"import_id": import_id, "job_id": job_id})


@router.get("/imports/{int:import_id}", response=ImportOut, summary="一次导入 · One import")
@needs("parties.import")
def get_one_import(request: HttpRequest, import_id: int) -> Any:
    """One delivery: how far it is, and what it came to."""
    return get_import(actor=actor_from(request), import_id=import_id)


@router.get(
    "/imports/{int:import_id}/rejects", response=cursors.Page[RejectOut], summary="剔除的行 · Rejected rows"
)
@needs("parties.import")
def list_import_rejects(
    request: HttpRequest, response: HttpResponse, import_id: int, query: Query[cursors.PageQuery]
) -> dict[str, Any]:
    """The rows that were not taken, with every reason, in the order of the file."""
    place = cursors.read_cursor(request, query.cursor)
    found = import_rejects(
        actor=actor_from(request),
        import_id=import_id,
        after_row=int(place[0]) if place else None,
        per_page=query.limit + 1,
    )
    return cursors.page(request, response, found.rows, limit=query.limit, key=lambda each: [each.row])
