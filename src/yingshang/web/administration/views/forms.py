"""Forms: what people are asked to fill in, edited, tried, published, compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.forms.api import (
    Document,
    FormVersionView,
    InvalidForm,
    add_field,
    add_section,
    build_form,
    create_form,
    differences,
    discard_form_draft,
    field_settings,
    form_versions,
    forms,
    get_form_summary,
    get_form_version,
    kind_names,
    move_field,
    move_section,
    publish_form,
    remove_field,
    remove_section,
    save_form_draft,
    set_field,
    set_section,
)
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from ..form_editor import (
    BadSource,
    FieldForm,
    NameForm,
    NewForm,
    PublishForm,
    SectionForm,
    SourceForm,
    line_of_place,
    lines_of,
    read_source,
    source_of,
)
from ..form_tables import FormFilter, FormTable

MANAGE = "forms.manage"


@needs(MANAGE)
def form_list(request: HttpRequest) -> HttpResponseBase:
    """All forms of the scope."""
    actor = actor_from(request)
    filters = FormFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return forms(actor=actor, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, FormTable, fetch, name="forms", order="code", filters=filters)
    return listing.respond("administration/forms.html", {})


@needs(MANAGE)
def form_add(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """A new form."""
    actor = actor_from(request)
    form = NewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_form(
                actor=actor, region_path=_own_region(actor), now=timezone.now(), **form.cleaned_data
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("表单已新增，接下来编辑它的字段"))
            return redirect("administration:form-edit", code=made.code)
    return render(request, "administration/form_new.html", {"form": form}, status=status_of_form(form))


def _own_region(actor: Actor) -> str:
    """The widest region whose forms the actor manages."""
    return min(actor.scope(MANAGE).subtrees, key=len, default="")


@needs(MANAGE)
def form(request: HttpRequest, code: str) -> HttpResponse:
    """One form: its versions, and what changed from one to the next."""
    actor = actor_from(request)
    versions = form_versions(actor=actor, code=code)
    pairs = [
        {
            "version": version,
            "changes": differences(versions[place + 1], version) if place + 1 < len(versions) else (),
            "first": place + 1 == len(versions),
        }
        for place, version in enumerate(versions)
    ]
    return render(
        request,
        "administration/form.html",
        {
            **_frame(actor, code, versions[0]),
            "pairs": pairs,
            "publish": PublishForm(),
            "tabs": _tabs(code, "form"),
        },
    )


@needs(MANAGE)
def form_edit(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Sections and fields in their order; buttons move, remove and add."""
    actor = actor_from(request)
    version = get_form_version(actor=actor, code=code)
    if request.method == "POST":
        return _changed(request, actor, version)
    document = Document.of(version)
    sections = [
        {
            "spec": section,
            "fields": [
                {
                    "spec": field,
                    "settings": field_settings(document, field.code),
                    "kind": kind_names(field_settings(document, field.code).kind)[1 if english() else 0],
                }
                for field in section.fields
            ],
        }
        for section in version.sections
    ]
    return render(
        request,
        "administration/form_edit.html",
        {
            **_frame(actor, code, version),
            "sections": sections,
            "section_form": SectionForm(),
            "name_form": NameForm(initial={"name": version.name, "name_en": version.name_en}),
            "tabs": _tabs(code, "form-edit"),
            "at": request.GET.get("at", ""),
        },
    )


def _changed(request: HttpRequest, actor: Actor, version: FormVersionView) -> HttpResponseRedirect:
    """Carry out what a button says."""
    what, _sep, name = request.POST.get("do", "").partition(":")
    document = Document.of(version)
    steps: dict[str, Callable[[], Document]] = {
        "up": lambda: move_field(document, name, -1),
        "down": lambda: move_field(document, name, 1),
        "remove": lambda: remove_field(document, name),
        "section-up": lambda: move_section(document, name, -1),
        "section-down": lambda: move_section(document, name, 1),
        "section-remove": lambda: remove_section(document, name),
    }
    try:
        if what == "add-section":
            sent = SectionForm(request.POST)
            if not sent.is_valid():
                messages.error(request, _("新的部分要有中文和英文标题"))
                return redirect("administration:form-edit", code=version.code)
            changed = add_section(
                document, name=sent.cleaned_data["name"], name_en=sent.cleaned_data["name_en"]
            )
        elif what == "rename":
            changed = document
        elif what in steps:
            changed = steps[what]()
        else:
            return redirect("administration:form-edit", code=version.code)
        names = NameForm(request.POST) if what == "rename" else None
        if names is not None and not names.is_valid():
            messages.error(request, _("表单要有中文和英文名称"))
            return redirect("administration:form-edit", code=version.code)
        _save(actor, version, changed, request, **(names.cleaned_data if names else {}))
    except DomainError as error:
        messages.error(request, message_of(error))
    response = redirect("administration:form-edit", code=version.code)
    if name and what != "remove":
        response["Location"] += f"?at={name}#{'part' if what.startswith('section') else 'at'}-{name}"
    return response


