"""Interpretations on the desk, and their pictures for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yingshang.areas.policies.api import (
    INTERPRETATION_SECTIONS,
    InterpretationContent,
    InterpretationDesk,
    InterpretationQuestion,
    InterpretationSubject,
    affirm_interpretation,
    begin_interpretation,
    interpretation_on_desk,
    picture_document,
    public_item,
    publish_interpretation,
    remove_picture,
    save_interpretation,
    set_picture,
    withdraw_interpretation,
)
from yingshang.kernel.access.api import Actor, actor_from, needs, open_to_everybody
from yingshang.kernel.documents.api import open_document
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of

from .picture import picture_of, svg
from .words import SECTIONS

VIEW, AUTHOR, PUBLISH = "policies.view_drafts", "policies.author", "policies.publish"
MORE_QUESTIONS = 2
_NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'"


@needs(VIEW)
def item_interpretation(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """What is said of an item in plain words: written, published, taken down."""
    return _interpretation(
        request,
        InterpretationSubject(code),
        [(_("政策事项"), reverse("policies_desk:items")), ("", reverse("policies_desk:item", args=[code]))],
    )


@needs(VIEW)
def document_interpretation(request: HttpRequest, document_id: int) -> HttpResponse | HttpResponseRedirect:
    """The same of a document."""
    return _interpretation(
        request,
        InterpretationSubject(document_id=document_id),
        [
            (_("政策文件"), reverse("policies_desk:documents")),
            ("", reverse("policies_desk:document", args=[document_id])),
        ],
    )


@open_to_everybody
@require_safe
def picture(request: HttpRequest, code: str) -> HttpResponse:
    """One picture of an item, drawn as it is read; narrow for phones, in either language."""
    version = request.GET.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 6 else None
    today = timezone.localdate()
    shown = public_item(code=code, day=today, number=number)
    language = request.GET.get("language", "")
    language = language if language in ("en", "zh-hans") else request.LANGUAGE_CODE or "zh-hans"
    with translation.override(language):
        drawn = svg(
            picture_of(shown, today),
            language="en" if language == "en" else "zh-CN",
            narrow="narrow" in request.GET,
        )
    response = HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8")
    response["Content-Security-Policy"] = _NOTHING_RUNS
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "public, max-age=300"
    return response


@open_to_everybody
@require_safe
def uploaded_picture(request: HttpRequest, interpretation_id: int) -> HttpResponseBase:
    """The picture that was uploaded for a published interpretation."""
    document_id = picture_document(interpretation_id=interpretation_id)
    opened = open_document(actor=actor_from(request), document_id=document_id, now=timezone.now())
    response = FileResponse(opened.file, content_type="image/png")
    response["Content-Security-Policy"] = _NOTHING_RUNS
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "public, max-age=300"
    response["ETag"] = f'"{opened.document.sha256}"'
    return response


def _interpretation(
    request: HttpRequest, subject: InterpretationSubject, crumbs: list[tuple[str, str | None]]
) -> HttpResponse | HttpResponseRedirect:
    actor = actor_from(request)
    typed: InterpretationContent | None = None
    more = 0
    status = 200
    if request.method == "POST":
        operation = request.POST.get("op", "")
        if operation == "more":
            typed, more = _content(request.POST), MORE_QUESTIONS
        else:
            try:
                said = _carry_out(request, actor, subject, operation)
            except DomainError as error:
                if error.code in ("policies.item_not_found", "access.not_allowed"):
                    raise
                messages.error(request, message_of(error))
                typed = _content(request.POST) if "revision" in request.POST else None
                status = 422
            else:
                messages.success(request, said)
                return redirect(request.path)
    desk = interpretation_on_desk(actor=actor, subject=subject)
    content = typed or (desk.draft.content if desk.draft else None)
    crumbs = [(name or desk.name, address) for name, address in crumbs]
    return render(
        request,
        "policies/interpretation/desk.html",
        {
            "desk": desk,
            "draft": desk.draft,
            "published": desk.published,
            "plain": content.plain if content else "",
            "sections": [
                (code, SECTIONS[code], content.sections.get(code, "") if content else "")
                for code in INTERPRETATION_SECTIONS
            ],
            "questions": _rows(content, desk, more) if content else [],
            "targets": desk.targets,
            "revision": desk.draft.revision if desk.draft else 0,
            "may_author": actor.may(AUTHOR),
            "may_publish": actor.may(PUBLISH),
            "section_names": SECTIONS,
            "public_address": _public_address(subject) if desk.public else "",
            "picture_address": reverse("policies:picture", args=[subject.code])
            if subject.code and desk.public
            else "",
            "crumbs": [*crumbs, (_("政策解读"), None)],
        },
        status=status,
    )


def _carry_out(request: HttpRequest, actor: Actor, subject: InterpretationSubject, operation: str) -> str:
    """One thing done; what is said of it."""
    data, now = request.POST, timezone.now()
    revision = int(data.get("revision", "0")) if data.get("revision", "0").isdecimal() else 0

    def save() -> int:
        return save_interpretation(
            actor=actor, subject=subject, content=_content(data), revision=revision, now=now
        )

    def publish() -> None:
        save()
        publish_interpretation(actor=actor, subject=subject, now=now)

    def picture() -> None:
        file = request.FILES.get("picture")
        set_picture(
            actor=actor,
            subject=subject,
            file=file if file is not None else b"",
            name=file.name if file is not None and file.name else "",
            alt=data.get("alt", ""),
            use=data.get("use", "beside"),
            revision=revision,
            now=now,
        )

    reason = data.get("reason", "")
    known: dict[str, tuple[Callable[[], Any], str]] = {
        "begin": (
            lambda: begin_interpretation(actor=actor, subject=subject, now=now),
            _("已自动生成初稿，请改得更好读，核对后再公开。"),
        ),
        "begin-last": (
            lambda: begin_interpretation(actor=actor, subject=subject, from_subject=False, now=now),
            _("已按上一次的解读起草。"),
        ),
        "save": (save, _("草稿已保存。")),
        "publish": (publish, _("解读已公开。")),
        "affirm": (
            lambda: affirm_interpretation(actor=actor, subject=subject, now=now),
            _("已确认解读适用于现行版本。"),
        ),
        "withdraw": (
            lambda: withdraw_interpretation(actor=actor, subject=subject, reason=reason, now=now),
            _("解读已撤下。"),
        ),
        "discard": (
            lambda: withdraw_interpretation(
                actor=actor, subject=subject, state="draft", reason=reason, now=now
            ),
            _("草稿已删去。"),
        ),
        "picture": (picture, _("图片已上传。")),
        "picture-remove": (
            lambda: remove_picture(actor=actor, subject=subject, revision=revision, now=now),
            _("图片已移除。"),
        ),
    }
    act, said = known.get(operation, known["save"])
    act()
    return said


def _content(data: QueryDict) -> InterpretationContent:
    """What was typed; a question with neither words nor answer is none."""
    questions = []
    for place in range(100):
        if f"question-{place}" not in data:
            break
        question = str(data.get(f"question-{place}", "")).strip()
        answer = str(data.get(f"answer-{place}", "")).strip()
        if question or answer:
            questions.append(InterpretationQuestion(question, answer, tuple(data.getlist(f"points-{place}"))))
    return InterpretationContent(
        plain=data.get("plain", "").strip(),
        sections={
            code: text
            for code in INTERPRETATION_SECTIONS
            if (text := data.get(f"section-{code}", "").replace("\r\n", "\n").strip())
        },
        questions=tuple(questions),
    )


def _rows(content: InterpretationContent, desk: InterpretationDesk, more: int) -> list[dict[str, Any]]:
    """Questions as the form has them, some empty ones below."""
    blank = [InterpretationQuestion("", "")] * (more or (0 if content.questions else 1))
    return [
        {
            "place": place,
            "question": each.question,
            "answer": each.answer,
            "targets": [(target, target.id in each.points) for target in desk.targets],
            "shown": [target.text for target in desk.targets if target.id in each.points],
        }
        for place, each in enumerate([*content.questions, *blank])
    ]


def _public_address(subject: InterpretationSubject) -> str:
    if subject.code:
        return reverse("policies:item", args=[subject.code])
    return reverse("policies:document", args=[subject.document_id])
