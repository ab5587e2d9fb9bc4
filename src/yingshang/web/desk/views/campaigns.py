"""Messages to many: written, searched for sensitive words, sent by a job, and what they came to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.notices.api import (
    CampaignView,
    ListRow,
    SensitiveWords,
    WrongCampaignState,
    campaign_deliveries,
    campaign_progress,
    campaign_statistics,
    campaign_unreached,
    cancel_campaign,
    change_campaign,
    create_campaign,
    decide_override,
    find_words,
    get_campaign,
    pause_campaign,
    preview_campaign,
    recall_campaign,
    resend_to_unread,
    resume_campaign,
    rows_of_file,
    rows_of_text,
    set_campaign_list,
    submit_campaign,
    word_list,
)
from yingshang.kernel.notices.api import campaigns as find_campaigns
from yingshang.kernel.reference.api import find_industry, find_region, get_fact
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page
from yingshang.web.messages import channel_name, kind_name
from yingshang.web.words import FACT_OPERATORS, MESSAGE_STATES, SIZES, STATUSES

from ..campaign_forms import (
    CampaignFilter,
    CampaignForm,
    ListForm,
    RecipientFilter,
    ResendForm,
    SubmitForm,
    VerdictForm,
)
from ..campaign_tables import CampaignTable, RecipientTable, UnreachedTable

SEND = "notices.send_mass"


@needs(SEND)
def campaign_list(request: HttpRequest) -> HttpResponseBase:
    """Those of the actor's regions, newest first."""
    actor = actor_from(request)
    filters = CampaignFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return find_campaigns(actor=actor, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, CampaignTable, fetch, name="mass-messages", filters=filters)
    return listing.respond("desk/campaigns.html")


