"""A contract is written down, or a draft of one changed: its fields, its obligations, and what its text says."""

from __future__ import annotations

from types import SimpleNamespace
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
    add_contract_file,
    change_contract,
    contract,
    contract_rules,
    look_alikes,
    own_units,
    propose_for,
    submit_contract,
    write_contract,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.refusals import refuse_each
from yingshang.web.uploads import megabytes

from .forms import ContractForm, initial_of
from .reading import Reading, read_upload
from .rows import ROWS, ObligationRows, again
from .rows import initial_of as rows_of

REGISTER = "contracts.register"
_WIDE = frozenset({"title", "counterparty_name", "others", "open_ended", "note"})
_FILE = "contract"
"""The purpose of a file that is handed in with the contract itself."""


@needs(REGISTER)
def new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Write a contract down."""
    return _edit(request, None)


@needs(REGISTER)
def change(request: HttpRequest, contract_id: int) -> HttpResponse | HttpResponseRedirect:
    """Change a draft."""
    actor = actor_from(request)
    return _edit(request, contract(actor=actor, contract_id=contract_id, now=timezone.now()))


def _edit(request: HttpRequest, found: ContractDetail | None) -> HttpResponse | HttpResponseRedirect:
    actor = actor_from(request)
    units = [(str(each.id), each.name) for each in own_units(actor=actor, permission=REGISTER) if each.active]
    do = request.POST.get("do", "")
    reading = Reading.kept(request.POST.get("proposals", ""))
    alike: Any = ()
    if request.method != "POST":
        start = initial_of(found) if found else {"counterparty_kind": "enterprise", "direction": "pays"}
        form = ContractForm(initial=start, agencies=units)
        rows = ObligationRows(initial=rows_of(found.rules) if found else [{}], prefix=ROWS)
    elif do in ("save", "submit"):
        form = ContractForm(request.POST, agencies=units)
        rows = ObligationRows(request.POST, prefix=ROWS)
        if all([form.is_valid(), rows.is_valid()]):
            try:
                number = _save(request, actor, found, form, rows, submit=do == "submit")
            except DomainError as error:
                alike = _refuse(actor, form, rows, error, found)
            else:
                return redirect("contracts_desk:contract", contract_id=number)
    else:
        form, rows, reading = _in_place(request, actor, units, do, reading)
    context = {
        "heading": _("修改合同") if found else _("登记合同"),
        "form": form,
        "rows": rows,
        "parts": [
            (name, [(field, reading.of(field.name)) for field in fields]) for name, fields in form.groups
        ],
        "wide": _WIDE,
        "payments_read": reading.payments,
        "proposals_kept": reading.kept_as,
        "read": reading.told,
        "alike": alike,
        "revision": found.revision if found else "",
        "not_same": bool(request.POST.get("not_same")),
        **file_limits(),
        "crumbs": [
            (_("合同登记与履约"), reverse("contracts_desk:contracts")),
            *([(found.number, reverse("contracts_desk:contract", args=[found.id]))] if found else []),
            (_("修改合同") if found else _("登记合同"), None),
        ],
    }
    wrong = do in ("save", "submit")
    return render(request, "contracts/registering/form.html", context, status=422 if wrong else 200)


def _in_place(
    request: HttpRequest, actor: Actor, units: list[tuple[str, str]], do: str, reading: Reading
) -> tuple[ContractForm, Any, Reading]:
    """The form as it was sent, changed by one of the buttons in it; nothing is judged yet, nothing is saved."""
    told = {name: request.POST.get(name, "") for name in ContractForm.base_fields}
    take = request.POST.get("take", "")
    if do == "read":
        reading = read_upload(actor, request.FILES.get("file"))
        # What is empty is filled in, and says where it comes from; what somebody wrote stays.
        told |= {name: value for name, value in reading.first.items() if name in told and not told[name]}
    elif take:
        name, value = reading.taken(take)
        told |= {name: value} if name in told else {}
    rule = reading.payment(take)
    rows = rows_in_place(request, kind=_as_far(told, units), more=[rule] if rule else [])
    return ContractForm(initial=told, agencies=units), rows, reading


def rows_in_place(request: HttpRequest, *, start: int = 0, kind: Any = None, more: Any = ()) -> Any:
    """The rows as they were sent, with one more, or without one, or with what the kind of the contract usually obliges
    to (`kind` is a contract, or as much of it as is written), or with `more` rules; `start` empty ones where nothing
    was sent.
    """
    if request.method != "POST":
        return ObligationRows(initial=[{} for _number in range(start)], prefix=ROWS)
    do, remove = request.POST.get("do", ""), request.POST.get("remove", "")
    without = int(remove) if remove.isdecimal() and len(remove) < 5 else None
    rows = again(request.POST, add=1 if do == "add" else 0, without=without)
    if do == "propose" and kind is not None:
        more = propose_for(kind.kind, kind)
    if more:
        written = [
            row for row in rows if any(row.get(name) for name in ("kind", "title", "amount_fen", "share"))
        ]
        rows = [*written, *rows_of(more)]
    return ObligationRows(initial=rows, prefix=ROWS)


def _as_far(told: dict[str, Any], units: list[tuple[str, str]]) -> Any:
    """What is written of a contract so far; what cannot be read is missing."""
    form = ContractForm(told, agencies=units)
    form.is_valid()
    names = ("kind", "signed_on", "starts_on", "ends_on", "amount_fen")
    return SimpleNamespace(**{name: form.cleaned_data.get(name) for name in names})


def _save(
    request: HttpRequest,
    actor: Actor,
    found: ContractDetail | None,
    form: ContractForm,
    rows: Any,
    *,
    submit: bool,
) -> int:
    """The contract, its obligations and its file: all of it, or nothing."""
    now, file = timezone.now(), request.FILES.get("file")
    not_same = request.POST.getlist("alike") if request.POST.get("not_same") else []
    with transaction.atomic():
        if found is None:
            number = write_contract(
                actor=actor,
                agency_id=form.cleaned_data["agency_id"],
                fields=form.told,
                rules=rows.rules,
                not_same_as=not_same,
                now=now,
            )
        else:
            number = found.id
            revision = request.POST.get("revision", "")
            change_contract(
                actor=actor,
                contract_id=number,
                fields=form.told,
                rules=rows.rules,
                not_same_as=not_same,
                revision=int(revision) if revision.isdecimal() and len(revision) < 9 else None,
                now=now,
            )
        if file is not None:
            add_contract_file(
                actor=actor, contract_id=number, content=file, name=file.name or "", purpose=_FILE, now=now
            )
        if submit:
            submit_contract(actor=actor, contract_id=number, now=now)
    told = _("已登记并提交审核。") if submit else _("已保存草稿。")
    messages.success(request, told)
    return number


def _refuse(
    actor: Actor, form: ContractForm, rows: Any, error: DomainError, found: ContractDetail | None
) -> Any:
    """What is refused, at its field or its row; the contracts that are the same, where there are any."""
    if error.code == "contracts.duplicate_contract":
        agency_id = found.agency_id if found else form.cleaned_data["agency_id"]
        alike = look_alikes(agency_id=agency_id, fields=form.told, but=found.id if found else None)
        form.add_error(None, message_of(error))
        return alike
    if error.code == "contracts.invalid_terms":
        # Of which row the refusal does not say: the field alone leads there, so all rows together are told of it.
        rows.refused = message_of(error)
        return ()
    if error.details.get("field") == "agency":
        form.add_error(None, message_of(error))
        return ()
    refuse_each(form, error)
    return ()


def file_limits() -> dict[str, Any]:
    limits = contract_rules().file_limits
    return {
        "kinds": [str(each) for each in limits["kinds"]],
        "accept": ",".join(f".{each}" for each in limits["kinds"]),
        "largest": megabytes(int(limits["largest_bytes"])),
    }
