"""The sandbox on the desk: figures are moved, the outcome is drawn anew; kept, compared, reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from yingshang.areas.policies.api import (
    CannotEdit,
    ChangedMeanwhile,
    InvalidScenario,
    NotPossibleNow,
    SandboxAnswer,
    SandboxDial,
    SandboxExample,
    SandboxQuestion,
    example_parties,
    get_item,
    get_scenario,
    get_scenarios,
    issue_report,
    remove_scenario,
    restore_scenario,
    sandbox_answer,
    save_scenario,
    scenarios,
    states,
    take_over_figures,
)
from yingshang.areas.policies.api import items as find_items
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.parties.api import PartySummary
from yingshang.web.design import formats
from yingshang.web.errors import message_of
from yingshang.web.filters import FilterForm
from yingshang.web.listing import Listing, page_of
from yingshang.web.words import in_language

from . import figures
from .questions import PREFIX, address_of, pairs_of, question_from, question_of
from .tables import GroupTable, SandboxItemTable

VIEW = "policies.view_drafts"
AUTHOR = "policies.author"
EDITABLE = ("draft", "returned")
FEWEST, MOST = 2, 4


class ItemFilter(FilterForm):
    """Items by name or code."""

    text = forms.CharField(label=gettext_lazy("名称或编号"), max_length=60)


@needs(VIEW)
def sandbox_list(request: HttpRequest) -> HttpResponseBase:
    """Items of the actor's reach, last changed first; each leads to its sandbox."""
    actor = actor_from(request)
    filters = ItemFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return find_items(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, SandboxItemTable, fetch, name="sandbox-items", filters=filters)
    return listing.respond("policies/sandbox/list.html")


@needs(VIEW)
def sandbox(request: HttpRequest, code: str) -> HttpResponse:
    """The item with its dials, and what it comes to; for htmx only the latter."""
    actor = actor_from(request)
    question = question_from(code, request.GET)
    answer = sandbox_answer(actor=actor, question=question, now=timezone.now())
    context = {"answer": answer, "setting": answer.setting, "code": code, **_results(actor, question, answer)}
    htmx: Any = getattr(request, "htmx", None)
    if htmx and htmx.target == "sandbox-results":
        return render(request, "policies/sandbox/results.html", {**context, "fragment": True})
    saved = scenarios(actor=actor, code=code)
    removed = request.GET.get("removed", "")
    context |= {
        "dials": [_Dial.of(each, answer) for each in answer.setting.dials if each.movable],
        "numbers": [_Dial.of(each, answer) for each in answer.setting.written],
        "numbers_moved": any(each.name in answer.setting.figures for each in answer.setting.written),
        "budget_place": len(_names(answer)) - 1,
        "fixed": [each for each in answer.setting.dials if not each.movable],
        "versions": [(number, _state(state)) for number, state in answer.setting.numbers],
        "state": states()[answer.setting.state],
        "day": answer.setting.day.isoformat(),
        "own_budget": formats.number(figures.yuan(answer.setting.own_budget)),
        "budget": question.budget,
        "scenarios": [
            (
                each,
                address_of(question_of(each)),
                figures.yuan(each.outcome.side.certain),
                figures.yuan(each.outcome.side.possible),
            )
            for each in saved
        ],
        "removed": int(removed) if removed.isdecimal() and len(removed) < 15 else None,
    }
    return render(request, "policies/sandbox/sandbox.html", context)


@needs(VIEW)
def sandbox_groups(request: HttpRequest, code: str, by: str) -> HttpResponseBase:
    """All groups of a breakdown, to be sorted and exported."""
    actor = actor_from(request)
    question = question_from(code, request.GET)
    answer = sandbox_answer(actor=actor, question=question, now=timezone.now(), wait=60.0)
    lines = figures.group_lines(by, answer.outcome) if answer.outcome is not None else []

    def fetch(order: str, page: int, per_page: int) -> Any:
        return page_of(lines, order, page, per_page)

    listing = Listing(request, GroupTable, fetch, name=f"sandbox-{code}-{by}")
    return listing.respond(
        "policies/sandbox/groups.html",
        {
            "setting": answer.setting,
            "code": code,
            "title": figures.BREAKDOWNS[by],
            "back": f"{reverse('policies_desk:sandbox', args=[code])}?{address_of(question)}",
            "tabs": [
                {
                    "name": words,
                    "url": f"{reverse('policies_desk:sandbox-groups', args=[code, each])}?{address_of(question)}",
                    "here": each == by,
                }
                for each, words in figures.BREAKDOWNS.items()
            ],
        },
    )


