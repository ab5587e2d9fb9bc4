"""Pages that add to a contract in force: a supplement, and obligations that were forgotten."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.contracts.api import (
    ContractDetail,
    ProposedChange,
    SupplementPreview,
    add_contract_file,
    contract,
    plan_contract,
    preview_supplement,
    propose_supplement,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.refusals import refuse_each

from .changes import eased_lines
from .editing import REGISTER, file_limits, rows_in_place
from .rows import ROWS, ObligationRows
from .supplement_forms import ChangeRow, SupplementForm, change_rows

_PURPOSE = "supplement"


@needs(REGISTER)
def supplement(request: HttpRequest, contract_id: int) -> HttpResponse | HttpResponseRedirect:
    """Write a supplement down: what was agreed later, and what becomes of the contract by it."""
    actor, now = actor_from(request), timezone.now()
    found = contract(actor=actor, contract_id=contract_id, now=now)
    sent = request.method == "POST" and request.POST.get("do") == "save"
    in_place = request.method == "POST" and not sent
    form = SupplementForm(request.POST if sent else None, contract=found, **_standing(request, in_place))
    changes = change_rows(found, request.POST if request.method == "POST" else None)
    rows = ObligationRows(request.POST, prefix=ROWS) if sent else rows_in_place(request)
    # Every one of them is asked, so that all mistakes are told at once.
    if sent and all([form.is_valid(), rows.is_valid(), *[each.is_valid() for each in changes]]):
        told, file = form.cleaned_data, request.FILES.get("file")
        proposed = [each.proposed for each in changes]
        added = [ProposedChange("add", rule=rule) for rule in rows.rules]
        written: dict[str, Any] = {
            "title": told["new_title"],
            "reference": told["reference"],
            "signed_on": told["signed_on"],
            "effective_on": told["effective_on"],
            "reason": told["reason"],
            "changes": form.changes,
            "obligations": [*[each for each in proposed if each is not None], *added],
        }
        try:
            preview = preview_supplement(actor=actor, contract_id=contract_id, now=now, **written)
            # That the other side will have to agree is said before it is sent, of just what it is about.
            if preview.eased and request.POST.get("seen") != _mark(preview):
                return _form(request, found, form, changes, rows, preview=preview)
            with transaction.atomic():
                propose_supplement(actor=actor, contract_id=contract_id, now=now, **written)
                if file is not None:
                    add_contract_file(
                        actor=actor,
                        contract_id=contract_id,
                        content=file,
                        name=file.name or "",
                        purpose=_PURPOSE,
                        now=now,
                    )
        except DomainError as error:
            if error.code == "contracts.invalid_terms":
                rows.refused = message_of(error)
            else:
                refuse_each(form, error)
        else:
            messages.success(request, _("补充协议已提交审核。"))
            place = reverse("contracts_desk:contract", args=[contract_id])
            if _in_place(request):
                return HttpResponse(status=204, headers={"HX-Redirect": place})
            return redirect(place)
    return _form(request, found, form, changes, rows, status=422 if sent else 200)


def _form(
    request: HttpRequest,
    found: ContractDetail,
    form: SupplementForm,
    changes: list[ChangeRow],
    rows: ObligationRows,
    *,
    preview: SupplementPreview | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "contract": found,
        "form": form,
        "changes": changes,
        "rows": rows,
        "adding": True,
        "preview": preview,
        # A browser keeps a chosen file where the fields alone are exchanged, and nowhere else.
        "file_again": bool(request.FILES.get("file")) and not _in_place(request),
        "eased": [] if preview is None else eased_lines(preview.eased),
        "seen": "" if preview is None else _mark(preview),
        **file_limits(),
        "crumbs": _crumbs(found, _("登记补充协议")),
    }
    return render(request, "contracts/registering/supplement.html", context, status=status)


def _in_place(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", None))


def _mark(preview: SupplementPreview) -> str:
    """By it the form knows that just this was shown."""
    return sha256(json.dumps(preview.eased, sort_keys=True).encode()).hexdigest()[:32]


def _standing(request: HttpRequest, in_place: bool) -> dict[str, Any]:
    """What was typed, shown again without being judged, after a button that only changes the form."""
    if not in_place:
        return {}
    return {"initial": {name: request.POST.get(name, "") for name in SupplementForm.base_fields}}


@needs(REGISTER)
def plan(request: HttpRequest, contract_id: int) -> HttpResponse | HttpResponseRedirect:
    """Write down obligations that were agreed from the beginning and are missing here."""
    actor, now = actor_from(request), timezone.now()
    found = contract(actor=actor, contract_id=contract_id, now=now)
    sent = request.method == "POST" and request.POST.get("do") == "save"
    rows = ObligationRows(request.POST, prefix=ROWS) if sent else rows_in_place(request, start=1, kind=found)
    if sent and rows.is_valid():
        try:
            plan_contract(actor=actor, contract_id=contract_id, rules=rows.rules, now=now)
        except DomainError as error:
            if error.code != "contracts.invalid_terms":
                raise
            rows.refused = message_of(error)
        else:
            messages.success(request, _("义务已登记。"))
            return redirect("contracts_desk:contract", contract_id=contract_id)
    context = {"contract": found, "rows": rows, "crumbs": _crumbs(found, _("补登义务"))}
    return render(request, "contracts/registering/plan.html", context, status=422 if sent else 200)


def _crumbs(found: ContractDetail, here: str) -> list[tuple[str, str | None]]:
    return [
        (_("合同登记与履约"), reverse("contracts_desk:contracts")),
        (found.number, reverse("contracts_desk:contract", args=[found.id])),
        (here, None),
    ]
