"""One's own inbox."""

from __future__ import annotations

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, signed_in
from yingshang.kernel.notices.api import MessageNotFound, get_message, inbox, mark_all_read, mark_read

PER_PAGE = 20


@signed_in
def messages(request: HttpRequest) -> HttpResponse:
    """Newest first; all, or the unread ones."""
    unread_only = request.GET.get("show") == "unread"
    wanted = request.GET.get("page", "1")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 7 else 1
    actor = actor_from(request)
    page = inbox(actor=actor, unread_only=unread_only, page=number, per_page=PER_PAGE)
    if page.page > page.pages:
        page = inbox(actor=actor, unread_only=unread_only, page=page.pages, per_page=PER_PAGE)
    address = reverse("portal:messages")
    return render(
        request,
        "portal/messages.html",
        {
            "page": page,
            "first": (page.page - 1) * PER_PAGE + 1,
            "last_row": (page.page - 1) * PER_PAGE + len(page.rows),
            "unread_only": unread_only,
            "tabs": [
                {"name": _("全部"), "url": address, "here": not unread_only},
                {
                    "name": _("未读"),
                    "url": f"{address}?show=unread",
                    "here": unread_only,
                    "count": page.unread,
                },
            ],
            "crumbs": [(_("首页"), reverse("portal:home")), (_("我的消息"), None)],
        },
    )


@signed_in
@require_POST
def read(request: HttpRequest, message_id: int) -> HttpResponseRedirect:
    """Mark one as read, and go where it leads when that was asked for."""
    actor = actor_from(request)
    message = get_message(actor=actor, message_id=message_id)
    if message is None:
        raise MessageNotFound(f"no message {message_id}", message_zh="没有这条消息", value=message_id)
    mark_read(actor=actor, message_id=message_id, now=timezone.now())
    if "open" in request.POST and url_has_allowed_host_and_scheme(
        message.link, {request.get_host()}, require_https=request.is_secure()
    ):
        return HttpResponseRedirect(message.link)
    return _back(request)


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponseRedirect:
    """Mark every one as read."""
    mark_all_read(actor=actor_from(request), now=timezone.now())
    flash.success(request, _("全部标为已读"))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    address = redirect("portal:messages")
    if request.POST.get("show") == "unread":
        address["Location"] += "?show=unread"
    return address
