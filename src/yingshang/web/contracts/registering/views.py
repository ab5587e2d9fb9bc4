"""Contracts of a unit on the desk: the list, and one with everything of it beside what may be done now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.contracts.api import (
    EVIDENCE,
    OBLIGATION,
    Alike,
    ContractDetail,
    ContractFields,
    CorrectionView,
    ObligationView,
    SaidView,
    SupplementPreview,
    add_evidence,
    contract,
    contracts,
    look_alikes,
    own_units,
    supplement_preview,
    units_with_contracts,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.documents.api import documents_of_each
from yingshang.rules.errors import DomainError
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions
from yingshang.web.words import ACTIONS

from ..performing.forms import STEPS as PERFORMING
from ..performing.forms import CancelForm, CorrectForm, PerformForm
from ..steps import Offered, Step, StepForm
from ..words import named
from .changes import Line, eased_lines, shown_changes, shown_corrections
from .forms import ContractFilter
from .step_forms import ARGUMENTS, STEPS, EventForm, TerminateForm, WithdrawEventForm
from .tables import ContractTable, PickTable

VIEW, REGISTER, REVIEW = "contracts.view", "contracts.register", "contracts.review"
ALL_STEPS: dict[str, Step] = {**STEPS, **PERFORMING}
TABS: dict[str, tuple[str | Promise, dict[str, Any]]] = {
    "open": (gettext_lazy("履行中"), {"states": ("in_force", "suspended")}),
    "drafts": (gettext_lazy("待提交"), {"states": ("draft",)}),
    "review": (gettext_lazy("待审核"), {"states": ("submitted",)}),
    "ended": (gettext_lazy("已结束"), {"states": ("completed", "terminated", "void")}),
    "all": (gettext_lazy("全部"), {}),
}
_SIDES = ("unit", "counterparty")
_FIRST = ("submit", "register")
"""Open on the page: what is to be done next."""


@dataclass(frozen=True, slots=True)
class _Target:
    """What a step is done to: the contract itself, or a row of it."""

    about: str
    row_id: int | None = None


@needs(VIEW)
def contract_list(request: HttpRequest) -> HttpResponseBase:
    """The contracts of one's reach, by what one looks for."""
    actor, now = actor_from(request), timezone.now()
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "open"
    regions = reached_regions(actor, VIEW)
    filters = ContractFilter(request.GET, agencies=_units(request, actor, regions), regions=regions)
    chosen = _asked(filters, tab)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return contracts(
            actor=actor, order=order, offset=(page - 1) * per_page, limit=per_page, now=now, **chosen
        )

    # What waits for one's own review may be picked, to be registered together.
    picking = chosen.get("states") == ("submitted",) and actor.may(REVIEW)
    table = PickTable if picking else ContractTable
    listing = Listing(request, table, fetch, name="contracts", filters=filters)
    return listing.respond(
        "contracts/registering/list.html",
        {
            "tabs": [
                {"name": name, "url": f"?tab={code}", "here": code == tab}
                for code, (name, _more) in TABS.items()
            ],
            "may_register": actor.may(REGISTER),
            "picking": picking and listing.total,
        },
    )


def _units(request: HttpRequest, actor: Actor, regions: list[tuple[str, str]]) -> list[tuple[str, Any]]:
    """Those to choose among: one's own, or those of the chosen region."""
    if not regions:
        return [(str(each.id), each.name) for each in own_units(actor=actor)]
    place = request.GET.get("region_path") or regions[0][0]
    return [(str(each.id), each.name) for each in units_with_contracts(actor=actor, region_path=place)]


def _asked(filters: ContractFilter, tab: str) -> dict[str, Any]:
    """As the room's arguments. A state that is asked for counts before the tab."""
    told = {name: value for name, value in filters.values.items() if name != "tab"}
    asked: dict[str, Any] = dict(TABS[tab][1])
    if "state" in told:
        asked["states"] = (told["state"],)
    for name, argument in (
        ("text", "text"),
        ("due", "due"),
        ("agency_id", "agency"),
        ("region_path", "region"),
        ("sign", "sign"),
        ("party", "party"),
        ("batch", "batch"),
    ):
        if name in told:
            asked[argument] = told[name]
    if "kind" in told:
        asked["kinds"] = (told["kind"],)
    return asked


@needs(VIEW)
def one(request: HttpRequest, contract_id: int) -> HttpResponse:
    """One contract with everything of it, and what may be done now."""
    actor = actor_from(request)
    found = contract(actor=actor, contract_id=contract_id, now=timezone.now())
    return render(request, "contracts/registering/contract.html", _shown(actor, found))


