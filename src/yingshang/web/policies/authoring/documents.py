"""Documents: the list, taking one in, its sentences beside the items made of them, proposals of a draft."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yingshang.areas.policies.api import (
    ChangedMeanwhile,
    DocumentContent,
    DocumentDetail,
    Proposal,
    Sentence,
    catalogue,
    create_item,
    get_document,
    linked_items,
    links_of,
    propose_item,
    read_document,
    save_document,
    take_in_document,
)
from yingshang.areas.policies.api import documents as stored_documents
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from .editor import said_by_row
from .forms import AUTHOR, DocumentForm, NewItemForm, TakeInForm, path_of
from .tables import STATUSES, DocumentFilter, DocumentTable, place_name, state_tag

VIEW = "policies.view_drafts"

KINDS = {
    "condition": gettext_lazy("条件"),
    "tag": gettext_lazy("资质或标签"),
    "region": gettext_lazy("地区"),
    "industry": gettext_lazy("行业"),
    "amount": gettext_lazy("金额"),
    "cap": gettext_lazy("上限"),
    "band": gettext_lazy("分档"),
    "date": gettext_lazy("日期"),
    "remark": gettext_lazy("提示"),
}
CONFIDENCE = {
    "high": ("good", "circle-check"),
    "medium": ("warn", "help-circle"),
    "low": ("bad", "alert-triangle"),
}


@needs(VIEW)
def document_list(request: HttpRequest) -> HttpResponseBase:
    """Documents of the reach and public ones."""
    actor = actor_from(request)
    filters = DocumentFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return stored_documents(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, DocumentTable, fetch, name="documents", filters=filters)
    return listing.respond("policies/authoring/documents.html", {"may_author": actor.may(AUTHOR)})


@needs(AUTHOR)
def document_new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """A document comes in; what its first page says is to be looked at on the next page."""
    actor = actor_from(request)
    form = TakeInForm(request.POST or None, request.FILES or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            number = take_in_document(
                actor=actor,
                file=file,
                name=file.name if file else "",
                text=form.cleaned_data["text"],
                region_path=path_of(form.cleaned_data["region"]),
                now=timezone.now(),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已录入。请核对从首页读出的标题、文号、发文机关和日期。"))
            return redirect("policies_desk:document-edit", document_id=number)
    return render(
        request, "policies/authoring/document_new.html", {"form": form}, status=status_of_form(form)
    )


@needs(AUTHOR)
def document_edit(request: HttpRequest, document_id: int) -> HttpResponse | HttpResponseRedirect:
    """What is said of a document."""
    actor = actor_from(request)
    found = get_document(actor=actor, document_id=document_id)
    summary = found.summary
    form = DocumentForm(
        request.POST or None,
        actor=actor,
        initial={
            **{
                name: getattr(summary, name)
                for name in ("title", "number", "issuer", "issued_on", "status", "url", "is_public")
            },
            "region": _code(summary.region_path),
            "note": found.note,
            "text": found.text,
            "revision": found.revision,
        },
    )
    theirs: DocumentDetail | None = None
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        revision, region = said.pop("revision"), said.pop("region")
        said["text"] = said["text"].replace("\r\n", "\n")
        try:
            save_document(
                actor=actor,
                document_id=document_id,
                content=DocumentContent(**said, region_path=path_of(region)),
                revision=revision,
                now=timezone.now(),
            )
        except ChangedMeanwhile as error:
            theirs = found
            refuse(form, error)
            again = request.POST.copy()
            again["revision"] = str(found.revision)
            form.data = again
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已保存。"))
            return redirect("policies_desk:document", document_id=document_id)
    return render(
        request,
        "policies/authoring/document_edit.html",
        {"form": form, "document": found, "theirs": theirs, "crumbs": _crumbs(found, _("核对信息"))},
        status=status_of_form(form),
    )


@needs(VIEW)
@require_safe
def document(request: HttpRequest, document_id: int) -> HttpResponse:
    """Its sentences by clause, and beside them the items, each with the sentences its conditions come from."""
    actor = actor_from(request)
    found = get_document(actor=actor, document_id=document_id)
    linked = linked_items(actor=actor, document_id=document_id)
    used: dict[int, list[str]] = {}
    for item in linked:
        for number in sorted({one for each in item.links.values() for one in each}):
            used.setdefault(number, []).append(item.code)
    return render(
        request,
        "policies/authoring/document.html",
        {
            "document": found,
            "summary": found.summary,
            "place": place_name(found.summary.region_path),
            "status": STATUSES[found.summary.status],
            "clauses": [
                (clause, [(each, used.get(each.number, [])) for each in members])
                for clause, members in groupby(found.sentences, key=lambda each: each.clause)
            ],
            "items": [(each, state_tag(each.state)) for each in linked],
            "marked": {int(each) for each in request.GET.getlist("s") if each.isdecimal()},
            "may_author": actor.may(AUTHOR),
            "crumbs": _crumbs(found),
        },
    )


@needs(AUTHOR)
def propose(request: HttpRequest, document_id: int) -> HttpResponse | HttpResponseRedirect:
    """What the reader makes of the marked sentences, each accepted by a person; then the draft of an item."""
    actor = actor_from(request)
    found = get_document(actor=actor, document_id=document_id)
    numbers = {int(each) for each in request.GET.getlist("s") if each.isdecimal()}
    sentences = [each for each in found.sentences if each.number in numbers]
    if not sentences:
        messages.warning(request, _("请先选择句子。"))
        return redirect("policies_desk:document", document_id=document_id)
    region = _code(found.summary.region_path)
    proposals = read_document(
        sentences, catalogue(), region=region if region.strip("0") else "", issued_on=found.summary.issued_on
    )
    form = NewItemForm(request.POST or None, actor=actor, initial={"region": region})
    accepted = {int(each) for each in request.POST.getlist("accept") if each.isdecimal()}
    if request.method == "POST" and form.is_valid():
        try:
            code = _create(
                actor,
                form.cleaned_data,
                found,
                sentences,
                [p for i, p in enumerate(proposals) if i in accepted],
            )
        except DomainError as error:
            refuse(form, error)
            if error.code == "policies.code_taken":
                form.add_error("code", _("这个编号已被使用，请换一个。"))
        else:
            messages.success(request, _("已按采纳的提议起草。草稿尚未核对，请逐项检查。"))
            return redirect("policies_desk:item", code=code)
    by_number = {each.number: each for each in sentences}
    return render(
        request,
        "policies/authoring/propose.html",
        {
            "document": found,
            "form": form,
            "sentences": [
                (
                    sentence,
                    [
                        _shown(index, each, index in accepted)
                        for index, each in enumerate(proposals)
                        if each.sentence == number
                    ],
                )
                for number, sentence in by_number.items()
            ],
            "total": len(proposals),
            "crumbs": _crumbs(found, _("据所选句子起草")),
        },
        status=status_of_form(form),
    )


def _create(
    actor: Actor,
    said: dict[str, Any],
    found: DocumentDetail,
    sentences: list[Sentence],
    accepted: list[Proposal],
) -> str:
    summary = found.summary
    source = propose_item(
        sentences,
        catalogue(),
        code=said["code"],
        name=said["name"],
        region=said["region"],
        issued_on=summary.issued_on,
        document={
            "title": summary.title,
            "number": summary.number,
            "issuer": summary.issuer,
            "issued": summary.issued_on.isoformat() if summary.issued_on else "",
            "url": summary.url,
        },
        proposals=accepted,
    )
    return create_item(
        actor=actor,
        source=source,
        document_id=summary.id,
        links=links_of(source, sentences),
        now=timezone.now(),
    )


def _shown(index: int, proposal: Proposal, accepted: bool) -> dict[str, Any]:
    tone, icon = CONFIDENCE[proposal.confidence]
    words = {"high": _("把握大"), "medium": _("请核对"), "low": _("把握小")}
    return {
        "index": index,
        "proposal": proposal,
        "said": said_by_row(proposal.expression) or proposal.quote,
        "kind": KINDS[proposal.kind],
        "reason": proposal.reason if english() else proposal.reason_zh,
        "tone": tone,
        "icon": icon,
        "confidence": words[proposal.confidence],
        "accepted": accepted,
        "usable": proposal.kind != "remark" and bool(proposal.expression or proposal.fragment),
    }


def _code(path: str) -> str:
    return path.ljust(6, "0") if len(path) <= 6 else path


def _crumbs(found: DocumentDetail, here: str = "") -> list[tuple[str, str | None]]:
    address = reverse("policies_desk:document", args=[found.summary.id])
    first: list[tuple[str, str | None]] = [(_("政策文件"), reverse("policies_desk:documents"))]
    if not here:
        return [*first, (found.summary.title, None)]
    return [*first, (found.summary.title, address), (here, None)]
