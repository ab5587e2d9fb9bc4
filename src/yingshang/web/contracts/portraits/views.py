"""Portraits: on the desk, in the cockpit, for the enterprise itself, and of units for everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.contracts.api import (
    PortraitRow,
    add_portrait_evidence,
    ask_repair,
    behind,
    decide_portrait_objection,
    decide_repair,
    object_to_portrait,
    portrait,
    portrait_request,
    portrait_requests,
    portrait_rules,
    portraits,
    published_unit,
    published_units,
    request_portraits,
)
from yingshang.kernel.access.api import Actor, actor_from, needs, open_to_everybody
from yingshang.rules.errors import DomainError
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions
from yingshang.web.words import in_language

from ..fields import SeveralFiles
from ..steps import StepForm, text_field
from .tables import (
    KINDS,
    EnterpriseTable,
    OwnTable,
    PortraitFilter,
    PortraitTable,
    PublicTable,
    RequestTable,
    behind_table,
    level_name,
)

VIEW, VIEW_OWN, STATE_OWN = "contracts.view", "contracts.view_own", "contracts.state_own"
SUPERVISE, PUBLISH = "contracts.supervise", "contracts.publish"

FIGURES = {
    "all": gettext_lazy("应履行"),
    "on_time": gettext_lazy("按期履行"),
    "late_done": gettext_lazy("逾期履行"),
    "late_open": gettext_lazy("逾期未履行"),
    "disputed": gettext_lazy("有争议"),
    "disagreed": gettext_lazy("双方说法不一"),
}
SUBJECTS = {
    "unit": (gettext_lazy("单位"), PortraitTable),
    "enterprise": (gettext_lazy("企业"), EnterpriseTable),
}


class AskForm(StepForm):
    """Why it should not count, and what shows it."""

    text = text_field(gettext_lazy("理由"))
    evidence = SeveralFiles(
        label=gettext_lazy("证据材料"),
        required=False,
        help_text=gettext_lazy("补充协议、付款凭证、函件等；作出决定的督查人员看得到。"),
    )


class DecideForm(StepForm):
    """Yes or no, and why."""

    good = forms.ChoiceField(label=gettext_lazy("决定"), widget=forms.RadioSelect)
    reason = text_field(gettext_lazy("理由"))

    def __init__(self, *arguments: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        names = {
            "objection": [("yes", _("异议成立，剔除后重新发布")), ("no", _("异议不成立"))],
            "repair": [("yes", _("同意修复，剔除后重新发布")), ("no", _("不予修复"))],
        }
        self.fields["good"].choices = names[kind]  # type: ignore[attr-defined]


class PublishForm(StepForm):
    """Of which region, until which day."""

    region_path = forms.ChoiceField(label=gettext_lazy("地区"))
    until = forms.DateField(
        label=gettext_lazy("截至"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *arguments: Any, regions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["region_path"].choices = regions  # type: ignore[attr-defined]


@needs(VIEW)
def desk_list(request: HttpRequest) -> HttpResponseBase:
    """The newest portraits of one's reach, of units or of enterprises."""
    return _list(request, "contracts/portraits/list.html", "contracts_desk:portraits")


@needs(VIEW)
def cockpit_list(request: HttpRequest) -> HttpResponseBase:
    """The same in the cockpit."""
    return _list(request, "contracts/portraits/cockpit.html", "contracts_cockpit:portraits")


def _list(request: HttpRequest, template: str, name: str) -> HttpResponseBase:
    actor = actor_from(request)
    kind = request.GET.get("kind", "unit")
    kind = kind if kind in SUBJECTS else "unit"
    filters = PortraitFilter(request.GET, regions=reached_regions(actor, VIEW))

    def fetch(order: str, page: int, per_page: int) -> Any:
        return portraits(
            actor=actor, kind=kind, offset=(page - 1) * per_page, limit=per_page, **filters.asked
        )

    listing = Listing(request, SUBJECTS[kind][1], fetch, name=f"portraits-{kind}", filters=filters)
    context = {
        "tabs": [
            {"name": word, "url": f"{reverse(name)}?kind={code}", "here": code == kind, "count": None}
            for code, (word, _table) in SUBJECTS.items()
        ],
        "may_publish": actor.may(PUBLISH),
        "may_decide": actor.may(SUPERVISE),
        "rules": portrait_rules(),
        "levels": _levels(),
    }
    return listing.respond(template, context)


@needs(PUBLISH)
def publish(request: HttpRequest) -> HttpResponse:
    """Have the portraits of a region published; a job does it."""
    actor = actor_from(request)
    sent = request.method == "POST"
    form = PublishForm(
        request.POST if sent else None,
        regions=reached_regions(actor, PUBLISH),
        initial={"until": _last_month(timezone.localdate())},
    )
    if sent and form.is_valid():
        try:
            request_portraits(actor=actor, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("正在生成和发布，完成后可在列表查看。"))
            return redirect("contracts_desk:portraits")
    context = {"form": form, "rules": portrait_rules(), "levels": _levels()}
    return render(request, "contracts/portraits/publish.html", context, status=422 if form.errors else 200)