def _save(
    actor: Actor, version: FormVersionView, document: Document, request: HttpRequest, **names: str
) -> FormVersionView:
    known = request.POST.get("revision", "")
    return save_form_draft(
        actor=actor,
        code=version.code,
        schema=document.schema,
        layout=document.layout,
        now=timezone.now(),
        expected_revision=int(known) if known.isdecimal() and len(known) < 9 else None,
        **names,
    )


@needs(MANAGE)
def form_field(request: HttpRequest, code: str, field: str) -> HttpResponse | HttpResponseRedirect:
    """The settings of one field."""
    actor = actor_from(request)
    version = get_form_version(actor=actor, code=code)
    document = Document.of(version)
    settings = field_settings(document, field)
    sent = FieldForm(document, settings, request.POST or None)
    if request.method == "POST" and sent.is_valid():
        try:
            _save(actor, version, set_field(document, sent.as_settings(field)), request)
        except DomainError as error:
            _refuse(sent, error)
        else:
            messages.success(request, _("字段已保存"))
            return _to_field(code, field)
    return _field_page(request, actor, version, sent, settings.name)


@needs(MANAGE)
def form_field_add(request: HttpRequest, code: str, section: str) -> HttpResponse | HttpResponseRedirect:
    """A new field in a section."""
    actor = actor_from(request)
    version = get_form_version(actor=actor, code=code)
    document = Document.of(version)
    sent = FieldForm(document, None, request.POST or None)
    if request.method == "POST" and sent.is_valid():
        name = sent.cleaned_data["code"]
        try:
            _save(actor, version, add_field(document, section, sent.as_settings(name)), request)
        except DomainError as error:
            _refuse(sent, error)
        else:
            messages.success(request, _("字段已新增"))
            return _to_field(code, name)
    return _field_page(request, actor, version, sent, "")


@needs(MANAGE)
def form_section(request: HttpRequest, code: str, section: str) -> HttpResponse | HttpResponseRedirect:
    """The words of one section."""
    actor = actor_from(request)
    version = get_form_version(actor=actor, code=code)
    found = next((each for each in version.sections if each.code == section), None)
    if found is None:
        return redirect("administration:form-edit", code=code)
    told = {"name": found.name, "name_en": found.name_en, "note": found.note, "note_en": found.note_en}
    sent = SectionForm(request.POST or None, initial=told)
    if request.method == "POST" and sent.is_valid():
        try:
            _save(actor, version, set_section(Document.of(version), section, **sent.cleaned_data), request)
        except DomainError as error:
            refuse(sent, error)
        else:
            messages.success(request, _("已保存"))
            return _to_field(code, section, "part")
    return render(
        request,
        "administration/form_section.html",
        {**_frame(actor, code, version), "form": sent, "section": found},
        status=status_of_form(sent),
    )


def _to_field(code: str, name: str, kind: str = "at") -> HttpResponseRedirect:
    response = redirect("administration:form-edit", code=code)
    response["Location"] += f"?at={name}#{kind}-{name}"
    return response


def _refuse(form: FieldForm, error: DomainError) -> None:
    """A refusal at the setting it is about, as far as its place says which."""
    found = error.details.get("findings") if isinstance(error, InvalidForm) else None
    if not found:
        refuse(form, error)
        return
    ends = {
        "enum": "options",
        "x-labels": "options",
        "x-labels-en": "options",
        "items": "columns",
        "pattern": "pattern",
        "x-file": "file_types",
        "types": "file_types",
        "when": "when",
        "x-fact": "fact",
        "x-minimum": "least",
        "x-maximum": "most",
        "minLength": "least",
        "maxLength": "most",
        "maxItems": "most",
    }
    for each in found:
        parts = each["place"].split("/")
        setting = next((ends[part] for part in reversed(parts) if part in ends), None)
        text = each["message"] if english() else each["message_zh"]
        form.add_error(setting if setting in form.fields else None, text)


