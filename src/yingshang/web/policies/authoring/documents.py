"""Documents: the list, taking one in, its sentences beside the items made of them."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yingshang.areas.policies.api import (
    AT_ONCE_BYTES,
    ChangedMeanwhile,
    DocumentContent,
    DocumentDetail,
    LinkedItem,
    begin_file_reading,
    get_document,
    linked_items,
    save_document,
    take_in_document,
    writable_drafts,
)
from yingshang.areas.policies.api import documents as stored_documents
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.reference.api import code_of_path
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from .forms import AUTHOR, DocumentForm, TakeInForm, path_of
from .marks import numbers_in
from .tables import STATUSES, DocumentFilter, DocumentTable, place_name, state_tag

VIEW = "policies.view_drafts"


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
            if file is not None and file.size > AT_ONCE_BYTES:
                begun = begin_file_reading(
                    actor=actor,
                    file=file,
                    name=file.name,
                    region_path=path_of(form.cleaned_data["region"]),
                    now=timezone.now(),
                )
                return redirect("policies_desk:reading", reading_id=begun)
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
            "region": code_of(summary.region_path),
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
        {"form": form, "document": found, "theirs": theirs, "crumbs": crumbs_of(found, _("核对信息"))},
        status=status_of_form(form),
    )


@needs(VIEW)
@require_safe
def document(request: HttpRequest, document_id: int) -> HttpResponse:
    """Its sentences by clause, and beside them the items, each with the sentences its conditions come from."""
    actor = actor_from(request)
    found = get_document(actor=actor, document_id=document_id)
    linked = linked_items(actor=actor, document_id=document_id)
    used: dict[int, list[LinkedItem]] = {}
    for item in linked:
        for number in sorted({one for each in item.links.values() for one in each}):
            used.setdefault(number, []).append(item)
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
            "marked": set(numbers_in(request.GET.getlist("s"), found.sentences)),
            "may_author": actor.may(AUTHOR),
            "may_add": actor.may(AUTHOR) and bool(writable_drafts(actor=actor, document_id=document_id)),
            "crumbs": crumbs_of(found),
        },
    )


def code_of(path: str) -> str:
    """A path as a code of a division."""
    return code_of_path(path)


def crumbs_of(found: DocumentDetail, here: str = "") -> list[tuple[str, str | None]]:
    """From the list of documents to a page about one."""
    address = reverse("policies_desk:document", args=[found.summary.id])
    first: list[tuple[str, str | None]] = [(_("政策文件"), reverse("policies_desk:documents"))]
    if not here:
        return [*first, (found.summary.title, None)]
    return [*first, (found.summary.title, address), (here, None)]
