"""Document templates: their texts, what they look like, and every version."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.documents.api import (
    InvalidTemplate,
    TemplateVersionView,
    TemplateView,
    discard_template_draft,
    document_templates,
    get_document_template,
    preview_template,
    publish_template,
    restore_template_version,
    save_template_draft,
    template_versions,
)
from yingshang.kernel.ledger.api import events_of
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse
from yingshang.web.words import in_language

from ..document_forms import FIELDS, DocumentTextsForm

LANGUAGES = ("zh-hans", "en")
MOST_PICTURES = 6
_PERMISSION = "documents.manage_templates"


@needs(_PERMISSION)
def template_list(request: HttpRequest) -> HttpResponse:
    """The templates the actor manages."""
    found = document_templates(actor=actor_from(request))
    rows = [
        (each, in_language(each.name, each.name_en), in_language(each.description, each.description_en))
        for each in found
    ]
    return render(request, "administration/documents.html", {"rows": rows})


@needs(_PERMISSION)
def template(request: HttpRequest, code: str) -> HttpResponse:
    """One template: the version in use, the draft, the versions, and what was done to it."""
    actor = actor_from(request)
    found = get_document_template(actor=actor, code=code)
    language = _language(request)
    return render(
        request,
        "administration/document.html",
        {
            "template": found,
            "title": in_language(found.name, found.name_en),
            "description": in_language(found.description, found.description_en),
            "language": language,
            "tabs": _tabs(reverse("administration:document", args=[code]), language),
            "versions": template_versions(actor=actor, code=code),
            "variables": _variables(found),
            "history": events_of("document_template", code, limit=20),
        },
    )


@needs(_PERMISSION)
def template_edit(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Write the draft, one language at a time."""
    actor = actor_from(request)
    found = get_document_template(actor=actor, code=code)
    language = _language(request)
    begin = found.draft or found.published
    texts = {each: dict((begin.texts if begin else {}).get(each, {})) for each in LANGUAGES}
    form = DocumentTextsForm(
        request.POST or None,
        initial={**texts[language], "expected": found.draft.saved_at.isoformat() if found.draft else ""},
    )
    if request.method == "POST":
        texts[language] = form.texts()
        if form.is_valid():
            try:
                save_template_draft(
                    actor=actor,
                    code=code,
                    texts=texts,
                    now=timezone.now(),
                    expected=_moment(form.cleaned_data["expected"]),
                )
            except InvalidTemplate as error:
                form.show(error.details["problems"], language)
            except DomainError as error:
                refuse(form, error)
            else:
                messages.success(request, _("草稿已保存，发布后生效"))
                return redirect(f"{reverse('administration:document', args=[code])}?language={language}")
    return render(
        request,
        "administration/document_edit.html",
        {
            "template": found,
            "title": in_language(found.name, found.name_en),
            "form": form,
            "language": language,
            "tabs": _tabs(reverse("administration:document-edit", args=[code]), language),
            "variables": _variables(found),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@needs(_PERMISSION)
@require_POST
def template_preview(request: HttpRequest, code: str) -> HttpResponse:
    """What is typed at this moment, as pictures of its pages; or what is wrong with it."""
    form = DocumentTextsForm(request.POST)
    language = _language(request)
    return _pictures(request, code, {language: form.texts()}, language)


@needs(_PERMISSION)
@require_safe
def template_pages(request: HttpRequest, code: str, version: str) -> HttpResponse:
    """The pages of a version, for the page that shows it."""
    shown = _version(request, code, version)
    return _pictures(request, code, shown.texts, _language(request))


@needs(_PERMISSION)
@never_cache
@require_safe
def template_pdf(request: HttpRequest, code: str, version: str) -> HttpResponse:
    """A version filled with the examples, as PDF."""
    actor, language = actor_from(request), _language(request)
    found = get_document_template(actor=actor, code=code)
    [made] = preview_template(
        actor=actor,
        code=code,
        texts=_version(request, code, version).texts,
        language=language,
        day=timezone.localdate(),
        form="pdf",
    )
    name = found.name_en if language == "en" else found.name
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = (
        content_disposition_header(True, f"{name} {version}.pdf") or "attachment"
    )
    return response


@needs(_PERMISSION)
@require_POST
def template_publish(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Have the draft hold for documents made from now on."""
    version = publish_template(actor=actor_from(request), code=code, now=timezone.now())
    messages.success(request, _("第 %(number)d 版已发布") % {"number": version.number or 0})
    return redirect("administration:document", code=code)


@needs(_PERMISSION)
@require_POST
def template_discard(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Throw the draft away."""
    discard_template_draft(actor=actor_from(request), code=code, now=timezone.now())
    messages.success(request, _("草稿已丢弃"))
    return redirect("administration:document", code=code)


@needs(_PERMISSION)
@require_POST
def template_restore(request: HttpRequest, code: str, number: int) -> HttpResponseRedirect:
    """Make an earlier version the draft."""
    restore_template_version(actor=actor_from(request), code=code, number=number, now=timezone.now())
    messages.success(request, _("第 %(number)d 版的内容已放入草稿，请核对后发布") % {"number": number})
    return redirect("administration:document", code=code)


def _pictures(request: HttpRequest, code: str, texts: Any, language: str) -> HttpResponse:
    context: dict[str, Any] = {}
    try:
        pages = preview_template(
            actor=actor_from(request), code=code, texts=texts, language=language, day=timezone.localdate()
        )
        context = {
            "pages": [base64.b64encode(page).decode("ascii") for page in pages[:MOST_PICTURES]],
            "more": max(0, len(pages) - MOST_PICTURES),
        }
    except InvalidTemplate as error:
        context["problems"] = [
            {
                "field": FIELDS[each.field][0],
                "line": each.line,
                "column": each.column,
                "what": each.message if english() else each.message_zh,
            }
            for each in error.details["problems"]
        ]
    except DomainError as error:
        if error.code.endswith("not_found"):
            raise
        context["refusal"] = message_of(error)
    return render(request, "administration/document_pages.html", context)


def _version(request: HttpRequest, code: str, version: str) -> TemplateVersionView:
    actor = actor_from(request)
    if version == "draft":
        found = get_document_template(actor=actor, code=code).draft
    else:
        versions = template_versions(actor=actor, code=code)
        found = next((each for each in versions if str(each.number) == version), None)
    if found is None:
        raise Http404
    return found


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in LANGUAGES else LANGUAGES[0]


def _tabs(address: str, language: str) -> list[dict[str, Any]]:
    names = {"zh-hans": _("中文"), "en": _("英文")}
    return [
        {"name": name, "url": f"{address}?language={each}", "here": each == language}
        for each, name in names.items()
    ]


def _variables(found: TemplateView) -> list[tuple[str, str, str]]:
    """Each as it is written in a text, what it is, and an example."""
    return [
        (
            f"{{{{ {each.name} }}}}",
            in_language(each.label, each.label_en),
            in_language(each.example, each.example_en or each.example),
        )
        for each in found.variables
    ]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