@needs(VIEW)
def desk_one(request: HttpRequest, portrait_id: int) -> HttpResponseBase:
    """One portrait: its figures, and the obligations behind each."""
    return _one(request, portrait_id, template="contracts/portraits/portrait.html", face="contracts_desk")


@needs(VIEW_OWN)
def own_one(request: HttpRequest, portrait_id: int) -> HttpResponseBase:
    """One portrait of one's own enterprise."""
    return _one(request, portrait_id, template="contracts/portraits/own_portrait.html", face="contracts")


@needs(VIEW_OWN)
def own_list(request: HttpRequest) -> HttpResponseBase:
    """The newest portrait of each enterprise one acts for."""
    actor = actor_from(request)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return portraits(actor=actor, kind="enterprise", offset=(page - 1) * per_page, limit=per_page)

    listing = Listing(request, OwnTable, fetch, name="portraits")
    return listing.respond(
        "contracts/portraits/own_list.html", {"levels": _levels(), "rules": portrait_rules()}
    )


@needs(VIEW)
def desk_ask(request: HttpRequest, portrait_id: int, what: str, obligation_id: int) -> HttpResponse:
    """Object to an obligation being counted, or ask for repair, for one's unit."""
    return _ask(
        request,
        portrait_id,
        what,
        obligation_id,
        template="contracts/portraits/ask.html",
        face="contracts_desk",
    )


@needs(STATE_OWN)
def own_ask(request: HttpRequest, portrait_id: int, what: str, obligation_id: int) -> HttpResponse:
    """The same for one's enterprise."""
    return _ask(
        request,
        portrait_id,
        what,
        obligation_id,
        template="contracts/portraits/own_ask.html",
        face="contracts",
    )


@needs(SUPERVISE)
def requests_page(request: HttpRequest) -> HttpResponseBase:
    """Objections and repairs that wait for a decision, the next due first."""
    actor = actor_from(request)
    every = request.GET.get("all") == "yes"

    def fetch(order: str, page: int, per_page: int) -> Any:
        return portrait_requests(
            actor=actor, open_only=not every, offset=(page - 1) * per_page, limit=per_page
        )

    listing = Listing(request, RequestTable, fetch, name="portrait-requests")
    address = reverse("contracts_desk:portrait-requests")
    tabs = [
        {"name": _("待决定"), "url": address, "here": not every, "count": None},
        {"name": _("全部"), "url": f"{address}?all=yes", "here": every, "count": None},
    ]
    return listing.respond("contracts/portraits/requests.html", {"tabs": tabs})


