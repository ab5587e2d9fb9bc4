"""None this quarter: a unit says that it has signed no contract, rather than nothing at all."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.contracts.api import declare_none, own_units, quarters, withdraw_none
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.refusals import refuse_each

from ..steps import StepForm, text_field

REGISTER = "contracts.register"
_WHAT = ("declare", "withdraw")


class NoteForm(StepForm):
    """What there is to say about it."""

    note = text_field(gettext_lazy("说明"), rows=2, required=False)


class ReasonForm(StepForm):
    """Why it is taken back."""

    reason = text_field(gettext_lazy("撤回的原因"), rows=2)


@needs(REGISTER)
def none(request: HttpRequest) -> HttpResponse:
    """The quarters of one's units: what was signed in each, what was said, what may be said now."""
    return render(request, "contracts/registering/quarters.html", _shown(actor_from(request)))


@needs(REGISTER)
@require_POST
def say_none(
    request: HttpRequest, agency_id: int, year: int, quarter: int, what: str
) -> HttpResponse | HttpResponseRedirect:
    """Say it, or take it back."""
    actor, now = actor_from(request), timezone.now()
    if what not in _WHAT or agency_id not in {
        each.id for each in own_units(actor=actor, permission=REGISTER)
    }:
        raise Http404
    place = {"agency_id": agency_id, "year": year, "quarter": quarter}
    form: StepForm = (NoteForm if what == "declare" else ReasonForm)(
        request.POST, auto_id=f"q-{agency_id}-{year}-{quarter}-%s"
    )
    if form.is_valid():
        act: Any = declare_none if what == "declare" else withdraw_none
        try:
            act(actor=actor, **place, **form.cleaned_data, now=now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已申报。") if what == "declare" else _("已撤回。"))
            return redirect("contracts_desk:none")
    context = _shown(actor, bound=((agency_id, year, quarter), form))
    return render(request, "contracts/registering/quarters.html", context, status=status_of_form(form))


def _shown(actor: Actor, *, bound: tuple[tuple[int, int, int], StepForm] | None = None) -> dict[str, Any]:
    units = []
    now = timezone.now()
    for unit in own_units(actor=actor, permission=REGISTER):
        rows = []
        for each in quarters(actor=actor, agency=unit.id, now=now):
            place = (each.agency_id, each.year, each.quarter)
            form: StepForm | None = None
            if bound and bound[0] == place:
                form = bound[1]
            elif each.may:
                form = (NoteForm if "declared" in each.may else ReasonForm)(
                    auto_id=f"q-{each.agency_id}-{each.year}-{each.quarter}-%s"
                )
            what = "declare" if "declared" in each.may else "withdraw"
            url = reverse("contracts_desk:say-none", args=[*place, what])
            rows.append((each, form, url, what, bool(bound and bound[0] == place)))
        units.append((unit, rows))
    return {
        "units": units,
        "crumbs": [(_("合同登记与履约"), reverse("contracts_desk:contracts")), (_("本季度无合同"), None)],
    }