@needs(SEND)
def campaign_new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The first step: the text and for whom."""
    form = CampaignForm(request.POST or None, initial={"channels": ["in_app"], "status": "存续"})
    if request.method == "POST" and form.is_valid():
        try:
            number = create_campaign(actor=actor_from(request), content=form.content, now=timezone.now())
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("desk:campaign-check", campaign_id=number)
    return render(
        request,
        "desk/campaign_edit.html",
        {"form": form, "steps": _steps("write")},
        status=status_of_form(form),
    )


@needs(SEND)
def campaign_edit(request: HttpRequest, campaign_id: int) -> HttpResponse | HttpResponseRedirect:
    """Rewrite a draft."""
    actor = actor_from(request)
    campaign = _draft(get_campaign(actor=actor, campaign_id=campaign_id))
    fixed = campaign.has_list or campaign.unread_of is not None
    form = CampaignForm(request.POST or None, initial=CampaignForm.initial_of(campaign), fixed=fixed)
    if request.method == "POST" and form.is_valid():
        try:
            change_campaign(actor=actor, campaign_id=campaign_id, content=form.content, now=timezone.now())
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("desk:campaign-check", campaign_id=campaign_id)
    return render(
        request,
        "desk/campaign_edit.html",
        {"form": form, "campaign": campaign, "steps": _steps("write")},
        status=status_of_form(form),
    )


@needs(SEND)
def campaign_recipients(request: HttpRequest, campaign_id: int) -> HttpResponse | HttpResponseRedirect:
    """A list of credit codes instead of the conditions; without one the conditions count again."""
    actor = actor_from(request)
    campaign = _draft(get_campaign(actor=actor, campaign_id=campaign_id))
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, codes = form.cleaned_data["file"], form.cleaned_data["codes"]
        try:
            rows = [] if "remove" in request.POST else _rows(file, codes)
            good = set_campaign_list(actor=actor, campaign_id=campaign_id, rows=rows, now=timezone.now())
        except DomainError as error:
            refuse(form, error)
        else:
            if rows:
                said = _("名单共 %(rows)s 行，其中 %(good)s 家可以发送")
                messages.success(request, said % {"rows": f"{len(rows):,}", "good": f"{good:,}"})
            return redirect("desk:campaign-check", campaign_id=campaign_id)
    return render(
        request,
        "desk/campaign_recipients.html",
        {"form": form, "campaign": campaign, "steps": _steps("write")},
        status=status_of_form(form),
    )


@needs(SEND)
def campaign_check(request: HttpRequest, campaign_id: int) -> HttpResponse | HttpResponseRedirect:
    """The second step: whom it reaches, how it looks, which words are sensitive; then it is sent or scheduled."""
    actor = actor_from(request)
    campaign = _draft(get_campaign(actor=actor, campaign_id=campaign_id))
    form = SubmitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            state = submit_campaign(
                actor=actor,
                campaign_id=campaign_id,
                now=timezone.now(),
                send_at=form.moment,
                override_reason=form.cleaned_data["reason"],
            )
        except SensitiveWords:
            form.add_error("reason", _("有敏感词：请修改内容，或者写明保留的理由。"))
        except DomainError as error:
            refuse(form, error)
        else:
            said = {
                "review": _("已提交，等待另一位人员放行"),
                "scheduled": _("已排期"),
                "sending": _("已开始发送"),
            }
            messages.success(request, said[state])
            return redirect("desk:campaign", campaign_id=campaign_id)
    words = word_list()
    preview = preview_campaign(actor=actor, campaign_id=campaign_id, now=timezone.now())
    return render(
        request,
        "desk/campaign_check.html",
        {
            "form": form,
            "campaign": campaign,
            "preview": preview,
            "sample": [(each, [channel_name(code) for code in each.channels]) for each in preview.sample],
            "texts": list(preview.rendered.items()),
            "findings": find_words(campaign.texts, words),
            "words": words,
            "pairs": _pairs(campaign),
            "problems": campaign_progress(actor=actor, campaign_id=campaign_id).rejected,
            "steps": _steps("check"),
        },
        status=status_of_form(form),
    )


@needs(SEND)
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponseBase:
    """One of them: how far it is, what it came to, and every message; `show=unreached` for who got none."""
    actor = actor_from(request)
    found = get_campaign(actor=actor, campaign_id=campaign_id)
    progress = campaign_progress(actor=actor, campaign_id=campaign_id)
    busy = found.state in ("sending", "scheduled")
    figures = campaign_statistics(actor=actor, campaign_id=campaign_id)
    context = {
        "campaign": found,
        "progress": progress,
        "percent": min(100, progress.done * 100 // progress.recipients) if progress.recipients else None,
        "busy": busy,
        "tiles": [
            {"name": MESSAGE_STATES[state], "count": figures.total[state], "tone": tone, "icon": icon}
            for state, tone, icon in (
                ("queued", "", "hourglass"),
                ("sent", "note", "send"),
                ("delivered", "good", "check"),
                ("read", "good", "mail-opened"),
                ("failed", "bad" if figures.total["failed"] else "", "circle-x"),
            )
        ],
        "figures": figures,
        "states": [(state, MESSAGE_STATES[state]) for state in figures.total],
        "by_channel": [
            (channel_name(code), [each.get(state, 0) for state in figures.total])
            for code, each in sorted(figures.by_channel.items())
        ],
        "by_region": [
            (_region_name(code), [each.get(state, 0) for state in figures.total])
            for code, each in sorted(figures.by_region.items())
        ],
    }
    if request.htmx and request.htmx.target == "campaign-state":  # type: ignore[attr-defined]
        response = render(request, "desk/campaign_state.html", context)
        if not busy:
            response["HX-Refresh"] = "true"
        return response
    unreached = request.GET.get("show") == "unreached"
    filters = None if unreached else RecipientFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        if filters is None:
            return campaign_unreached(actor=actor, campaign_id=campaign_id, page=page, per_page=per_page)
        return campaign_deliveries(
            actor=actor, campaign_id=campaign_id, page=page, per_page=per_page, **filters.values
        )

    table = UnreachedTable if unreached else RecipientTable
    name = f"mass-message-{campaign_id}-{'unreached' if unreached else 'deliveries'}"
    listing = Listing(request, table, fetch, name=name, filters=filters)
    address = reverse("desk:campaign", args=[campaign_id])
    context |= {
        "pairs": _pairs(found),
        "texts": list(found.texts.items()),
        "verdict": VerdictForm() if found.state == "review" and not found.is_own else None,
        "resend": ResendForm(initial={"channels": list(found.channels)})
        if found.state in ("done", "cancelled") and not figures.forgotten
        else None,
        "tabs": [
            {"name": _("逐条送达情况"), "url": address, "here": not unreached, "count": figures.messages},
            {
                "name": _("没有送到的"),
                "url": f"{address}?show=unreached",
                "here": unreached,
                "count": progress.unreached + progress.rejected,
            },
        ],
    }
    return listing.respond("desk/campaign.html", context)


@needs(SEND)
@require_POST
def campaign_steer(request: HttpRequest, campaign_id: int, what: str) -> HttpResponseRedirect:
    """Pause, resume, cancel, recall."""
    actor, now = actor_from(request), timezone.now()
    actions: dict[str, Callable[..., Any]] = {
        "pause": pause_campaign,
        "resume": resume_campaign,
        "recall": recall_campaign,
    }
    if what == "cancel":
        cancel_campaign(
            actor=actor, campaign_id=campaign_id, reason=request.POST.get("reason", "")[:400], now=now
        )
    else:
        actions[what](actor=actor, campaign_id=campaign_id, now=now)
    said = {
        "pause": _("已暂停"),
        "resume": _("继续发送"),
        "recall": _("已撤回为草稿"),
        "cancel": _("已终止"),
    }
    messages.success(request, said[what])
    return redirect("desk:campaign", campaign_id=campaign_id)


@needs(SEND)
@require_POST
def campaign_verdict(request: HttpRequest, campaign_id: int) -> HttpResponseRedirect:
    """Decide about the sensitive words of somebody else's message."""
    actor = actor_from(request)
    get_campaign(actor=actor, campaign_id=campaign_id)
    form = VerdictForm(request.POST)
    if form.is_valid():
        approve = form.cleaned_data["decision"] == "approve"
        decide_override(
            actor=actor,
            campaign_id=campaign_id,
            approve=approve,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, _("已放行") if approve else _("已退回修改"))
    else:
        messages.error(request, _("请选择决定并写明理由"))
    return redirect("desk:campaign", campaign_id=campaign_id)