@needs(VIEW)
@require_POST
def step(request: HttpRequest, contract_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """A step of the contract itself. Whether the actor may, the action says."""
    if what not in STEPS or STEPS[what].about != "contract":
        raise Http404
    return _take(request, contract_id, what, _Target("contract"))


@needs(VIEW)
@require_POST
def row_step(
    request: HttpRequest, contract_id: int, what: str, row_id: int
) -> HttpResponse | HttpResponseRedirect:
    """A step of an obligation, an entry, a supplement or a file of the contract."""
    if what not in ALL_STEPS or ALL_STEPS[what].about == "contract":
        raise Http404
    return _take(request, contract_id, what, _Target(ALL_STEPS[what].about, row_id))


def _take(
    request: HttpRequest, contract_id: int, what: str, target: _Target
) -> HttpResponse | HttpResponseRedirect:
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    found = contract(actor=actor, contract_id=contract_id, now=now)
    row = _row(found, target)
    form = _form(found, what, row, target, request)
    if form.is_valid():
        try:
            with transaction.atomic():
                _act(actor, contract_id, what, target, form, now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": ALL_STEPS[what].name})
            place = (
                f"#obligation-{_obligation_of(found, target)}"
                if target.about in ("obligation", "performance")
                else ""
            )
            return redirect(reverse("contracts_desk:contract", args=[contract_id]) + place)
    context = _shown(actor, found, bound=(what, target, form))
    return render(request, "contracts/registering/contract.html", context, status=422)


def _act(actor: Actor, contract_id: int, what: str, target: _Target, form: StepForm, now: Any) -> None:
    each, told = ALL_STEPS[what], dict(form.cleaned_data)
    if what == "file":
        for file in told["attached"]:
            each.act(
                actor=actor,
                contract_id=contract_id,
                content=file,
                name=file.name or "",
                purpose=told["purpose"],
                now=now,
            )
        return
    if what in ("perform", "cancel", "correct"):
        assert target.row_id is not None
        evidence = [
            add_evidence(
                actor=actor, obligation_id=target.row_id, content=file, name=file.name or "", now=now
            )
            for file in told.pop("evidence")
        ]
        told["document_ids"] = [*told.pop("kept", []), *evidence]
    if target.about == "file":
        each.act(actor=actor, contract_id=contract_id, document_id=target.row_id, now=now)
        return
    shape = ARGUMENTS.get(what)
    arguments = shape(told) if shape else told
    name = "contract_id" if target.row_id is None else f"{target.about}_id"
    each.act(
        actor=actor, now=now, **{name: contract_id if target.row_id is None else target.row_id}, **arguments
    )


def _row(found: ContractDetail, target: _Target) -> Any:
    """The row a step is done to; what is not of this contract does not exist."""
    if target.row_id is None:
        return found
    rows: dict[str, Any] = {
        "obligation": found.obligations,
        "supplement": found.supplements,
        "performance": [said for each in found.obligations for said in each.said],
        "file": found.files,
    }
    row = next((each for each in rows[target.about] if each.id == target.row_id), None)
    if row is None:
        raise Http404
    return row


def _obligation_of(found: ContractDetail, target: _Target) -> int | None:
    if target.about == "obligation":
        return target.row_id
    return next(
        (each.id for each in found.obligations if any(said.id == target.row_id for said in each.said)), None
    )


def _shown(
    actor: Actor, found: ContractDetail, *, bound: tuple[str, _Target, StepForm] | None = None
) -> dict[str, Any]:
    """A contract as its page shows it; `bound` is the form that was refused."""
    files = _evidence(found)
    obligations = []
    for each in found.obligations:
        said = [
            (
                side,
                [
                    (
                        entry,
                        [files[number] for number in entry.document_ids if number in files],
                        _offered(found, "performance", entry, entry.may, bound),
                    )
                    for entry in each.said
                    if entry.side == side
                ],
            )
            for side in _SIDES
        ]
        steps = _offered(found, "obligation", each, each.may, bound)
        corrected = shown_corrections(each.corrections, files)
        obligations.append((each, steps, said if each.said else (), corrected))
    previews = _previews(actor, found)
    return {
        "contract": found,
        "obligations": obligations,
        "supplements": [
            (
                each,
                shown_changes(each, found.obligations),
                _offered(found, "supplement", each, each.may, bound),
                previews.get(each.id),
            )
            for each in found.supplements
        ],
        "steps": _offered(found, "contract", found, found.may, bound),
        "papers": [(each, _offered(found, "file", each, found.may, bound)) for each in found.files],
        "happened": [(named("events", code), day) for code, day in found.events.items()],
        "history": [
            {
                "title": ACTIONS.get(line.action, line.action),
                "when": line.at,
                "who": line.by_name,
                "text": line.reason,
                "tone": "",
            }
            for line in found.history
        ],
        "late_states": OBLIGATION.open_states,
        "alike": _alike(found),
        "today": timezone.localdate(),
        "may_see_party": actor.may("parties.view"),
    }


def _previews(actor: Actor, found: ContractDetail) -> dict[int, tuple[SupplementPreview, list[Line]]]:
    """Of each supplement that waits for the unit's review, what of the late debts it would ease; where any."""
    shown = {}
    for each in found.supplements:
        if each.state == "proposed" and each.may:
            preview = supplement_preview(actor=actor, supplement_id=each.id, now=timezone.now())
            if preview.eased:
                shown[each.id] = (preview, eased_lines(preview.eased))
    return shown


def _alike(found: ContractDetail) -> tuple[Alike, ...]:
    """For who reviews it: what the unit has registered that may be the same."""
    if "returned" not in found.may:
        return ()
    written = ContractFields(
        title=found.title,
        kind=found.kind,
        signed_on=found.signed_on,
        counterparty_name=found.counterparty_person or found.counterparty_name,
        counterparty_code=found.counterparty_code,
        counterparty_kind=found.counterparty_kind,
        amount_fen=found.amount_fen,
        direction=found.direction,
        reference=found.reference,
    )
    return look_alikes(agency_id=found.agency_id, fields=written, but=found.id)


def _evidence(found: ContractDetail) -> dict[int, Any]:
    """The files either side has given as evidence, by number."""
    told: list[SaidView | CorrectionView] = []
    for each in found.obligations:
        told += [*each.said, *each.corrections]
    named_ones = {number for one in told for number in one.document_ids}
    if not named_ones:
        return {}
    of_each = documents_of_each(EVIDENCE, [str(each.id) for each in found.obligations])
    there = [file for files in of_each.values() for file in files] + [each.document for each in found.files]
    return {each.id: each for each in there if each.id in named_ones}


def _offered(
    found: ContractDetail,
    about: str,
    row: Any,
    may: frozenset[str],
    bound: tuple[str, _Target, StepForm] | None,
) -> list[Offered]:
    """The steps that may be taken of a row now, and the one that was refused, open."""
    target = _Target(about, None if about == "contract" else row.id)
    names = [
        what
        for what, each in ALL_STEPS.items()
        if each.about == about
        and each.event in may
        and (what != "settle" or row.disputed)
        and (what != "budget" or (row.side == "unit" and row.amount_fen is not None))
    ]
    refused = bound[0] if bound and bound[1] == target else ""
    if refused and refused not in names:
        names.append(refused)
    offered = []
    for what in names:
        each = ALL_STEPS[what]
        form = bound[2] if bound and what == refused else _form(found, what, row, target)
        url = (
            reverse("contracts_desk:step", args=[found.id, what])
            if target.row_id is None
            else reverse("contracts_desk:row-step", args=[found.id, what, target.row_id])
        )
        first = not bound and what in _FIRST
        offered.append(
            Offered(what, each.name, each.icon, form, url, what == refused or first, each.danger, each.hint)
        )
    return offered


def _form(
    found: ContractDetail, what: str, row: Any, target: _Target, request: HttpRequest | None = None
) -> StepForm:
    """The form of a step, filled in by the request where there is one."""
    form_class = ALL_STEPS[what].form
    more: dict[str, Any] = {"auto_id": f"{what}-{target.row_id or 0}-%s"}
    if issubclass(form_class, PerformForm):
        more["obligation"] = row
        more["initial"] = {"happened_on": timezone.localdate()}
    elif issubclass(form_class, CorrectForm):
        more["obligation"] = row
        more["others"] = [each for each in found.obligations if each.id != row.id and not _is_over(each)]
    elif issubclass(form_class, CancelForm):
        there = {number for said in row.said if said.state == "valid" for number in said.document_ids}
        more["files"] = [each for number, each in _evidence(found).items() if number in there]
    elif issubclass(form_class, (TerminateForm, EventForm)):
        more["obligations"] = _open_ones(found.obligations)
    elif issubclass(form_class, WithdrawEventForm):
        more["told"] = found.withdrawable
    return form_class(request.POST, request.FILES, **more) if request else form_class(**more)


def _open_ones(obligations: Sequence[ObligationView]) -> list[ObligationView]:
    return [each for each in obligations if OBLIGATION.states[each.state].open]


def _is_over(row: ObligationView) -> bool:
    return row.state in ("released", "dropped")
