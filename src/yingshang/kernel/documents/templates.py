"""Reading templates, and looking at what they would make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count

from yingshang.kernel.access.api import Actor

from .composing import compose, pdf, pictures
from .errors import InvalidTemplate, TemplateNotFound
from .models import DocumentTemplate, DocumentTemplateVersion
from .template_text import check
from .values import TemplateVersionView, TemplateView, Variable

_PERMISSION = "documents.manage_templates"
SAMPLE_RECEIPT = "EXAMPLE"


def variables_of(template: DocumentTemplate) -> tuple[Variable, ...]:
    """The variables of a template, as declared."""
    return tuple(Variable(**variable) for variable in template.variables)


def version_view(version: DocumentTemplateVersion) -> TemplateVersionView:
    """A version as others see it."""
    return TemplateVersionView(
        id=version.pk,
        number=version.number,
        state=version.state,
        texts=version.texts,
        saved_by=version.saved_by,
        saved_at=version.saved_at,
        published_at=version.published_at,
    )


def document_templates(*, actor: Actor) -> tuple[TemplateView, ...]:
    """The templates an actor manages, by code, with how many documents were made of each. Three queries."""
    rows = (
        actor.require(_PERMISSION)
        .filter(DocumentTemplate.objects.all(), region="region_path")
        .annotate(used=Count("versions__documents"))
        .prefetch_related("versions")
        .order_by("code")
    )
    return tuple(_view(row, row.used) for row in rows)


def get_document_template(*, actor: Actor, code: str) -> TemplateView:
    """One template. Raises TemplateNotFound outside the actor's scope."""
    row = _visible(actor, code)
    return _view(row, row.versions.aggregate(used=Count("documents"))["used"])


def template_versions(*, actor: Actor, code: str) -> tuple[TemplateVersionView, ...]:
    """The published versions, newest first."""
    row = _visible(actor, code)
    return tuple(version_view(each) for each in row.versions.filter(state="published").order_by("-number"))


def preview_template(
    *,
    actor: Actor,
    code: str,
    texts: Mapping[str, Mapping[str, str]],
    language: str,
    day: date,
    form: str = "png",
) -> list[bytes]:
    """What the texts make of the examples: the pages as PNG, or one PDF. Raises InvalidTemplate, CannotTypeset."""
    variables = variables_of(_visible(actor, code))
    problems = [each for each in check(texts, variables) if each.language == language]
    if problems:
        raise InvalidTemplate(problems[0].message, message_zh=problems[0].message_zh, problems=problems)
    values: dict[str, Any] = {
        each.name: _example((each.example_en or each.example) if language == "en" else each.example)
        for each in variables
    }
    composed = compose(texts, values, language=language, day=day, receipt_code=SAMPLE_RECEIPT)
    return [pdf(composed)] if form == "pdf" else pictures(composed, ppi=80)


def _example(text: str) -> Any:
    """An example of rows is written with a | between its cells."""
    if "|" not in text:
        return text
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]


def _visible(actor: Actor, code: str) -> DocumentTemplate:
    scope = actor.require(_PERMISSION)
    found = scope.filter(DocumentTemplate.objects.filter(code=code), region="region_path").first()
    if found is None:
        raise TemplateNotFound(
            f"no document template {code!r}", message_zh=f"没有找到文书模板“{code}”", value=code
        )
    return found


def _view(row: DocumentTemplate, used: int) -> TemplateView:
    versions = sorted(row.versions.all(), key=lambda each: each.number or 0, reverse=True)
    published = next((each for each in versions if each.state == "published"), None)
    draft = next((each for each in versions if each.state == "draft"), None)
    return TemplateView(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        description=row.description,
        description_en=row.description_en,
        region_path=row.region_path,
        variables=variables_of(row),
        published=version_view(published) if published else None,
        draft=version_view(draft) if draft else None,
        used=used,
    )