@needs(SEND)
@require_POST
def campaign_resend(request: HttpRequest, campaign_id: int) -> HttpResponseRedirect:
    """A draft of the same text for the enterprises where nobody has read it."""
    number = resend_to_unread(
        actor=actor_from(request),
        campaign_id=campaign_id,
        channels=request.POST.getlist("channels"),
        now=timezone.now(),
    )
    return redirect("desk:campaign-check", campaign_id=number)


def _rows(file: Any, codes: str) -> list[ListRow]:
    return rows_of_file(file, file.name) if file else rows_of_text(codes)


def _draft(found: CampaignView) -> CampaignView:
    if found.state != "draft":
        raise WrongCampaignState(
            f"the mass message is {found.state}", message_zh="这条群发消息已经提交，撤回后才能修改"
        )
    return found


def _steps(here: str) -> list[dict[str, str]]:
    names = [("write", _("写内容、选对象")), ("check", _("检查")), ("send", _("发送"))]
    position = [code for code, _name in names].index(here)
    return [
        {"name": name, "state": "done" if number < position else "here" if number == position else ""}
        for number, (_code, name) in enumerate(names)
    ]


def _region_name(code: str) -> str:
    region = find_region(code) if code else None
    return region.name if region else code or _("未知")


def _pairs(found: CampaignView) -> list[tuple[str, str]]:
    audience = found.audience
    whom = []
    if found.has_list:
        whom.append(_("名单上的企业"))
    elif found.unread_of:
        whom.append(_("上一次没有人读过的企业"))
    else:
        industry = find_industry(audience.industry) if audience.industry else None
        whom += [
            _region_name(audience.region) if audience.region else _("您的全部范围"),
            industry.name if industry else "",
            str(SIZES.get(audience.size, audience.size)),
            str(STATUSES.get(audience.status, audience.status)),
            *(
                f"{_fact_name(each.column)} {FACT_OPERATORS[each.operator]} {_shown(each.value)}"
                for each in audience.facts
            ),
        ]
    pairs = [
        (_("发给谁"), "，".join(each for each in whom if each)),
        (_("种类"), kind_name(found.kind)),
        (_("渠道"), "、".join(channel_name(each) for each in found.channels)),
        (_("发起人"), found.created_by_name),
    ]
    if found.send_at:
        pairs.append((_("发送时间"), f"{timezone.localtime(found.send_at):%Y-%m-%d %H:%M}"))
    if found.link:
        pairs.append((_("链接"), found.link))
    if found.words_version:
        pairs.append((_("敏感词表版本"), found.words_version))
    return pairs


def _fact_name(column: str) -> str:
    return get_fact(column).name


def _shown(value: str) -> str:
    return {"true": _("是"), "false": _("否")}.get(value, value)