@needs(SUPERVISE)
def decide(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """One objection, or repair, and the decision on it."""
    if kind not in KINDS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    found = portrait_request(actor=actor, kind=kind, number=number, today=timezone.localdate(now))
    sent = request.method == "POST"
    form = DecideForm(request.POST if sent else None, kind=kind)
    if sent and form.is_valid():
        good, reason = form.cleaned_data["good"] == "yes", form.cleaned_data["reason"]
        try:
            if kind == "objection":
                decide_portrait_objection(
                    actor=actor, objection_id=number, upheld=good, reason=reason, now=now
                )
            else:
                decide_repair(actor=actor, repair_id=number, granted=good, reason=reason, now=now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已决定，并通知对方。"))
            return redirect("contracts_desk:portrait-requests")
    context = {
        "found": found,
        "kind": KINDS[kind][0],
        "form": form if found.may_decide or form.errors else None,
    }
    return render(request, "contracts/portraits/request.html", context, status=422 if form.errors else 200)


@open_to_everybody
def units(request: HttpRequest) -> HttpResponseBase:
    """How units keep their contracts: their published levels, for everybody."""
    filters = PortraitFilter(request.GET, regions=[])
    filters.fields.pop("region_path")

    def fetch(order: str, page: int, per_page: int) -> Any:
        return published_units(offset=(page - 1) * per_page, limit=per_page, **filters.asked)

    listing = Listing(request, PublicTable, fetch, name="units", filters=filters)
    return listing.respond("contracts/portraits/units.html", {"levels": _levels(), "rules": portrait_rules()})


@open_to_everybody
def unit(request: HttpRequest, agency_id: int) -> HttpResponse:
    """The published portraits of one unit, for everybody."""
    found = published_unit(agency_id=agency_id)
    context = {"row": found[0], "others": found[1:], **_figures(found[0]), "levels": _levels()}
    return render(request, "contracts/portraits/unit.html", context | {"rules": portrait_rules()})


def _one(request: HttpRequest, portrait_id: int, *, template: str, face: str) -> HttpResponseBase:
    actor = actor_from(request)
    found = portrait(actor=actor, portrait_id=portrait_id, today=timezone.localdate())
    context = _figures(found.row)
    names = {code: str(word) for code, word in FIGURES.items()}
    names |= {f"delay:{each['code']}": each["name"] for each in context["delays"]}
    names |= {f"quarter:{each['code']}": each["name"] for each in context["quarters"]}
    asked = request.GET.get("figure", "")
    figure = asked if asked in names else "late_open" if found.row.figures.late_open else "all"

    def fetch(order: str, page: int, per_page: int) -> Any:
        return behind(
            actor=actor,
            portrait_id=portrait_id,
            figure=figure,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    newest = found.row.newer_id is None
    table = behind_table(own=found.own and newest, face=face, portrait_id=portrait_id)
    listing = Listing(request, table, fetch, name=f"portrait-{portrait_id}")
    counts = {code: getattr(found.row.figures, "count" if code == "all" else code) for code in FIGURES}
    context |= {
        "found": found,
        "row": found.row,
        "figure": figure,
        "figure_name": names[figure],
        "tabs": [
            {
                "name": word,
                "url": f"?figure={code}#behind",
                "here": code == figure,
                "count": counts[code],
            }
            for code, word in FIGURES.items()
        ],
        "rules": portrait_rules(),
        "levels": _levels(),
        "kinds": {code: word for code, (word, _table) in KINDS.items()},
    }
    return listing.respond(template, context)


def _ask(
    request: HttpRequest, portrait_id: int, what: str, obligation_id: int, *, template: str, face: str
) -> HttpResponse:
    if what not in ("object", "repair"):
        raise Http404
    actor, now = actor_from(request), timezone.now()
    found = portrait(actor=actor, portrait_id=portrait_id, today=timezone.localdate(now))
    rows = behind(actor=actor, portrait_id=portrait_id, obligation_id=obligation_id).rows
    if not rows:
        raise Http404
    [row] = rows
    sent = request.method == "POST"
    form = AskForm(request.POST if sent else None, request.FILES if sent else None)
    if sent and form.is_valid():
        try:
            _do(actor, what, portrait_id, obligation_id, form.cleaned_data, now)
        except DomainError as error:
            refuse_each(form, error, otherwise="text")
        else:
            messages.success(request, _("已提交，决定后会通知您。"))
            return redirect(f"{face}:portrait", portrait_id=portrait_id)
    context = {
        "found": found,
        "row": row,
        "what": what,
        "form": form,
        "rules": portrait_rules(),
        "back": reverse(f"{face}:portrait", args=[portrait_id]),
    }
    return render(request, template, context, status=422 if form.errors else 200)


@transaction.atomic
def _do(
    actor: Actor, what: str, portrait_id: int, obligation_id: int, told: dict[str, Any], now: datetime
) -> None:
    """What is asked with its files: both, or nothing."""
    given: dict[str, Any] = {
        "actor": actor,
        "portrait_id": portrait_id,
        "obligation_id": obligation_id,
        "now": now,
    }
    files = [add_portrait_evidence(content=file, name=file.name or "", **given) for file in told["evidence"]]
    if what == "object":
        object_to_portrait(grounds=told["text"], document_ids=files, **given)
    else:
        ask_repair(statement=told["text"], document_ids=files, **given)


def _figures(row: PortraitRow) -> dict[str, Any]:
    """What a page shows of a portrait: delays and quarters with their shares, for bars and words alike."""
    rules = portrait_rules()
    stretches = {each.code: in_language(each.name, each.name_en) for each in rules.stretches}
    whole = row.figures.count or 1
    return {
        "figures": row.figures,
        "delays": [
            {
                "code": code,
                "name": stretches.get(code, code),
                "count": count,
                "share": round(count * 100 / whole),
            }
            for code, count in row.figures.delays
        ],
        "quarters": [
            {
                "code": each.code,
                "name": _("以前到期") if each.code == "before" else each.code,
                "count": each.count,
                "on_time": each.on_time,
                "rate": each.rate,
                "share": round((each.rate or 0) * 100),
            }
            for each in row.figures.quarters
        ],
    }


def _levels() -> list[dict[str, Any]]:
    """What each level asks for, in words."""
    rules = portrait_rules()
    says = {each.code: _asks(each) or _("不符合以上各级") for each in rules.levels}
    says[rules.unknown.code] = _("义务不足 %(least)d 项") % {"least": rules.minimum}
    return [
        {"name": level_name(each), "tone": each.tone, "says": says[each.code]}
        for each in (*rules.levels, rules.unknown)
    ]


def _asks(level: Any) -> str:
    parts = []
    if level.rate is not None:
        parts.append(_("按期率（项数）不低于 %(share)d%%") % {"share": level.rate * 100})
    if level.by_amount is not None:
        parts.append(_("按期率（金额）不低于 %(share)d%%") % {"share": level.by_amount * 100})
    if level.late_open_days == 0:
        parts.append(_("没有逾期未履行的"))
    elif level.late_open_days is not None:
        parts.append(_("没有逾期超过 %(days)d 日未履行的") % {"days": level.late_open_days})
    return in_language("，", ", ").join(parts)


def _last_month(today: date) -> date:
    """The last day of the month before."""
    return date.fromordinal(today.replace(day=1).toordinal() - 1)
