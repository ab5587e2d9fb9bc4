"""Appeals of another channel in a table: fill it in, upload it; every mistake has its row and column."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yingshang.areas.appeals.api import InvalidTable, empty_table, import_appeals, served_regions
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.reference.api import get_region
from yingshang.web.forms import status_of_form
from yingshang.web.refusals import refuse_each

from .forms import ImportForm

REGISTER = "appeals.register"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(REGISTER)
def import_table(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Upload a table: all of it is taken in, or nothing and what is wrong is listed."""
    actor = actor_from(request)
    form = ImportForm(request.POST or None, request.FILES or None, regions=_regions(actor))
    refusal: InvalidTable | None = None
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            done = import_appeals(
                actor=actor,
                content=file.read(),
                name=file.name,
                region_code=form.cleaned_data["region"],
                now=timezone.now(),
            )
        except InvalidTable as error:
            refusal = error
            refuse_each(form, error)
        else:
            told = _("已登记 %(new)s 件；另有 %(again)s 件以前登记过，没有重复登记。")
            new = len(done.appeals) - done.again
            messages.success(request, told % {"new": new, "again": done.again})
            return redirect("appeals_desk:appeals")
    return render(
        request,
        "appeals/importing/import.html",
        {
            "form": form,
            "errors": refusal.details["errors"] if refusal else (),
            "more": refusal.details["more"] if refusal else 0,
            "crumbs": [(_("诉求办理"), reverse("appeals_desk:appeals")), (_("导入诉求"), None)],
        },
        status=status_of_form(form),
    )


@needs(REGISTER)
@require_GET
def table(request: HttpRequest) -> HttpResponse:
    """The empty table to fill in."""
    answer = HttpResponse(empty_table(), content_type=_XLSX)
    answer["Content-Disposition"] = 'attachment; filename="appeals.xlsx"'
    return answer


def _regions(actor: Actor) -> list[tuple[str, str]]:
    scope = actor.scope(REGISTER)
    return [
        (each.code, each.full_name)
        for each in served_regions()
        if scope.covers("subtree", agency_id=0, region_path=get_region(each.code).path)
    ]
