"""What one's own enterprise is entitled to, and why; a fact supplied; a decision kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.policies.api import (
    CannotDeclare,
    Decided,
    decide_for,
    decide_one,
    freeze,
    get_receipt,
    missing_facts,
    reason_rows,
    receipts_of,
    reproduce,
    sources_of,
    supply_fact,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.parties.api import InvalidFact, may_declare
from yingshang.kernel.reference.api import FactDefinition, UnknownFact, get_fact
from yingshang.web.errors import message_of
from yingshang.web.listing import Listing, Page, page_of
from yingshang.web.portal.enterprises import Enterprise, crumbs_of, enterprise_of, tabs, to_enterprise

from .forms import MatchFilter, SupplyForm
from .rows import (
    ENTITLED,
    GROUPS,
    TONES,
    MatchRow,
    amount_of,
    change_text,
    group_of,
    match_rows,
    narrowed,
    window_words,
)
from .tables import MatchTable

OWN = "policies.match_own"


@needs(OWN)
def mine(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The enterprises one acts for; straight to the one looked at last."""
    return to_enterprise(
        request,
        OWN,
        to="policies:mine-party",
        subject=_("可享政策"),
        hint=_("能享受什么，还差什么"),
        without=_("绑定企业之后，这里列出它能享受的每一项政策。没有账号也可以用政策计算器。"),
    )


@needs(OWN)
def entitled(request: HttpRequest, party_id: int) -> HttpResponseBase:
    """Everything that holds where the enterprise is: what it gets, what it could get, what it does not."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    today = timezone.localdate()
    rows = match_rows(decide_for(actor=actor, party_id=enterprise.party.id, day=today), name_of)
    filters = MatchFilter(
        request.GET, kinds=sorted({each.decided.item.kind for each in rows if each.decided.item.kind})
    )
    chosen = narrowed(rows, **filters.values)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(chosen, order, page, per_page)

    listing = Listing(request, MatchTable, fetch, name="policies", filters=filters)
    return listing.respond(
        "policies/matching/entitled.html",
        {
            **_frame(request, enterprise),
            "figures": _figures(rows, reverse("policies:mine-party", args=[enterprise.party.id])),
            "total": len(rows),
            "today": today,
        },
    )


@needs(OWN)
def item(request: HttpRequest, party_id: int, code: str) -> HttpResponse:
    """One item for the enterprise: each condition with what it saw, and what can be done about it."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    decided = decide_one(actor=actor, party_id=enterprise.party.id, code=code, day=timezone.localdate())
    return render(request, "policies/matching/item.html", _shown(request, enterprise, decided))


@needs(OWN)
def supply(request: HttpRequest, party_id: int, code: str, column: str) -> HttpResponse:
    """One fact that is the enterprise's own to tell."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    decided = decide_one(actor=actor, party_id=enterprise.party.id, code=code, day=timezone.localdate())
    definition = _to_supply(column)
    form = SupplyForm(definition, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            supply_fact(
                actor=actor,
                party_id=enterprise.party.id,
                code=code,
                column=column,
                text=form.cleaned_data["value"],
                now=timezone.now(),
            )
        except (InvalidFact, CannotDeclare) as refusal:
            form.add_error("value", message_of(refusal))
        else:
            messages.success(request, _("已记录“%(fact)s”，结论已重新计算。") % {"fact": definition.name})
            return redirect("policies:mine-item", party_id=enterprise.party.id, code=code)
    return render(
        request,
        "policies/matching/supply.html",
        {
            **_frame(request, enterprise),
            "decided": decided,
            "definition": definition,
            "form": form,
            "crumbs": [
                *_crumbs(enterprise),
                (decided.name, reverse("policies:mine-item", args=[enterprise.party.id, code])),
                (definition.name, None),
            ],
        },
        status=400 if form.errors else 200,
    )


@needs(OWN)
@require_POST
def keep(request: HttpRequest, party_id: int, code: str) -> HttpResponseRedirect:
    """Keep today's decision with everything it took, and a receipt for it."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    receipt = freeze(actor=actor, party_id=enterprise.party.id, code=code, now=timezone.now())
    messages.success(request, _("判定已保存。凭证任何人都可以核验。"))
    return redirect("policies:receipt", receipt_id=receipt.id)