# --- scenarios --------------------------------------------------------------------------------------------------------


@needs(VIEW)
@require_POST
def scenario_save(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Keep what is shown under a name."""
    question = question_from(code, request.POST)
    name = request.POST.get("name", "")
    try:
        save_scenario(actor=actor_from(request), question=question, name=name, now=timezone.now())
    except InvalidScenario as error:
        messages.error(request, message_of(error))
    else:
        messages.success(request, _("已保存方案“%(name)s”") % {"name": " ".join(name.split())})
    return _back(code, question, "scenarios")


@needs(AUTHOR)
@require_POST
def figures_take_over(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Write what was tried into the draft, and go on there."""
    question = question_from(code, request.POST)
    revision = request.POST.get("revision", "")
    try:
        count = take_over_figures(
            actor=actor_from(request),
            question=question,
            revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
            now=timezone.now(),
        )
    except (InvalidScenario, ChangedMeanwhile, NotPossibleNow, CannotEdit) as error:
        messages.error(request, message_of(error))
        return _back(code, question, "sandbox-results")
    messages.success(
        request,
        ngettext("已将 %(count)d 处改动写入草稿", "已将 %(count)d 处改动写入草稿", count) % {"count": count},
    )
    return redirect("policies_desk:item", code=code)


@needs(VIEW)
@require_POST
def scenario_remove(request: HttpRequest, scenario_id: int) -> HttpResponseRedirect:
    """Take it off the list; the page offers to bring it back."""
    actor = actor_from(request)
    scenario = get_scenario(actor=actor, scenario_id=scenario_id)
    remove_scenario(actor=actor, scenario_id=scenario_id, now=timezone.now())
    address = reverse("policies_desk:sandbox", args=[scenario.code])
    return redirect(f"{address}?version={scenario.number}&removed={scenario_id}#scenarios")


@needs(VIEW)
@require_POST
def scenario_restore(request: HttpRequest, scenario_id: int) -> HttpResponseRedirect:
    """Bring it back."""
    actor = actor_from(request)
    scenario = get_scenario(actor=actor, scenario_id=scenario_id)
    name = restore_scenario(actor=actor, scenario_id=scenario_id, now=timezone.now())
    messages.success(request, _("已恢复方案“%(name)s”") % {"name": name})
    return _back(scenario.code, SandboxQuestion(scenario.code, scenario.number), "scenarios")


@needs(VIEW)
@require_POST
def scenario_report(request: HttpRequest, scenario_id: int) -> HttpResponseRedirect:
    """Make the report, or open the one that was made."""
    document = issue_report(actor=actor_from(request), scenario_id=scenario_id, now=timezone.now())
    return redirect("documents:document", document_id=document)


@needs(VIEW)
def scenario_compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two to four scenarios side by side."""
    actor = actor_from(request)
    item = get_item(actor=actor, code=code)
    ids = [int(each) for each in request.GET.getlist("id") if each.isdecimal() and len(each) < 15]
    chosen = get_scenarios(actor=actor, code=code, ids=ids[:MOST])
    asked = len(dict.fromkeys(ids))
    if not FEWEST <= asked <= MOST or len(chosen) < FEWEST:
        messages.error(request, _("请选择 2 到 4 个方案进行比较"))
        return _back(code, SandboxQuestion(code, 0), "scenarios")
    parameters, results = figures.compare_lines(chosen)
    return render(
        request,
        "policies/sandbox/compare.html",
        {
            "code": code,
            "scenarios": [
                (each, address_of(question_of(each)), _receipt(each.report_event)) for each in chosen
            ],
            "name": item.summary.name,
            "tables": [(_("参数"), parameters), (_("结果"), results)],
            "breakdowns": figures.compare_groups(chosen),
            "chart": figures.compare_chart(chosen),
        },
    )


def _back(code: str, question: SandboxQuestion, place: str) -> HttpResponseRedirect:
    address = reverse("policies_desk:sandbox", args=[code])
    return HttpResponseRedirect(f"{address}?{address_of(replace(question, fresh=False))}#{place}")


def _receipt(event: int | None) -> str:
    return receipt_code(event) if event is not None else ""


# --- what the page shows ----------------------------------------------------------------------------------------------


def _results(actor: Actor, question: SandboxQuestion, answer: SandboxAnswer) -> dict[str, Any]:
    """What the part of the page shows that is drawn anew."""
    setting, outcome = answer.setting, answer.outcome
    address = reverse("policies_desk:sandbox", args=[setting.code])
    query = address_of(question)
    context: dict[str, Any] = {
        "query": query,
        "again": f"{address}?{query}",
        "pairs": list(pairs_of(replace(question, number=setting.number))),
        "errors": [
            _Refusal(place, name, _refusal(answer, name)) for place, name in enumerate(_names(answer))
        ],
        "problems": [
            {**each, "said": in_language(each["message_zh"], each["message"])} for each in setting.problems
        ],
        "to_draft": bool(setting.figures)
        and setting.number == setting.open_number
        and setting.state in EDITABLE
        and actor.may(AUTHOR),
        "percent": answer.done * 100 // answer.total if answer.total else None,
    }
    if outcome is None:
        return context
    named = example_parties(actor=actor, outcome=outcome)
    charts = [
        {
            "by": by,
            "title": title,
            "heading": figures.HEADINGS[by],
            "chart": figures.chart_of(by, outcome, pays=setting.pays),
            "more": len(outcome.by[by]) - figures.CHARTED,
            "url": f"{reverse('policies_desk:sandbox-groups', args=[setting.code, by])}?{query}",
        }
        for by, title in figures.BREAKDOWNS.items()
        if outcome.by[by]
    ]
    return context | {
        "outcome": outcome,
        "tiles": figures.tiles(outcome, setting),
        "budget_line": figures.budget_line(outcome),
        "charts": charts,
        "error_rows": _examples(outcome.errors, named),
        "gained": _examples(outcome.gained, named),
        "lost": _examples(outcome.lost, named),
        "hidden": bool(outcome.errors or outcome.gained or outcome.lost) and not named,
        "cost_change": _change(outcome.side.certain - outcome.base.certain) if outcome.base else "",
    }


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What is wrong with the figure in a field; nothing if it is right."""

    place: int
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class _Dial:
    """A parameter as a field of the form."""

    dial: SandboxDial
    place: int
    field: str
    typed: str
    present: str
    said: str
    low: str
    high: str
    step: str

    @classmethod
    def of(cls, dial: SandboxDial, answer: SandboxAnswer) -> _Dial:
        present = "" if dial.value is None else f"{dial.value:f}"
        return cls(
            dial=dial,
            place=_names(answer).index(dial.name),
            field=f"{PREFIX}{dial.name}",
            typed=answer.setting.typed.get(dial.name, present),
            present=present,
            said=_refusal(answer, dial.name),
            low=f"{dial.low:f}",
            high=f"{dial.high:f}",
            step=f"{dial.step:f}",
        )


def _names(answer: SandboxAnswer) -> list[str]:
    setting = answer.setting
    movable = [each.name for each in (*setting.dials, *setting.written) if each.movable]
    return [*movable, "budget"]


def _refusal(answer: SandboxAnswer, name: str) -> str:
    said = answer.setting.refusals.get(name)
    return in_language(*said) if said else ""


def _state(code: str) -> str:
    found = states()[code]
    return in_language(found.name, found.name_en)


def _examples(
    examples: tuple[SandboxExample, ...], named: dict[str, PartySummary]
) -> list[tuple[PartySummary, SandboxExample, Any, Any]]:
    """Enterprises whose names may be seen."""
    return [
        (named[each.code], each, figures.yuan(each.before), figures.yuan(each.after))
        for each in examples
        if each.code in named
    ]


def _change(fen: int) -> str:
    if not fen:
        return _("金额不变")
    words = _("增加 %(amount)s") if fen > 0 else _("减少 %(amount)s")
    return words % {"amount": formats.large_money(figures.yuan(abs(fen)))}
