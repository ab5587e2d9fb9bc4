"""Messages: what templates say, how the outbox stands, the platform's rules, and the list of sensitive words."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.notices.api import (
    InvalidTemplate,
    TextTemplateView,
    change_rules,
    channels,
    deliveries,
    delivery_counts,
    discard_text_draft,
    get_text_template,
    outbox_lag,
    platform_rules,
    preview_text,
    publish_text,
    retry_delivery,
    save_text_draft,
    text_templates,
    word_list,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page, page_of
from yingshang.web.messages import kind_name
from yingshang.web.words import MESSAGE_STATES, in_language

from ..message_forms import OutboxFilter, RulesForm, TemplateFilter, TextForm
from ..message_tables import OutboxTable, TextTemplateTable

MANAGE = "notices.manage_templates"


@needs(MANAGE)
def template_list(request: HttpRequest) -> HttpResponseBase:
    """The templates of the actor's regions."""
    filters = TemplateFilter(request.GET)
    wanted = str(filters.values.get("text", "")).lower()
    kind = filters.values.get("kind", "")
    rows = [
        each
        for each in text_templates(actor=actor_from(request))
        if wanted in f"{each.code} {each.name} {each.name_en}".lower() and kind in ("", each.kind)
    ]

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(rows, order, page, per_page)

    listing = Listing(request, TextTemplateTable, fetch, name="message-templates", filters=filters)
    return listing.respond("administration/message_templates.html")


@needs(MANAGE)
def template(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """One template: its words to be changed, looked at before they are saved, and its versions."""
    actor = actor_from(request)
    found = get_text_template(actor=actor, code=code)
    shown = found.draft or found.published
    form = TextForm(request.POST or None, initial=TextForm.initial_of(shown.texts if shown else {}))
    preview: Any = None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            preview, problems = preview_text(actor=actor, code=code, texts=form.texts)
            _tell(
                form,
                [(each.language, each.part, each.line, each.message, each.message_zh) for each in problems],
            )
        else:
            try:
                save_text_draft(actor=actor, code=code, texts=form.texts, now=timezone.now())
            except InvalidTemplate as error:
                _tell(
                    form,
                    [
                        (each["language"], each["part"], each["line"], each["message"], each["message_zh"])
                        for each in error.details["problems"]
                    ],
                )
            else:
                messages.success(request, _("草稿已保存，发布后生效"))
                return redirect("administration:message-template", code=code)
    return render(
        request,
        "administration/message_template.html",
        {
            "template": found,
            "name": in_language(found.name, found.name_en),
            "kind": kind_name(found.kind),
            "form": form,
            "preview": list((preview or {}).items()),
            "pairs": _pairs(found),
        },
        status=status_of_form(form),
    )


@needs(MANAGE)
@require_POST
def template_publish(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Messages have the draft's words from now on."""
    number = publish_text(actor=actor_from(request), code=code, now=timezone.now())
    messages.success(request, _("版本 %(number)d 已发布") % {"number": number})
    return redirect("administration:message-template", code=code)


@needs(MANAGE)
@require_POST
def template_discard(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Throw the draft away."""
    discard_text_draft(actor=actor_from(request), code=code, now=timezone.now())
    messages.success(request, _("草稿已放弃"))
    return redirect("administration:message-template", code=code)


@needs(MANAGE)
def rules(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Quiet hours, how long messages are kept, which channels are set up, and the sensitive words."""
    now_in_force = platform_rules()
    initial: dict[str, Any] = dict(now_in_force.keep_days)
    if now_in_force.quiet:
        initial |= {"quiet_from": now_in_force.quiet.start, "quiet_until": now_in_force.quiet.end}
    form = RulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            change_rules(
                actor=actor_from(request),
                quiet_from=values["quiet_from"],
                quiet_until=values["quiet_until"],
                keep_days={name: values[name] for name in now_in_force.keep_days},
                now=timezone.now(),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("消息规则已保存"))
            return redirect("administration:message-rules")
    return render(
        request,
        "administration/message_rules.html",
        {
            "form": form,
            "rules": now_in_force,
            "channels": [
                (in_language(each.name, each.name_en), each.is_configured(), each.reports)
                for each in channels()
            ],
            "words": word_list(),
        },
        status=status_of_form(form),
    )


@needs("notices.view_outbox")
def outbox(request: HttpRequest) -> HttpResponseBase:
    """How messages were delivered: not what they say, and addresses masked."""
    actor = actor_from(request)
    filters = OutboxFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return deliveries(actor=actor, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, OutboxTable, fetch, name="outbox", filters=filters)
    counts = delivery_counts(actor=actor)
    lag = outbox_lag(timezone.now())
    return listing.respond(
        "administration/outbox.html",
        {
            "tiles": [
                {
                    "state": state,
                    "name": MESSAGE_STATES[state],
                    "count": counts[state],
                    "tone": tone,
                    "icon": icon,
                }
                for state, tone, icon in (
                    ("queued", "", "hourglass"),
                    ("sent", "note", "send"),
                    ("delivered", "good", "check"),
                    ("read", "good", "mail-opened"),
                    ("failed", "bad" if counts["failed"] else "", "circle-x"),
                )
            ],
            "overdue": lag.overdue,
            "minutes": int(lag.oldest.total_seconds() // 60),
            "may_retry": actor.may("notices.retry"),
        },
    )


@needs("notices.retry")
@require_POST
def outbox_retry(request: HttpRequest, message_id: int) -> HttpResponseRedirect:
    """Send what failed once more."""
    try:
        retry_delivery(actor=actor_from(request), message_id=message_id, now=timezone.now())
    except DomainError as error:
        if error.code == "notices.message_not_found":
            raise
        messages.error(
            request, error.message if (get_language() or "").startswith("en") else error.message_zh
        )
    else:
        messages.success(request, _("已重新排队发送"))
    return redirect("administration:outbox")


def _tell(form: TextForm, problems: list[tuple[str, str, int, str, str]]) -> None:
    """Each problem at its field, with its line."""
    for language, part, line, message, message_zh in problems:
        where = _("第%(line)d行：") % {"line": line}
        form.add_error(form.field_of(language, part), where + in_language(message_zh, message))


def _pairs(found: TextTemplateView) -> list[tuple[str, str]]:
    return [
        (_("代码"), found.code),
        (_("种类"), kind_name(found.kind)),
        (_("静默时段"), _("不等，立即发送") if found.urgent else _("等到结束再发")),
        (_("可用变量"), "、".join(f"{{{{ {name} }}}}" for name in found.fields) or _("没有")),
        (_("其中保密的"), "、".join(f"{{{{ {name} }}}}" for name in found.secret) or _("没有")),
    ]
