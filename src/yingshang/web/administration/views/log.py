"""The verifiable log: how it stands, who signs it beside us, and its audit."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, add_cosigner, event_receipt, needs, retire_cosigner
from yingshang.kernel.jobs.api import JobNotFound, JobView, enqueue, get_job
from yingshang.kernel.ledger.api import checkpoints, cosigners, key_views, monitor
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page, Rows

from ..log_forms import CosignerForm
from ..log_tables import CheckpointTable
from ..tasks import audit_the_log

SEE = ("access.view_audit", "access.manage_log")


@needs(*SEE)
def log(request: HttpRequest) -> HttpResponseBase:
    """Size, lag, keys, cosigners, checkpoints, and the audit that was started last."""
    actor = actor_from(request)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return Rows(*checkpoints(page=page, per_page=per_page))

    listing = Listing(request, CheckpointTable, fetch, name="checkpoints")
    return listing.respond(
        "administration/log.html",
        {
            "status": monitor(),
            "keys": key_views(),
            "cosigners": cosigners(),
            "run": _run(request),
            "may_audit": actor.may("access.view_audit"),
            "may_manage": actor.may("access.manage_log"),
        },
    )


def _run(request: HttpRequest) -> JobView | None:
    number = request.GET.get("job", "")
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return None
    try:
        found = get_job(actor=actor_from(request), job_id=int(number))
    except JobNotFound:
        return None
    return found if found.name == audit_the_log.name else None


@needs("access.view_audit")
@require_POST
def log_audit(request: HttpRequest) -> HttpResponseRedirect:
    """Reread the whole log, apart from this request."""
    job_id = enqueue(audit_the_log, actor=actor_from(request), title=_("存证审计"), now=timezone.now())
    return redirect(f"{reverse('administration:log')}?job={job_id}")


@needs("access.manage_log")
def cosigner_add(request: HttpRequest) -> HttpResponse:
    """Take somebody's public key."""
    form = CosignerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_cosigner(actor=actor_from(request), now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("见证方已登记"))
            return redirect("administration:log")
    return render(request, "administration/cosigner_add.html", {"form": form}, status=status_of_form(form))


@needs("access.manage_log")
@require_POST
def cosigner_retire(request: HttpRequest, cosigner_id: int) -> HttpResponseRedirect:
    """Expect nothing more from somebody."""
    retire_cosigner(actor=actor_from(request), cosigner_id=cosigner_id, now=timezone.now())
    messages.success(request, _("见证方已停用"))
    return redirect("administration:log")


@needs("access.view_audit")
def audit_receipt(request: HttpRequest, event_id: int) -> HttpResponse:
    """The receipt of an event, as a file."""
    receipt = event_receipt(actor=actor_from(request), event_id=event_id)
    if receipt is None:
        messages.info(request, _("这条记录还没有归档，请一分钟后再试"))
        return redirect("administration:audit-event", event_id=event_id)
    return HttpResponse(
        json.dumps(receipt, ensure_ascii=False, indent=1),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="receipt-{event_id}.json"'},
    )
