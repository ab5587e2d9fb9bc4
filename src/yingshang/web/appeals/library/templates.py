"""Texts replies begin with: those of one's agency and place, and those of the platform."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import (
    TemplateView,
    default_templates,
    keeping_agencies,
    kept_template,
    kept_templates,
    retire_template,
    save_template,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions

from .forms import TemplateForm, TextFilter
from .tables import TemplateTable

KEEP = "appeals.keep_answers"


@needs(KEEP)
def template_list(request: HttpRequest) -> HttpResponseBase:
    """The templates of one's reach, and below them the platform's."""
    actor = actor_from(request)
    filters = TextFilter(request.GET)
    text = filters.values.get("text", "")

    def fetch(order: str, page: int, per_page: int) -> Any:
        return kept_templates(actor=actor, text=text, offset=(page - 1) * per_page, limit=per_page)

    listing = Listing(request, TemplateTable, fetch, name="templates", filters=filters)
    return listing.respond("appeals/library/templates.html", {"defaults": default_templates()})


@needs(KEEP)
def new_template(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Write one."""
    return _edit(request, None)


@needs(KEEP)
def template(request: HttpRequest, template_id: int) -> HttpResponse | HttpResponseRedirect:
    """Change one."""
    return _edit(request, kept_template(actor=actor_from(request), template_id=template_id))


@needs(KEEP)
@require_POST
def retire(request: HttpRequest, template_id: int) -> HttpResponseRedirect:
    """Nobody is offered it any more."""
    retire_template(actor=actor_from(request), template_id=template_id, now=timezone.now())
    messages.success(request, _("模板已停用。"))
    return redirect("appeals_desk:templates")


def _edit(request: HttpRequest, kept: TemplateView | None) -> HttpResponse | HttpResponseRedirect:
    actor = actor_from(request)
    agencies = keeping_agencies(actor)
    initial: dict[str, Any] = {}
    if kept is not None:
        own = next((number for number, name in agencies if name == kept.agency_name), None)
        whose = f"agency:{own}" if own is not None else f"region:{kept.region_path}"
        initial = {"name": kept.name, "text": kept.text, "topic": kept.topic, "whose": whose}
    form = TemplateForm(
        request.POST if request.method == "POST" else None,
        regions=reached_regions(actor, KEEP),
        agencies=agencies,
        initial=initial,
    )
    if form.is_bound and form.is_valid():
        try:
            save_template(actor=actor, template_id=kept.id if kept else None, now=timezone.now(), **form.told)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("模板已保存。"))
            return redirect("appeals_desk:templates")
    name = kept.name if kept else _("新建模板")
    return render(
        request,
        "appeals/library/template.html",
        {
            "form": form,
            "kept": kept,
            "name": name,
            "crumbs": [(_("答复模板"), reverse("appeals_desk:templates")), (name, None)],
        },
        status=status_of_form(form),
    )