@needs(OWN, "policies.view_matches")
def receipt(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """A decision that was kept: what it took, what came out, and whether it comes out the same now."""
    actor = actor_from(request)
    kept = get_receipt(actor=actor, receipt_id=receipt_id)
    again = reproduce(actor=actor, receipt_id=receipt_id)
    return render(
        request,
        "policies/matching/receipt.html",
        {
            "receipt": kept,
            "again": again,
            "outcome": _outcome(kept.outcome),
            "certain": None if kept.certain_fen is None else kept.certain_fen / 100,
            "facts": [(name_of(each.column), each) for each in kept.facts],
            "conditions": list(_flat(kept.result.get("conditions") or [], 0)),
            "own": actor.acts_for(kept.party_id),
        },
    )


def name_of(column: str) -> str:
    """A fact by its name, the year of a series with it."""
    try:
        definition = get_fact(column)
    except UnknownFact:
        return column
    year = column.rpartition(".")[2]
    return f"{definition.name}{year}年" if definition.series and year.isdigit() else definition.name


def _to_supply(column: str) -> FactDefinition:
    try:
        definition = get_fact(column)
    except UnknownFact:
        definition = None
    if definition is None or not may_declare(column):
        raise CannotDeclare(
            f"{column} is not for the enterprise to declare",
            message_zh="该项数据不由企业填报；如有缺漏或错误，请提出异议",
            value=column,
        )
    return definition


def _figures(rows: list[MatchRow], address: str) -> list[dict[str, Any]]:
    """How many of each group, each a link to its part of the list; of those entitled the sum that is sure."""
    sure = sum(each.decided.certain_fen or 0 for each in rows if each.group == ENTITLED)
    figures = [
        {
            "label": name,
            "value": sum(each.group == group for each in rows),
            "tone": TONES[group][0],
            "icon": TONES[group][1],
            "url": f"{address}?group={group}",
            "sure": sure / 100 if group == ENTITLED and sure else None,
        }
        for group, name in GROUPS.items()
    ]
    closing = sum(each.closing and each.group != "refused" for each in rows)
    return [
        *(each for each in figures if each["value"] or each["label"] != GROUPS["error"]),
        {
            "label": _("30 天内截止"),
            "value": closing,
            "tone": "warn" if closing else "",
            "icon": "hourglass",
            "url": f"{address}?window=closing",
            "sure": None,
        },
    ]


def _shown(request: HttpRequest, enterprise: Enterprise, decided: Decided) -> dict[str, Any]:
    actor = actor_from(request)
    sources = sources_of(actor=actor, decided=decided)
    changes = decided.changes()
    return {
        **_frame(request, enterprise),
        "decided": decided,
        "item": decided.item,
        "outcome": _outcome(group_of(decided, changes)),
        "amount": amount_of(decided) if decided.outcome in ("entitled", "undecided") else "",
        "window": window_words(decided),
        "rows": reason_rows(decided, sources),
        "missing": missing_facts(decided, sources),
        "changes": [change_text(each) for each in changes],
        "explanation": decided.explanation(),
        "receipts": receipts_of(actor=actor, party_id=enterprise.party.id, code=decided.code),
        "may_object": actor.may("objections.file_own"),
        "may_declare": actor.may("parties.declare_own"),
        "crumbs": [*_crumbs(enterprise), (decided.name, None)],
    }


def _outcome(group: str) -> dict[str, Any]:
    words = {**GROUPS, "undecided": GROUPS["possible"]}
    tones = {**TONES, "undecided": TONES["possible"]}
    return {"name": words[group], "tone": tones[group][0], "icon": tones[group][1], "code": group}


def _frame(request: HttpRequest, enterprise: Enterprise) -> dict[str, Any]:
    return {
        "enterprise": enterprise,
        "party": enterprise.party,
        "tabs": tabs(actor_from(request), enterprise, "policies:mine-party"),
        "crumbs": _crumbs(enterprise)[:-1],
    }


def _crumbs(enterprise: Enterprise) -> list[tuple[str, str | None]]:
    return [
        *crumbs_of(enterprise),
        (_("可享政策"), reverse("policies:mine-party", args=[enterprise.party.id])),
    ]


def _flat(conditions: Any, depth: int) -> Any:
    for each in conditions:
        yield {**each, "depth": depth}
        yield from _flat(each.get("parts") or [], depth + 1)
