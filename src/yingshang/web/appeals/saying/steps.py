"""What who said it does afterwards: adds, has the word, takes it back; the same with an account and with a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import (
    add_files,
    add_to_appeal,
    confirm_answer,
    dispute_answer,
    rate_appeal,
    reopen_appeal,
    withdraw_appeal,
)
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError
from yingshang.web.api.limits import use
from yingshang.web.errors import message_of, status_of
from yingshang.web.ratings.giving import RateForm

RATED = "appeal"
"""The kind of ratings."""

DONE: dict[str, str | Promise] = {
    "add": _("补充的内容已转给办理单位。"),
    "file": _("附件已添加。"),
    "confirm": _("谢谢，这件诉求已办结。"),
    "dispute": _("已转回办理单位继续办理，期限接着计算。"),
    "reopen": _("已重新办理。"),
    "withdraw": _("诉求已撤回。"),
    "rate": _("谢谢，评价已收到。"),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a step was not taken, and what had been written, so that nothing is lost."""

    what: str
    message: str
    text: str
    status: int = 422


def take(
    request: HttpRequest,
    what: str,
    *,
    actor: Actor,
    appeal_id: int,
    subject: str,
    key: str = "",
    now: datetime,
) -> Refused | None:
    """Take a step, of the allowance of `subject`; a refusal the page shows beside it. Raises what has its own page."""
    if what not in DONE:
        raise Http404
    text, words = request.POST.get("text", ""), request.POST.get("words", "")
    common: dict[str, Any] = {"actor": actor, "appeal_id": appeal_id, "key": key, "now": now}
    try:
        use("appeals", subject, now=now)
        if what == "add":
            add_to_appeal(**common, body=text)
        elif what == "file":
            files = request.FILES.getlist("files")
            if not files:
                return Refused(what, gettext("请选择要添加的附件。"), text)
            add_files(**common, contents=files)
        elif what == "confirm":
            confirm_answer(**common)
        elif what == "dispute":
            dispute_answer(**common, reason=text)
        elif what == "reopen":
            reopen_appeal(**common, reason=text)
        elif what == "rate":
            form = RateForm(request.POST, kind=RATED)
            if not form.is_valid():
                return Refused(what, gettext("请选择一个等级"), words)
            rate_appeal(**common, **form.told)
        else:
            withdraw_appeal(**common, reason=text)
    except DomainError as error:
        if status_of(error) in (403, 404):
            raise
        return Refused(
            what,
            message_of(error),
            words if what == "rate" else text,
            429 if status_of(error) == 429 else 422,
        )
    return None
