"""Contracts that come in a file: sent, taken in by a job, what they came to, what was wrong; and given out as OCDS."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yingshang.areas.contracts.api import (
    empty_table,
    export_package,
    gathering_rules,
    import_batch,
    import_batches,
    rejected_rows,
    request_import,
    retry_import,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page, page_of

from .forms import ImportFilter, ImportForm
from .tables import ImportTable, ProblemTable

REGISTER, REVIEW, VIEW = "contracts.register", "contracts.review", "contracts.view"
_CRUMB = 36
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(REGISTER, REVIEW)
def imports(request: HttpRequest) -> HttpResponseBase:
    """Every batch, newest first."""
    actor = actor_from(request)
    filters = ImportFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return import_batches(
            actor=actor, order=order, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(
        request, ImportTable, fetch, name="contract-imports", order="-started_at", filters=filters
    )
    return listing.respond(
        "contracts/importing/imports.html",
        {"crumbs": _crumbs((_("导入合同"), None)), "may_register": actor.may(REGISTER)},
    )


@needs(REGISTER)
def import_new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Send a file. It is kept, and taken in by a job."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch_id = request_import(
                actor=actor_from(request), file=file, name=file.name, now=timezone.now()
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("contracts_desk:import", batch_id=batch_id)
    return render(
        request,
        "contracts/importing/new.html",
        {
            "form": form,
            "most": settings.API_UPLOAD_LIMIT,
            "keep_days": gathering_rules().keep_days,
            "crumbs": _crumbs((_("导入合同"), reverse("contracts_desk:imports")), (_("导入文件"), None)),
        },
        status=status_of_form(form),
    )


@needs(REGISTER)
@require_GET
def import_table(request: HttpRequest) -> HttpResponse:
    """The empty table to fill in."""
    answer = HttpResponse(empty_table(), content_type=_XLSX)
    answer["Content-Disposition"] = 'attachment; filename="contracts.xlsx"'
    return answer


@needs(REGISTER, REVIEW)
def import_one(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """One batch: how far it is, what it came to, and the first of its mistakes."""
    found = import_batch(actor=actor_from(request), batch_id=batch_id)
    running = found.row.state in ("waiting", "running")
    htmx = request.htmx  # type: ignore[attr-defined]
    if htmx and htmx.target == "import-state":
        response = render(
            request,
            "contracts/importing/_state.html",
            {"batch": found.row, "running": running, "found": found},
        )
        if not running:
            # What was wrong is known only now.
            response["HX-Refresh"] = "true"
        return response

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(found.problems, order, page, per_page)

    listing = Listing(request, ProblemTable, fetch, name=f"contract-problems-{batch_id}")
    return listing.respond(
        "contracts/importing/one.html",
        {
            "batch": found.row,
            "found": found,
            "running": running,
            "more": found.row.problem_count - len(found.problems),
            "crumbs": _crumbs(
                (_("导入合同"), reverse("contracts_desk:imports")),
                # The whole name is the heading, where it breaks.
                (Truncator(found.row.name).chars(_CRUMB), None),
            ),
        },
    )


@needs(REGISTER)
@require_GET
def import_rejects(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    """The rows that were not taken, as they came, with what is to be mended."""
    pieces = rejected_rows(actor=actor_from(request), batch_id=batch_id)
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rejects-{batch_id}.csv"'
    return answer


@needs(REGISTER)
@require_POST
def import_retry(request: HttpRequest, batch_id: int) -> HttpResponseRedirect:
    """Let a batch that failed go on."""
    try:
        retry_import(actor=actor_from(request), batch_id=batch_id, now=timezone.now())
    except DomainError as error:
        messages.error(request, message_of(error))
    return redirect("contracts_desk:import", batch_id=batch_id)


@needs(VIEW)
@require_GET
def export_ocds(request: HttpRequest) -> JsonResponse:
    """The open, reviewed contracts within reach as a release package of OCDS."""
    after = request.GET.get("after", "")
    package, more = export_package(
        actor=actor_from(request),
        uri=request.build_absolute_uri(),
        now=timezone.now(),
        after_id=int(after) if after.isdecimal() and len(after) < 19 else 0,
        limit=gathering_rules().most_exported,
    )
    answer = JsonResponse(package, json_dumps_params={"ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="releases.json"'
    if more is not None:
        following = f"{request.path}?after={more}"
        answer["Link"] = f'<{following}>; rel="next"'
    return answer


def _crumbs(*rest: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [(_("合同"), reverse("contracts_desk:contracts")), *rest]
