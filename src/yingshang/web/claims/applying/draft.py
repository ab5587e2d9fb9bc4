"""A draft of a claim: everything known is there already, only what is missing is asked for."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from openpyxl import Workbook

from yingshang.areas.claims.api import (
    AlreadyClaimed,
    InvalidClaim,
    InvalidLines,
    accounts,
    add_file,
    begin_claim,
    confirm_as_representative,
    discard_claim,
    draft_of,
    form_subject,
    keep_form,
    promise_material,
    remove_material,
    resubmit_claim,
    reuse_file,
    save_lines,
    submit_claim,
    use_known,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.forms.api import SubmissionView
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of
from yingshang.web.portal.filling import fill
from yingshang.web.words import in_language

from .forms import ChooseAccount, FileForm
from .views import OWN, frame


@needs(OWN)
@require_POST
def begin(request: HttpRequest, party_id: int, code: str) -> HttpResponseRedirect:
    """Begin a claim for an item, or go on with the one there is."""
    actor = actor_from(request)
    try:
        claim_id = begin_claim(actor=actor, party_id=party_id, code=code, now=timezone.now())
    except AlreadyClaimed as refusal:
        messages.info(request, message_of(refusal))
        if "claim" not in refusal.details:
            return redirect("policies:mine-item", party_id=party_id, code=code)
        return redirect("claims:claim", claim_id=int(refusal.details["claim"]))
    except DomainError as refusal:
        messages.error(request, message_of(refusal))
        return redirect("policies:mine-item", party_id=party_id, code=code)
    return redirect("claims:draft", claim_id=claim_id)


@needs(OWN)
def edit(request: HttpRequest, claim_id: int) -> HttpResponse:
    """The draft on one screen."""
    return _page(request, claim_id)


@needs(OWN)
@require_POST
def material(request: HttpRequest, claim_id: int, code: str) -> HttpResponse | HttpResponseRedirect:
    """Upload a material, use one again, or promise it."""
    actor, now = actor_from(request), timezone.now()
    try:
        if request.POST.get("known"):
            use_known(actor=actor, claim_id=claim_id, code=code, now=now)
        elif request.POST.get("promise"):
            promise_material(actor=actor, claim_id=claim_id, code=code, now=now)
        elif request.POST.get("reuse", "").isdigit():
            reuse_file(
                actor=actor, claim_id=claim_id, code=code, material_id=int(request.POST["reuse"]), now=now
            )
        else:
            form = FileForm(request.POST, request.FILES)
            if not form.is_valid():
                return _page(request, claim_id, problems={code: _("请选择要上传的文件")}, status=400)
            file = form.cleaned_data["file"]
            add_file(actor=actor, claim_id=claim_id, code=code, content=file, name=file.name, now=now)
    except DomainError as refusal:
        if refusal.code.startswith(("claims.claim_not_found", "claims.not_possible")):
            raise
        return _page(request, claim_id, problems={code: message_of(refusal)}, status=400)
    return redirect("claims:draft", claim_id=claim_id)


@needs(OWN)
@require_POST
def material_remove(request: HttpRequest, claim_id: int, material_id: int) -> HttpResponseRedirect:
    """Take a material off."""
    remove_material(actor=actor_from(request), claim_id=claim_id, material_id=material_id, now=timezone.now())
    return redirect("claims:draft", claim_id=claim_id)


@needs(OWN)
def form(request: HttpRequest, claim_id: int) -> HttpResponse:
    """The form the item asks for, prefilled; submitted, it belongs to the draft."""
    actor = actor_from(request)
    found = draft_of(actor=actor, claim_id=claim_id)
    summary = found.claim.summary
    if found.form is None or summary.state not in {"draft", "returned"}:
        return redirect("claims:claim", claim_id=claim_id)
    enterprise = enterprise_of(request, actor, summary.party_id)
    # Filled in for one of several items, one goes on where all of them are.
    here = reverse("claims:draft", args=[claim_id])
    if found.bundle and summary.state == "draft":
        here = reverse("claims:bundle", args=[found.bundle])

    def keep(submitted: SubmissionView) -> str:
        keep_form(actor=actor, claim_id=claim_id, submission_id=submitted.id, now=timezone.now())
        messages.success(request, _("已填写，随申请一起提交。"))
        return here

    title = in_language(found.form.name, found.form.name_en)
    return fill(
        request,
        form_code=found.form.code,
        party_id=summary.party_id,
        subject=form_subject(claim_id),
        on_submit=keep,
        title=title,
        lead=summary.item_name,
        crumbs=[*crumbs_of(enterprise), (summary.item_name, here), (title, None)],
        submit_label=_("填好了"),
    )


@needs(OWN)
@require_POST
def lines(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """A table of line items; with one mistake nothing is taken in, and every mistake is shown with its place."""
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, claim_id, problems={"lines": _("请选择要上传的文件")}, status=400)
    file = form.cleaned_data["file"]
    try:
        taken = save_lines(
            actor=actor_from(request),
            claim_id=claim_id,
            content=file.read(LARGEST + 1),
            name=file.name,
            now=timezone.now(),
        )
    except InvalidLines as refusal:
        return _page(
            request,
            claim_id,
            problems={"lines": message_of(refusal)},
            table=refusal.details["table"],
            status=400,
        )
    messages.success(request, _("已导入 %(count)s 行。") % {"count": taken})
    return redirect("claims:draft", claim_id=claim_id)


LARGEST = 200_000_000
"""No more of a file than this is read before it is refused for its size."""


@needs(OWN)
def lines_template(request: HttpRequest, claim_id: int) -> HttpResponse:
    """An empty table with the right header."""
    found = draft_of(actor=actor_from(request), claim_id=claim_id)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([each["name"] for each in found.line_columns])
    out = BytesIO()
    book.save(out)
    response = HttpResponse(
        out.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = f'attachment; filename="{found.claim.summary.item_code}-lines.xlsx"'
    return response


@needs("claims.confirm_own")
@require_POST
def representative(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """The legal representative stands by the draft."""
    confirm_as_representative(actor=actor_from(request), claim_id=claim_id, now=timezone.now())
    messages.success(request, _("已由法定代表人确认。"))
    return redirect("claims:draft", claim_id=claim_id)


@needs(OWN)
@require_POST
def submit(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Hand it in."""
    actor = actor_from(request)
    found = draft_of(actor=actor, claim_id=claim_id)
    form = ChooseAccount(request.POST, accounts=accounts(actor=actor, party_id=found.claim.summary.party_id))
    if not form.is_valid():
        return _page(request, claim_id, problems={"account": _("请选择收款账户")}, status=400)
    try:
        state = submit_claim(
            actor=actor, claim_id=claim_id, account_id=int(form.cleaned_data["account"]), now=timezone.now()
        )
    except DomainError as refusal:
        if refusal.code == "claims.claim_not_found":
            raise
        if refusal.code == "claims.not_possible_now":
            # A colleague was faster: what there is now is shown.
            messages.info(request, message_of(refusal))
            return redirect("claims:claim", claim_id=claim_id)
        return _page(request, claim_id, problems={"submit": message_of(refusal)}, status=400)
    messages.success(
        request,
        _("已核准，资金将拨付到所选账户。") if state == "payable" else _("申请已提交。"),
    )
    return redirect("claims:claim", claim_id=claim_id)


