"""Files of facts: sent, taken in by a job, and what they came to."""

from __future__ import annotations

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.parties.api import (
    get_import,
    import_keep_days,
    import_rejects,
    imports,
    rejects_file,
    request_import,
    request_person_import,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from ..forms import ImportFilter, ImportForm, PersonImportForm
from ..tables import ImportTable, RejectTable


@needs("parties.import")
def import_list(request: HttpRequest) -> HttpResponseBase:
    """Every delivery, newest first."""
    actor = actor_from(request)
    filters = ImportFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return imports(actor=actor, order=order, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, ImportTable, fetch, name="imports", order="-started_at", filters=filters)
    return listing.respond("desk/imports.html")


@needs("parties.import")
def import_new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Send a file. It is checked, kept, and taken in by a job."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            import_id, _ = request_import(
                actor=actor_from(request),
                file=values["file"],
                file_name=values["file"].name,
                as_of=values["as_of"],
                source=values["source"] or None,
                now=timezone.now(),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("desk:import", import_id=import_id)
    return render(
        request,
        "desk/import_new.html",
        {
            "form": form,
            "most": settings.API_UPLOAD_LIMIT,
            "facts_url": reverse("administration:facts"),
            "keep_days": import_keep_days(),
        },
        status=status_of_form(form),
    )


@needs("parties.import")
def import_persons_new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Send a file of persons. It is checked, taken in by a job, and removed."""
    form = PersonImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            import_id, _ = request_person_import(
                actor=actor_from(request), file=file, file_name=file.name, now=timezone.now()
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("desk:import", import_id=import_id)
    return render(
        request,
        "desk/import_persons_new.html",
        {"form": form, "most": settings.API_UPLOAD_LIMIT},
        status=status_of_form(form),
    )


@needs("parties.import")
def import_detail(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """One delivery: how far it is, what it came to, and the rows it did not take."""
    actor = actor_from(request)
    found = get_import(actor=actor, import_id=import_id)
    htmx = request.htmx  # type: ignore[attr-defined]
    if htmx and htmx.target == "import-state":
        response = render(request, "desk/import_state.html", {"import": found})
        if found.state != "running":
            # The rows that were rejected are known only now.
            response["HX-Refresh"] = "true"
        return response

    def fetch(order: str, page: int, per_page: int) -> Page:
        return import_rejects(actor=actor, import_id=import_id, page=page, per_page=per_page)

    listing = Listing(request, RejectTable, fetch, name=f"rejects-{import_id}")
    until = found.rejects_kept_until
    forgotten = until is not None and until < timezone.localdate()
    return listing.respond("desk/import.html", {"import": found, "forgotten": forgotten})


@needs("parties.import")
def import_rejects_file(request: HttpRequest, import_id: int) -> FileResponse:
    """The rejected rows as they came, with the reasons, to be mended and sent again."""
    path = rejects_file(actor=actor_from(request), import_id=import_id)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