def _field_page(
    request: HttpRequest, actor: Actor, version: FormVersionView, form: FieldForm, name: str
) -> HttpResponse:
    return render(
        request,
        "administration/form_field.html",
        {**_frame(actor, version.code, version), "form": form, "field_name": name},
        status=status_of_form(form),
    )


@needs(MANAGE)
def form_preview(request: HttpRequest, code: str) -> HttpResponse:
    """The form as people will see it, on a wide screen and on a phone; it can be tried, and nothing is kept."""
    actor = actor_from(request)
    number = request.GET.get("version", "")
    version = get_form_version(
        actor=actor, code=code, number=int(number) if number.isdecimal() and len(number) < 7 else None
    )
    language = get_language() or "zh-hans"
    sent = build_form(
        version,
        data=request.POST if request.method == "POST" else None,
        files=request.FILES,
        language=language,
    )
    tried = request.method == "POST"
    right = sent.is_valid() if tried else False
    phone = request.GET.get("width") == "phone"
    return render(
        request,
        "administration/form_preview.html",
        {
            **_frame(actor, code, version),
            "form": sent,
            "tried": tried,
            "right": right,
            "phone": phone,
            "tabs": _tabs(code, "form-preview"),
        },
        status=422 if tried and not right else 200,
    )


@needs(MANAGE)
def form_source(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Schema and layout as JSON, for who knows JSON Schema; what is wrong is told by line."""
    actor = actor_from(request)
    version = get_form_version(actor=actor, code=code)
    sent = SourceForm(request.POST or None, initial={"source": source_of(version)})
    problems: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        status = 422
        if sent.is_valid():
            text = sent.cleaned_data["source"].replace("\r\n", "\n")
            try:
                data = read_source(text)
                _save(actor, version, Document(data["schema"], data["layout"]), request)
            except BadSource as error:
                problems = [{"line": error.line, "place": "", "text": str(error)}]
            except InvalidForm as error:
                lines = lines_of(text)
                problems = [
                    {
                        "line": line_of_place(lines, each["place"]),
                        "place": each["place"],
                        "text": each["message"] if english() else each["message_zh"],
                    }
                    for each in error.details["findings"]
                ]
            except DomainError as error:
                refuse(sent, error)
            else:
                messages.success(request, _("草稿已保存"))
                return redirect("administration:form-source", code=code)
    return render(
        request,
        "administration/form_source.html",
        {
            **_frame(actor, code, version),
            "form": sent,
            "problems": problems,
            "tabs": _tabs(code, "form-source"),
        },
        status=status,
    )


@needs(MANAGE)
@require_POST
def form_publish(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Publish the draft."""
    made = publish_form(
        actor=actor_from(request), code=code, note=request.POST.get("note", ""), now=timezone.now()
    )
    messages.success(request, _("版本 %(number)s 已发布") % {"number": made.number})
    return redirect("administration:form", code=code)


@needs(MANAGE)
@require_POST
def form_discard(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Throw the draft away."""
    discard_form_draft(actor=actor_from(request), code=code, now=timezone.now())
    messages.success(request, _("草稿已丢弃"))
    return redirect("administration:form", code=code)


def _frame(actor: Actor, code: str, version: FormVersionView) -> dict[str, Any]:
    """What every page of a form shows. The revision lets two who edit at once notice each other."""
    name = version.name_en if english() else version.name
    return {
        "summary": get_form_summary(actor=actor, code=code),
        "version": version,
        "form_name": name,
        "revision": version.revision if version.state == "draft" else 0,
        "crumbs": [
            (_("管理"), reverse("administration:home")),
            (_("表单"), reverse("administration:forms")),
            (name, None),
        ],
    }


def _tabs(code: str, here: str) -> list[dict[str, Any]]:
    pages = [
        ("form", _("版本")),
        ("form-edit", _("编辑")),
        ("form-preview", _("预览")),
        ("form-source", _("JSON")),
    ]
    return [
        {"name": name, "url": reverse(f"administration:{view}", args=[code]), "here": view == here}
        for view, name in pages
    ]