@needs(OWN)
@require_POST
def resubmit(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Hand in again what was sent back."""
    try:
        resubmit_claim(actor=actor_from(request), claim_id=claim_id, now=timezone.now())
    except InvalidClaim as refusal:
        return _page(request, claim_id, problems={"submit": message_of(refusal)}, status=400)
    messages.success(request, _("已重新提交，办理时限继续计算。"))
    return redirect("claims:claim", claim_id=claim_id)


@needs(OWN)
@require_POST
def discard(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """A draft that is not wanted."""
    actor = actor_from(request)
    party_id = draft_of(actor=actor, claim_id=claim_id).claim.summary.party_id
    discard_claim(actor=actor, claim_id=claim_id, now=timezone.now())
    messages.success(request, _("草稿已放弃。"))
    return redirect("claims:mine-party", party_id=party_id)


def _page(
    request: HttpRequest,
    claim_id: int,
    *,
    problems: dict[str, str] | None = None,
    table: Any = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_from(request)
    found = draft_of(actor=actor, claim_id=claim_id)
    enterprise = enterprise_of(request, actor, found.claim.summary.party_id)
    known = accounts(actor=actor, party_id=enterprise.party.id)
    standing = next((each for each in known if each.standing), known[0] if len(known) == 1 else None)
    return render(
        request,
        "claims/applying/draft.html",
        {
            **frame(request, enterprise, found.claim.summary.number),
            "draft": found,
            "claim": found.claim,
            "accounts": known,
            "form": ChooseAccount(
                accounts=known, initial={"account": str(standing.id)} if standing else None
            ),
            "problems": problems or {},
            "line_table": table,
            "may_confirm": actor.may("claims.confirm_own"),
        },
        status=status,
    )
