"""What somebody types into a form, kept as they type."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.forms.api import (
    DraftConflict,
    build_form,
    discard_draft,
    files_by_field,
    files_of_filling,
    get_draft,
    get_form,
    save_draft,
    take_back_displaced,
)

from ..filling import KEY, PREVAIL, REVISION, usable_key


@needs("forms.fill_own")
@require_POST
def form_draft(request: HttpRequest) -> HttpResponseBase:
    """Keep what was typed; told in a fragment. Or lay one window's text aside, or throw all of it away."""
    actor, now = actor_from(request), timezone.now()
    sent = request.POST
    where: dict[str, Any] = {
        "actor": actor,
        "form_code": sent.get("_form", ""),
        "subject": sent.get("_subject", ""),
        "party_id": int(number) if (number := sent.get("_party", "")).isdecimal() and len(number) < 16 else 0,
        "now": now,
    }
    if "_discard" in sent:
        discard_draft(**where)
        messages.success(request, _("已清空"))
        return _back(request)
    if "_take_back" in sent:
        take_back_displaced(**where)
        return _back(request)
    version = get_form(where["form_code"])
    form = build_form(version, data=sent, language=get_language() or "zh-hans")
    data = form.everything
    known = sent.get(REVISION, "")
    key = usable_key(sent.get(KEY, ""))
    before = get_draft(**{name: value for name, value in where.items() if name != "now"})
    if any(field.kind == "files" for field in version.fields.values()):
        data = files_by_field(version, data, files_of_filling(actor=actor, key=before.key if before else key))
    try:
        draft = save_draft(
            **where,
            data=data,
            expected_revision=int(known) if known.isdecimal() and len(known) < 9 else None,
            prevail=PREVAIL in sent or "_yield" in sent,
            key=key,
        )
    except DraftConflict as conflict:
        return render(
            request, "design/forms/draft_state.html", {"conflict": conflict, "draft": before}, status=409
        )
    if "_yield" in sent and draft.displaced:
        # This window gives way: what it had typed is laid aside instead.
        take_back_displaced(**where)
        response = HttpResponse(status=204)
        response.headers["HX-Refresh"] = "true"
        return response
    response = render(request, "design/forms/draft_state.html", {"draft": draft})
    visible = sorted(version.specification.visible(data))
    response.headers["HX-Trigger"] = json.dumps({"forms:visible": {"fields": visible}})
    return response


def _back(request: HttpRequest) -> HttpResponse:
    address = request.POST.get("_next", "")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return redirect(address if safe else "portal:home")
