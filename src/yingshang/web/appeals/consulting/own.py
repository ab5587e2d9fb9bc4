"""A consultation that who said the appeal was invited to: with an account, or by number and key."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from yingshang.areas.appeals.api import give_own_statement, own_consultation
from yingshang.kernel.access.api import actor_from, open_to_everybody, signed_in
from yingshang.rules.errors import DomainError
from yingshang.web.api.limits import subject_of, use
from yingshang.web.refusals import refuse_each, status_of_refused

from ..saying.by_key import OPENED, by_key
from .forms import OwnStatementForm


@signed_in
def own(request: HttpRequest, appeal_id: int, consultation_id: int) -> HttpResponse | HttpResponseRedirect:
    """One consultation about one of one's own appeals."""
    subject = f"appeals:{subject_of(request, actor_from(request))[1]}"
    crumbs = [
        (_("我的诉求"), reverse("appeals:mine")),
        (_("诉求"), reverse("appeals:appeal", args=[appeal_id])),
        (_("联合会商"), None),
    ]
    return _page(request, appeal_id, consultation_id, key="", subject=subject, crumbs=crumbs)


@open_to_everybody
@never_cache
def followed(request: HttpRequest, consultation_id: int) -> HttpResponse | HttpResponseRedirect:
    """The same for the appeal that was opened in this session with its key."""
    opened = request.session.get(OPENED)
    if opened is None:
        return redirect("appeals:follow")
    crumbs = [
        (_("查询诉求"), reverse("appeals:follow")),
        (_("诉求"), reverse("appeals:followed")),
        (_("联合会商"), None),
    ]
    return _page(
        request,
        opened["id"],
        consultation_id,
        key=opened["key"],
        subject=by_key(opened["id"]),
        crumbs=crumbs,
    )


def _page(
    request: HttpRequest,
    appeal_id: int,
    consultation_id: int,
    *,
    key: str,
    subject: str,
    crumbs: list[tuple[str, str | None]],
) -> HttpResponse | HttpResponseRedirect:
    actor, now = actor_from(request), timezone.now()
    form = OwnStatementForm(request.POST if request.method == "POST" else None)
    asked: dict[str, Any] = {"actor": actor, "appeal_id": appeal_id, "consultation_id": consultation_id}
    if form.is_bound and form.is_valid():
        try:
            use("appeals", subject, now=now)
            give_own_statement(**asked, body=form.cleaned_data["body"], key=key, now=now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已发言，参加会商的单位都能看到。"))
            return redirect(request.path)
    return render(
        request,
        "appeals/consulting/own.html",
        {"consultation": own_consultation(**asked, key=key), "form": form, "crumbs": crumbs},
        status=status_of_refused(form),
    )
