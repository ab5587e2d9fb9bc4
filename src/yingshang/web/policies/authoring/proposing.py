"""From marked sentences to an item: what the reader, and a language model where there is one, make of them; each
accepted by a person, then the draft of a new item, or added to one that is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from yingshang.areas.policies.api import (
    DocumentDetail,
    Proposal,
    ReadingNotFound,
    ReadingView,
    Sentence,
    add_proposed,
    add_to_draft,
    begin_reading,
    catalogue,
    create_item,
    get_document,
    get_reading,
    language_model,
    links_of,
    propose_item,
    read_document,
    reads_at_once,
    remarks_left,
    writable_drafts,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.words import in_language

from .documents import code_of, crumbs_of
from .editor import said_by_row
from .forms import AUTHOR, AddToDraftForm, NewItemForm
from .marks import numbers_in, ranges_of

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
MOST_AT_ONCE = 300
"""Sentences whose proposals one page shows; of more, the parts they stand in are shown to choose from."""
ADD = "add"
_FIRST_LABEL = re.compile(r"第[^章节条款项]+[章节条款项]|[一二三四五六七八九十百]+|[（(][^）)]*[）)]|\d+|.")


@needs(AUTHOR)
@require_POST
def mark(request: HttpRequest, document_id: int) -> HttpResponseRedirect:
    """Sentences were marked: on to what is read in them, at once, or by the worker where they are many."""
    actor = actor_from(request)
    found = get_document(actor=actor, document_id=document_id)
    numbers = numbers_in(request.POST.getlist("s"), found.sentences)
    if not numbers:
        messages.warning(request, _("请先选择句子。"))
        return redirect("policies_desk:document", document_id=document_id)
    to = ADD if request.POST.get("to") == ADD else ""
    return _on(actor, found, numbers, to)


def _on(actor: Actor, found: DocumentDetail, numbers: Sequence[int], to: str) -> HttpResponseRedirect:
    wanted = set(numbers)
    if reads_at_once([each for each in found.sentences if each.number in wanted]):
        return redirect(_address(found.summary.id, numbers, to))
    begun = begin_reading(
        actor=actor, document_id=found.summary.id, sentences=list(numbers), now=timezone.now()
    )
    return redirect(_reading_address(begun, to))


@needs(AUTHOR)
@require_POST
def ask_model(request: HttpRequest, document_id: int) -> HttpResponseRedirect:
    """Have a language model propose too; it is asked by the worker."""
    actor = actor_from(request)
    found = get_document(actor=actor, document_id=document_id)
    numbers = numbers_in(request.POST.getlist("s"), found.sentences)
    to = ADD if request.POST.get("to") == ADD else ""
    try:
        begun = begin_reading(
            actor=actor, document_id=document_id, sentences=numbers, by="model", now=timezone.now()
        )
    except DomainError as error:
        messages.error(request, message_of(error))
        return redirect(_address(document_id, numbers, to, _readings(request.POST.getlist("r"))))
    return redirect(_reading_address(begun, to, _readings(request.POST.getlist("r"))))


@needs(AUTHOR)
@require_safe
def reading(request: HttpRequest, reading_id: int) -> HttpResponse | HttpResponseRedirect:
    """How far a reading is; what it came to as soon as it is done. Without a script, loading the page again tells."""
    found = get_reading(actor=actor_from(request), reading_id=reading_id)
    to = ADD if request.GET.get("to") == ADD else ""
    others = _readings(request.GET.getlist("r"))
    htmx = bool(getattr(request, "htmx", False))
    if found.state == "done" and found.document_id is not None:
        address = (
            reverse("policies_desk:document-edit", args=[found.document_id])
            if found.kind == "file"
            else _address(found.document_id, found.sentences, to, [*others, found.id])
        )
        return HttpResponseClientRedirect(address) if htmx else redirect(address)
    title = found.file_name if found.kind == "file" else found.document_title
    first: list[tuple[str, str | None]] = [(_("政策文件"), reverse("policies_desk:documents"))]
    return render(
        request,
        "policies/authoring/reading_state.html" if htmx else "policies/authoring/reading.html",
        {
            "reading": found,
            "title": title,
            "here": request.get_full_path(),
            "message": in_language(found.message_zh, found.message),
            "crumbs": [*first, (title, None)],
        },
    )


@needs(AUTHOR)
def propose(request: HttpRequest, document_id: int) -> HttpResponse | HttpResponseRedirect:
    """What was read in the marked sentences, each accepted by a person; then a new draft, or more in one."""
    actor = actor_from(request)
    found = get_document(actor=actor, document_id=document_id)
    numbers = numbers_in(request.GET.getlist("s"), found.sentences)
    wanted = set(numbers)
    sentences = [each for each in found.sentences if each.number in wanted]
    if not sentences:
        messages.warning(request, _("请先选择句子。"))
        return redirect("policies_desk:document", document_id=document_id)
    to = ADD if request.GET.get("to") == ADD else ""
    readings = _fitting(request, actor, found, wanted)
    if not readings and not reads_at_once(sentences):
        return _on(actor, found, numbers, to)
    proposals = _proposals(found, sentences, readings)
    shared = {
        "document": found,
        "crumbs": crumbs_of(found, _("加入已有草稿") if to else _("据所选句子起草")),
        "total": len(proposals),
        "adding": bool(to),
    }
    if len(sentences) > MOST_AT_ONCE:
        parts = list(_parts(found, sentences, proposals, to, [each.id for each in readings]))
        return render(request, "policies/authoring/propose_parts.html", {**shared, "parts": parts})
    drafts = writable_drafts(actor=actor, document_id=document_id)
    region = code_of(found.summary.region_path)
    sent = request.POST or None
    form: Any = (
        AddToDraftForm(sent, drafts=drafts)
        if to
        else NewItemForm(sent, actor=actor, initial={"region": region})
    )
    accepted = {int(each) for each in request.POST.getlist("accept") if each.isdecimal()}
    unread = set(numbers_in(request.POST.getlist("unread"), sentences))
    if request.method == "POST" and form.is_valid():
        chosen = [each for index, each in enumerate(proposals) if index in accepted]
        try:
            if to:
                return _add(request, actor, form.cleaned_data, found, chosen, unread)
            code = _create(actor, form.cleaned_data, found, sentences, chosen, unread)
        except DomainError as error:
            refuse(form, error)
            if error.code == "policies.code_taken":
                form.add_error("code", _("这个编号已被使用，请换一个。"))
        else:
            messages.success(request, _("已按采纳的提议起草。草稿尚未核对，请逐项检查。"))
            return redirect("policies_desk:item", code=code)
    model = language_model()
    return render(
        request,
        "policies/authoring/propose.html",
        {
            **shared,
            "form": form,
            "drafts": drafts,
            "sentences": _by_sentence(sentences, proposals, accepted, unread),
            "marked": ranges_of(numbers),
            "readings": [each.id for each in readings],
            "model": _model_place(model.address, model.name) if model else None,
            "asked": any(each.kind == "model" for each in readings),
            "other_way": _address(document_id, numbers, "" if to else ADD, [each.id for each in readings]),
        },
        status=status_of_form(form),
    )


def _proposals(
    found: DocumentDetail, sentences: Sequence[Sentence], readings: Sequence[ReadingView]
) -> list[Proposal]:
    """Of the reader first, kept ones or made now; then of models. Always in the same order."""
    wanted = {each.number for each in sentences}
    kept = next((each for each in readings if each.kind == "reader"), None)
    if kept is None:
        place = code_of(found.summary.region_path)
        proposals = list(
            read_document(
                sentences,
                catalogue(),
                region=place if place.strip("0") else "",
                issued_on=found.summary.issued_on,
            )
        )
    else:
        proposals = list(kept.proposals)
    for each in readings:
        if each.kind == "model":
            proposals += each.proposals
    # Of a model, what it says of no sentence in particular stays in sight too.
    return [each for each in proposals if each.sentence in wanted or not each.sentence]


def _fitting(
    request: HttpRequest, actor: Actor, found: DocumentDetail, wanted: set[int]
) -> list[ReadingView]:
    """The readings an address names that are about these sentences as they stand now."""
    fitting = []
    for number in _readings(request.GET.getlist("r")):
        try:
            each = get_reading(actor=actor, reading_id=number)
        except ReadingNotFound:
            continue
        if each.document_id != found.summary.id or each.state != "done" or not wanted <= set(each.sentences):
            continue
        if each.current:
            fitting.append(each)
        else:
            messages.warning(request, _("正文在读取之后已修改，请重新选择句子。"))
    return fitting


def _by_sentence(
    sentences: Sequence[Sentence], proposals: Sequence[Proposal], accepted: set[int], unread: set[int]
) -> list[tuple[Sentence | None, list[dict[str, Any]], bool]]:
    by_number: dict[int, list[dict[str, Any]]] = {}
    for index, each in enumerate(proposals):
        by_number.setdefault(each.sentence, []).append(_shown(index, each, index in accepted))
    rows: list[tuple[Sentence | None, list[dict[str, Any]], bool]] = [
        (each, by_number.get(each.number, []), each.number in unread) for each in sentences
    ]
    if 0 in by_number:
        rows.append((None, by_number[0], False))
    return rows


def _parts(
    found: DocumentDetail,
    sentences: Sequence[Sentence],
    proposals: Sequence[Proposal],
    to: str,
    readings: Sequence[int],
) -> Any:
    """The parts of a long choice: by clause, and a long clause in pieces; each leads to its own proposals."""
    counted: dict[int, int] = {}
    for each in proposals:
        if each.kind != "remark":
            counted[each.sentence] = counted.get(each.sentence, 0) + 1
    for clause, members in groupby(sentences, key=_part_of):
        listed = list(members)
        for start in range(0, len(listed), MOST_AT_ONCE):
            piece = listed[start : start + MOST_AT_ONCE]
            numbers = [each.number for each in piece]
            yield {
                "clause": clause,
                "text": piece[0].text[:60],
                "first": numbers[0],
                "last": numbers[-1],
                "sentences": len(piece),
                "proposals": sum(counted.get(each, 0) for each in numbers),
                "address": _address(found.summary.id, numbers, to, readings),
            }


def _part_of(sentence: Sentence) -> str:
    """The first label of the clause a sentence stands in."""
    match = _FIRST_LABEL.match(sentence.clause)
    return match.group() if match else ""


def _create(
    actor: Actor,
    said: dict[str, Any],
    found: DocumentDetail,
    sentences: list[Sentence],
    accepted: list[Proposal],
    unread: set[int],
) -> str:
    summary = found.summary
    proposed = propose_item(
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
    source, links = proposed.source, links_of(proposed.source, sentences)
    remarks = remarks_left(proposed.remarks, unread)
    if unread:
        added = add_proposed(
            source, "{}", (), links, unread=[each for each in sentences if each.number in unread]
        )
        source, links = added.source, added.links
    return create_item(
        actor=actor,
        source=source,
        document_id=summary.id,
        links=links,
        remarks=remarks,
        now=timezone.now(),
    )


def _add(
    request: HttpRequest,
    actor: Actor,
    said: dict[str, Any],
    found: DocumentDetail,
    accepted: list[Proposal],
    unread: set[int],
) -> HttpResponseRedirect:
    if not accepted and not unread:
        messages.warning(request, _("请至少采纳一条提议，或者勾选一句作为待写条件。"))
        return redirect(request.get_full_path())
    code = said["draft"]
    left = add_to_draft(
        actor=actor,
        code=code,
        document_id=found.summary.id,
        proposals=accepted,
        unread=unread,
        replace_amount=said["replace_amount"],
        now=timezone.now(),
    )
    messages.success(request, _("已加入草稿，并链接到所选句子。请逐项核对。"))
    if left:
        messages.warning(request, _("有 %(count)d 条没有放入，列在起草提示里。") % {"count": len(left)})
    return redirect("policies_desk:item", code=code)


def _shown(index: int, proposal: Proposal, accepted: bool) -> dict[str, Any]:
    tone, icon = CONFIDENCE[proposal.confidence]
    by_model = proposal.source == "language model"
    words = {"high": _("把握大"), "medium": _("请核对"), "low": _("把握小")}
    return {
        "index": index,
        "proposal": proposal,
        "said": said_by_row(proposal.expression)
        # A remark of a model is what it says; of the reader, what it is about.
        or (proposal.statement if by_model and proposal.kind == "remark" else proposal.quote)
        or proposal.statement,
        "kind": KINDS[proposal.kind],
        "reason": proposal.reason if english() else proposal.reason_zh,
        "tone": tone,
        "icon": icon,
        "confidence": words[proposal.confidence],
        "accepted": accepted,
        "by_model": by_model,
        "usable": proposal.kind != "remark" and bool(proposal.expression or proposal.fragment),
    }


def _model_place(address: str, name: str) -> dict[str, str]:
    return {"host": urlsplit(address).hostname or address, "name": name}


def _readings(given: Sequence[str]) -> list[int]:
    return [int(each) for each in dict.fromkeys(given) if each.isdecimal() and len(each) < 16]


def _address(document_id: int, numbers: Sequence[int], to: str = "", readings: Sequence[int] = ()) -> str:
    asked = [("s", ranges_of(numbers)), *([("to", to)] if to else []), *(("r", each) for each in readings)]
    return f"{reverse('policies_desk:propose', args=[document_id])}?{urlencode(asked)}"


def _reading_address(number: int, to: str, readings: Sequence[int] = ()) -> str:
    asked = [*([("to", to)] if to else []), *(("r", each) for each in readings)]
    address = reverse("policies_desk:reading", args=[number])
    return f"{address}?{urlencode(asked)}" if asked else address
