"""The register of experts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.claims.api import add_expert, change_expert, experts, get_expert, possible_experts
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form

from .forms import ChangeExpertForm, NewExpertForm

EXPERTS, MOST = "claims.manage_experts", 200


@needs(EXPERTS)
def expert_list(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Everybody of the register within one's reach; somebody is put in here."""
    actor, now = actor_from(request), timezone.now()
    people = possible_experts(actor=actor, today=timezone.localdate(now))
    form = NewExpertForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            add_expert(actor=actor, now=now, **form.given)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已加入专家库。"))
            return redirect("claims_desk:experts")
    text = request.GET.get("text", "")[:60]
    found, total = experts(actor=actor, text=text, limit=MOST)
    return render(
        request,
        "claims/assessing/experts.html",
        {"experts": found, "total": total, "form": form, "people": people, "text": text},
        status=status_of_form(form),
    )


@needs(EXPERTS)
def expert(request: HttpRequest, expert_id: int) -> HttpResponse | HttpResponseRedirect:
    """One of them; what is known is changed here."""
    actor = actor_from(request)
    found = get_expert(actor=actor, expert_id=expert_id)
    starting = {
        "fields_known": "、".join(found.fields),
        "employer_name": found.employer_name,
        "employer_code": found.employer_code,
        "active": found.active,
    }
    form = ChangeExpertForm(request.POST or None, initial=starting)
    if request.method == "POST" and form.is_valid():
        try:
            change_expert(actor=actor, expert_id=expert_id, now=timezone.now(), **form.given)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("专家信息已保存。"))
            return redirect("claims_desk:experts")
    return render(
        request,
        "claims/assessing/expert.html",
        {"expert": found, "form": form},
        status=status_of_form(form),
    )
