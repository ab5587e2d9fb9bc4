"""Many contracts that wait for review, registered together: those that were picked, or all of a batch."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.contracts.api import (
    contract_rules,
    register_contracts,
    request_registering,
    waiting_to_register,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of

REVIEW = "contracts.review"


@needs(REVIEW)
@require_POST
def register_many(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Register what was picked, all of the page, or what waits of a batch. A few are registered at once, and what was
    refused is told with why; more go to a job, whose page says how far it is.
    """
    actor, now = actor_from(request), timezone.now()
    batch = _number(request.POST.get("batch", ""))
    name = "listed" if "all" in request.POST else "contract"
    picked = [each for each in map(_number, request.POST.getlist(name)) if each is not None]
    waits = f"{reverse('contracts_desk:contracts')}?tab=review" + (f"&batch={batch}" if batch else "")
    count = len(picked) if batch is None else waiting_to_register(actor=actor, batch_id=batch)
    if not count:
        messages.error(request, _("没有选中等待您审核的合同"))
        return redirect(waits)
    if count > contract_rules().registered_at_once:
        try:
            job = request_registering(actor=actor, contract_ids=picked, batch_id=batch, now=now)
        except DomainError as error:
            messages.error(request, message_of(error))
            return redirect(waits)
        if actor.may("jobs.view"):
            return redirect("administration:job", job)
        messages.success(request, _("正在后台登记，办完后通知您"))
        return redirect(waits)
    found = register_contracts(actor=actor, contract_ids=picked, batch_id=batch, now=now)
    if found.registered:
        messages.success(request, _("已登记 %(count)s 份合同") % {"count": found.registered})
    elif not found.refused_count:
        messages.error(request, _("没有选中等待您审核的合同"))
    if not found.refused_count:
        return redirect(waits)
    return render(
        request,
        "contracts/registering/register_many.html",
        {"found": found, "waits": waits, "more": found.refused_count - len(found.refused)},
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
