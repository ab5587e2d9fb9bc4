"""Search over everything the actor may see, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Actor, actor_from, needs, users
from yingshang.kernel.clock.api import ladders
from yingshang.kernel.documents.api import document_templates
from yingshang.kernel.flow.api import cases, definitions
from yingshang.kernel.forms.api import forms
from yingshang.kernel.notices.api import campaigns
from yingshang.kernel.parties.api import (
    agencies,
    imports,
    search_parties,
)
from yingshang.kernel.reference.api import divisions, facts, region_path
from yingshang.processes.enterprise_binding.api import reviews
from yingshang.web.desk.searching import MOST_OF_A_KIND, Hit, Kind, register_search, search_kinds
from yingshang.web.words import CAMPAIGN_STATES, CASE_STATES, in_language

SHORTEST = 1


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found of one kind, and where the rest of it is."""

    name: str | Promise
    icon: str
    hits: Sequence[Hit]
    total: int
    url: str


def _parties(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = search_parties(actor=actor, text=text, per_page=MOST_OF_A_KIND)
    return [
        Hit(each.name, f"{each.credit_code} · {each.region_full_name}", reverse("desk:party", args=[each.id]))
        for each in found.rows
    ], found.total


def _agencies(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = agencies(actor=actor, text=text, per_page=MOST_OF_A_KIND)
    return [
        Hit(each.name, each.region_full_name, reverse("administration:agency", args=[each.id]))
        for each in found.rows
    ], found.total


def _users(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = users(actor=actor, text=text, per_page=MOST_OF_A_KIND)
    return [
        Hit(each.name or each.username, each.agency_name, reverse("administration:user", args=[each.id]))
        for each in found.rows
    ], found.total


def _imports(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = imports(actor=actor, text=text, per_page=MOST_OF_A_KIND)
    return [
        Hit(
            each.file_name,
            f"{each.source or ''} {each.as_of}".strip(),
            reverse("desk:import", args=[each.id]),
        )
        for each in found.rows
    ], found.total


def _bindings(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = reviews(actor=actor, text=text)
    return [
        Hit(
            each.enterprise or each.credit_code,
            f"{each.requester} · {in_language(each.state_name, each.state_name_en)}",
            reverse("desk:binding", args=[each.id]),
        )
        for each in found[:MOST_OF_A_KIND]
    ], len(found)


def _cases(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = cases(actor=actor, now=timezone.now(), text=text, per_page=MOST_OF_A_KIND)
    return [
        Hit(
            each.case.subject.title,
            f"{each.case.number} · {CASE_STATES.get(each.case.state, each.case.state)}",
            reverse("desk:case", args=[each.case.id]),
        )
        for each in found.rows
    ], found.total


def _campaigns(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = campaigns(actor=actor, text=text, per_page=MOST_OF_A_KIND)
    return [
        Hit(
            each.title,
            f"{each.created_by_name} · {CAMPAIGN_STATES.get(each.state, each.state)}",
            reverse("desk:campaign", args=[each.id]),
        )
        for each in found.rows
    ], found.total


def _flows(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = definitions(actor=actor, text=text)
    return [
        Hit(in_language(each.name, each.name_en), each.code, reverse("administration:flow", args=[each.code]))
        for each in found[:MOST_OF_A_KIND]
    ], len(found)


def _forms(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = forms(actor=actor, text=text, per_page=MOST_OF_A_KIND)
    return [
        Hit(in_language(each.name, each.name_en), each.code, reverse("administration:form", args=[each.code]))
        for each in found.rows
    ], found.total


def _facts(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = [each for each in facts().values() if text.lower() in f"{each.name} {each.code}".lower()]
    return [
        Hit(each.name, f"{each.code} · {each.agency}", reverse("administration:fact", args=[each.code]))
        for each in found[:MOST_OF_A_KIND]
    ], len(found)


def _templates(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = [
        each
        for each in document_templates(actor=actor)
        if text.lower() in f"{each.name} {each.name_en} {each.code}".lower()
    ]
    return [
        Hit(
            in_language(each.name, each.name_en),
            each.code,
            reverse("administration:document", args=[each.code]),
        )
        for each in found[:MOST_OF_A_KIND]
    ], len(found)


def _ladders(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = [
        each
        for each in ladders(actor=actor)
        if text.lower() in f"{each.shown.name} {each.shown.name_en} {each.code}".lower()
    ]
    return [
        Hit(
            in_language(each.shown.name, each.shown.name_en),
            each.code,
            reverse("administration:ladder", args=[each.code]),
        )
        for each in found[:MOST_OF_A_KIND]
    ], len(found)


def _regions(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = [each for each in divisions().values() if text in each.name or each.code.startswith(text)]
    return [
        Hit(
            each.name,
            f"{each.code} · {region_path(each.code)}",
            reverse("administration:region", args=[each.code]),
        )
        for each in found[:MOST_OF_A_KIND]
        # The page they are on is a tree and lists no more of them.
    ], min(len(found), MOST_OF_A_KIND)


register_search(
    Kind(_("企业名录"), "building-skyscraper", ("parties.view",), "desk:parties", _parties, 10),
    Kind(_("办件"), "stack-2", ("flow.view", "flow.work"), "desk:cases", _cases, 20),
    Kind(
        _("机构名录"), "building-bank", ("parties.view_agencies",), "administration:agencies", _agencies, 30
    ),
    Kind(_("用户"), "users", ("access.view_users",), "administration:users", _users, 40),
    Kind(_("绑定审核"), "fingerprint", ("access.review_bindings",), "desk:bindings", _bindings, 50),
    Kind(_("导入"), "database-import", ("parties.import",), "desk:imports", _imports, 60),
    Kind(_("群发消息"), "send", ("notices.send_mass",), "desk:campaigns", _campaigns, 70),
    Kind(_("流程"), "sitemap", ("flow.manage",), "administration:flows", _flows, 80),
    Kind(_("表单"), "forms", ("forms.manage",), "administration:forms", _forms, 85),
    Kind(
        _("事实目录"),
        "database-import",
        ("parties.view_catalogue", "parties.view"),
        "administration:facts",
        _facts,
        90,
    ),
    Kind(
        _("文书模板"),
        "file-text",
        ("documents.manage_templates",),
        "administration:documents",
        _templates,
        92,
    ),
    Kind(_("提醒阶梯"), "stairs", ("clock.manage",), "administration:ladders", _ladders, 94),
    Kind(
        _("行政区划"),
        "map",
        ("parties.view_agencies", "parties.view"),
        "administration:regions",
        _regions,
        96,
    ),
)


@needs("desk.open")
def search(request: HttpRequest) -> HttpResponse:
    """Results by kind; only the results when htmx asks, as somebody types."""
    actor = actor_from(request)
    # PostgreSQL has no U+0000 in its texts: nothing can be found by it.
    text = request.GET.get("text", "").replace("\x00", "").strip()[:80]
    kinds = [kind for kind in search_kinds() if any(actor.may(each) for each in kind.permissions)]
    results = []
    if len(text) >= SHORTEST:
        for kind in kinds:
            hits, total = kind.find(actor, text)
            if total:
                results.append(Hits(kind.name, kind.icon, hits, total, reverse(kind.list_view)))
    template = "desk/search_results.html" if request.htmx else "desk/search.html"  # type: ignore[attr-defined]
    return render(
        request,
        template,
        {"text": text, "results": results, "kinds": kinds, "found": sum(each.total for each in results)},
    )
