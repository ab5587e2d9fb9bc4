"""Items: the list, the editor with its checks beside the fields, saving where two authors write one draft."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yingshang.areas.policies.api import (
    CannotEdit,
    ChangedMeanwhile,
    DocumentNotFound,
    InvalidItem,
    ItemDetail,
    Sentence,
    SetValue,
    VersionView,
    apply_changes,
    begin_version,
    catalogue,
    create_item,
    discard_version,
    documents,
    get_document,
    get_item,
    items_above,
    merge_texts,
    outdated_by,
    propose_item,
    read_source,
    save_version,
    split_sentences,
)
from yingshang.areas.policies.api import items as stored_items
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.reference.api import code_of_path
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from .editor import Sent, check, fact_options, read_sent, trade_options, view_of
from .editor import area_options as areas_of
from .forms import AUTHOR, ImportForm, NewItemForm
from .tables import ItemFilter, ItemTable, place_name, state_name, state_tag

VIEW = "policies.view_drafts"
CHANGEABLE = ("draft", "returned")
MOST_SENTENCES, AROUND = 300, 12
"""Beside the editor; all of them are on the page of the document."""


@needs(VIEW)
def item_list(request: HttpRequest) -> HttpResponseBase:
    """Items of the reach."""
    actor = actor_from(request)
    filters = ItemFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return stored_items(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, ItemTable, fetch, name="items", filters=filters)
    return listing.respond("policies/authoring/items.html", {"may_author": actor.may(AUTHOR)})


@needs(AUTHOR)
def item_new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """An item begun from nothing, or brought as YAML."""
    actor = actor_from(request)
    brought = "source" in request.POST
    form = NewItemForm(request.POST if request.method == "POST" and not brought else None, actor=actor)
    import_form = ImportForm(request.POST if brought else None)
    sent = import_form if brought else form
    if request.method == "POST" and sent.is_valid():
        said = sent.cleaned_data
        try:
            if brought:
                source = said["source"].replace("\r\n", "\n")
            else:
                nothing = split_sentences(said["name"])
                source = propose_item(
                    nothing,
                    catalogue(),
                    code=said["code"],
                    name=said["name"],
                    region=said["region"],
                    proposals=(),
                ).source
            code = create_item(actor=actor, source=source, now=timezone.now())
        except DomainError as error:
            refuse(sent, error)
        else:
            messages.success(request, _("已新建草稿。"))
            return redirect("policies_desk:item", code=code)
    return render(
        request,
        "policies/authoring/item_new.html",
        {
            "form": form,
            "import_form": import_form,
            "crumbs": [(_("政策事项"), reverse("policies_desk:items")), (_("新建事项"), None)],
        },
        status=status_of_form(sent),
    )


@needs(VIEW)
def item(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """The editor of the draft; what is no draft is shown. What is sent is saved, or shown with one thing done."""
    actor = actor_from(request)
    detail = get_item(actor=actor, code=code)
    version = detail.open or detail.versions[0]
    may_change = actor.may(AUTHOR) and version.state in CHANGEABLE
    if request.method != "POST":
        sent = Sent(
            version.source,
            links={key: list(each) for key, each in version.links.items()},
            elements=_said(version),
        )
        view = "yaml" if request.GET.get("view") == "yaml" else "fields"
        return _page(request, actor, detail, version, sent, view, may_change=may_change)
    actor.require(AUTHOR)
    sent = read_sent(request.POST)
    # What a page does not show stays; what is gone from the item points nowhere any more.
    links = {**{key: list(each) for key, each in version.links.items()}, **sent.links}
    sent.links = {key: each for key, each in links.items() if key == "benefit" or key in sent.source}
    sent.elements = {**_said(version), **sent.elements}
    _fill_document(actor, sent)
    view = request.POST.get("view", "fields")
    operation = request.POST.get("op", "")
    if operation.startswith("view:"):
        view = operation.partition(":")[2]
    if operation != "save":
        return _page(request, actor, detail, version, sent, view, may_change=may_change)
    revision = _revision(request.POST)
    try:
        save_version(
            actor=actor,
            code=code,
            source=sent.source,
            revision=revision,
            links=sent.links,
            elements={key: each for key, each in sent.elements.items() if each},
            remarks=[each for each in version.remarks if each not in sent.settled],
            note=request.POST.get("change_note"),
            now=timezone.now(),
        )
    except ChangedMeanwhile as error:
        return _conflict(request, detail, version, sent, error)
    except InvalidItem as error:
        messages.error(request, _("没有保存：%(reason)s") % {"reason": message_of(error)})
        return _page(request, actor, detail, version, sent, view, may_change=may_change, status=422)
    messages.success(request, _("草稿已保存。"))
    address = reverse("policies_desk:item", args=[code])
    return redirect(f"{address}?view=yaml" if view == "yaml" else address)


@needs(AUTHOR)
@require_POST
def item_check(request: HttpRequest, code: str) -> HttpResponse:
    """What is wrong with what is typed, for beside its fields; nothing is saved."""
    detail = get_item(actor=actor_from(request), code=code)
    sent = read_sent(request.POST)
    sent.elements = {**_said(detail.open or detail.versions[0]), **sent.elements}
    shown = view_of(sent, request.POST.get("view", "fields"))
    return render(
        request,
        "policies/authoring/checked.html",
        {"checked": check(sent, shown, timezone.localdate()), "shown": shown, "oob": True},
    )


@needs(VIEW)
@require_safe
def item_yaml(request: HttpRequest, code: str) -> HttpResponse:
    """The item as it is stored, byte for byte."""
    detail = get_item(actor=actor_from(request), code=code)
    version = detail.open or detail.versions[0]
    response = HttpResponse(version.source, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{code}.yaml") or "attachment"
    return response


@needs(AUTHOR)
@require_POST
def item_begin(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """The next version, as a copy of the one in force."""
    number = begin_version(actor=actor_from(request), code=code, now=timezone.now())
    messages.success(request, _("已新建第 %(number)s 版草稿。") % {"number": number})
    return redirect("policies_desk:item", code=code)


@needs(AUTHOR)
@require_POST
def item_discard(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """A draft that nobody wants any more; it stays readable among the versions."""
    discard_version(
        actor=actor_from(request), code=code, reason=request.POST.get("reason", ""), now=timezone.now()
    )
    messages.success(request, _("草稿已作废。"))
    return redirect("policies_desk:items")


def _page(
    request: HttpRequest,
    actor: Actor,
    detail: ItemDetail,
    version: VersionView,
    sent: Sent,
    view: str,
    *,
    may_change: bool,
    status: int = 200,
) -> HttpResponse:
    shown = view_of(sent, view)
    sentences = _near(_sentences(actor, detail), sent.links)
    code = detail.summary.code
    revision = _revision(request.POST) if request.method == "POST" else version.revision
    checked = check(sent, shown, timezone.localdate())
    return render(
        request,
        "policies/authoring/item.html",
        {
            "detail": detail,
            "summary": detail.summary,
            "version": version,
            "state": state_tag(version.state),
            "state_name": state_name(version.state),
            "place": place_name(detail.summary.region_path),
            "may_change": may_change,
            "may_author": actor.may(AUTHOR),
            "shown": shown,
            "checked": checked,
            "told": dict(checked.slots),
            "sentences": sentences,
            "revision": revision,
            "links": sent.links,
            "began": request.POST.get("began") or version.source,
            "remarks": [(each, each in sent.settled) for each in version.remarks],
            "facts": fact_options() if shown.view == "fields" else (),
            "areas": areas_of(_code(detail.summary.region_path)) if shown.view == "fields" else (),
            "trades": trade_options() if shown.view == "fields" else (),
            "superiors": items_above(region_path=detail.summary.region_path, day=timezone.localdate())
            if shown.view == "fields" and may_change
            else (),
            "titles": _titles(actor) if shown.view == "fields" and may_change else (),
            **_swaps(code, may_change),
            "ways_on": list(_ways_on(actor, version)),
            "gone": outdated_by(code=code, source=sent.source),
            "change_note": request.POST.get("change_note", version.note),
            "crumbs": [(_("政策事项"), reverse("policies_desk:items")), (version.name, None)],
        },
        status=status,
    )


MOST_TITLES = 200


def _titles(actor: Actor) -> list[str]:
    """Documents to choose from, the newest."""
    return list(dict.fromkeys(each.title for each in documents(actor=actor, limit=MOST_TITLES).rows))


def _said(version: VersionView) -> dict[str, str]:
    """What a version says of its elements beside the YAML."""
    return {key: str(each) for key, each in version.elements.items() if each}


def _fill_document(actor: Actor, sent: Sent) -> None:
    """Of a document that was chosen by its title, the number, issuer, day and address it was taken in with."""
    try:
        said = read_source(sent.source).get("document") or {}
    except (DomainError, AttributeError):
        return
    title = str(said.get("title") or "").strip()
    if not title or any(said.get(key) for key in ("number", "issuer", "issued", "url")):
        return
    found = next(
        (each for each in documents(actor=actor, text=title, limit=5).rows if each.title == title), None
    )
    if found is None:
        return
    values = {"number": found.number, "issuer": found.issuer, "issued": found.issued_on, "url": found.url}
    changes = [SetValue(("document", key), value) for key, value in values.items() if value]
    with suppress(CannotEdit):
        sent.source = apply_changes(sent.source, changes)


def _swaps(code: str, may_change: bool) -> dict[str, str]:
    """How a button, or a choice that changes others, redraws the editor in place; without a script the form is sent."""
    if not may_change:
        return {"swap": "", "swap_on_change": ""}
    swap = format_html(
        'hx-post="{}" hx-target="#editor" hx-select="#editor" hx-swap="outerHTML" hx-sync="#editor:replace"',
        reverse("policies_desk:item", args=[code]),
    )
    return {"swap": swap, "swap_on_change": format_html('{} hx-trigger="change consume"', swap)}


def _conflict(
    request: HttpRequest, detail: ItemDetail, version: VersionView, sent: Sent, error: ChangedMeanwhile
) -> HttpResponse:
    """Somebody saved in between: both texts, and both put together for the author to look at. Nothing is lost."""
    began = request.POST.get("began", "").replace("\r\n", "\n")
    merged = merge_texts(began or version.source, sent.source, version.source)
    return render(
        request,
        "policies/authoring/conflict.html",
        {
            "summary": detail.summary,
            "version": version,
            "message": message_of(error),
            "mine": sent.source,
            "merged": merged,
            "links": {**version.links, **sent.links},
            "elements": sent.elements,
            "remarks": [(each, each in sent.settled) for each in version.remarks],
            "crumbs": [
                (_("政策事项"), reverse("policies_desk:items")),
                (version.name, reverse("policies_desk:item", args=[detail.summary.code])),
                (_("两人同时修改"), None),
            ],
        },
        status=409,
    )


def _ways_on(actor: Actor, version: VersionView) -> Any:
    """Where an author goes from here, as far as these pages are there."""
    for view, label, icon in (
        ("policies_desk:sandbox", _("沙盘推演"), "adjustments"),
        ("policies_desk:item-interpretation", _("政策解读"), "message-2"),
        ("policies_desk:versions", _("版本和审查"), "versions"),
    ):
        try:
            yield reverse(view, args=[version.code]), label, icon
        except NoReverseMatch:
            continue


def _sentences(actor: Actor, detail: ItemDetail) -> tuple[Sentence, ...]:
    if detail.summary.document_id is None:
        return ()
    try:
        return get_document(actor=actor, document_id=detail.summary.document_id).sentences
    except DocumentNotFound:
        return ()


def _near(sentences: tuple[Sentence, ...], links: dict[str, list[int]]) -> tuple[Sentence, ...]:
    """Of a long document what stands around the sentences that are pointed at; all of a short one."""
    if len(sentences) <= MOST_SENTENCES:
        return sentences
    pointed = {one for each in links.values() for one in each} or {1}
    near = {number + step for number in pointed for step in range(-AROUND, AROUND + 1)}
    return tuple(each for each in sentences if each.number in near)


def _revision(data: QueryDict) -> int:
    text = data.get("revision", "")
    return int(text) if text.isdecimal() else 0


def _code(path: str) -> str:
    return code_of_path(path)
