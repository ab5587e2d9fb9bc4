"""What people have made of the templates: versions, of which the newest published one is used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog

from yingshang.kernel.access.api import Actor

from .errors import TemplateNotFound
from .message_templates import (
    LANGUAGES,
    MessageTemplate,
    Rendered,
    TextProblem,
    Texts,
    as_texts,
    check_texts,
    fill,
    get_template,
    message_templates,
)
from .models import TextTemplate, TextTemplateVersion

logger = structlog.get_logger(__name__)

MANAGE = "notices.manage_templates"


@dataclass(frozen=True, slots=True)
class TextVersionView:
    """One version of a template's wording."""

    number: int
    state: str
    texts: Texts
    saved_at: datetime
    saved_by_name: str
    published_at: datetime | None
    published_by_name: str


@dataclass(frozen=True, slots=True)
class TextTemplateView:
    """A template as its managers see it. `published` is what is sent now, `draft` what will be."""

    code: str
    name: str
    name_en: str
    region_path: str
    kind: str
    urgent: bool
    fields: tuple[str, ...]
    secret: tuple[str, ...]
    in_use: bool
    published: TextVersionView | None
    draft: TextVersionView | None
    versions: tuple[TextVersionView, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """The words that are used now, and of which version; None for the room's own file."""

    texts: Texts
    version: int | None


def wording_of(template: MessageTemplate) -> Wording:
    """The newest published version; the file's words where there is none, or it does not fit the fields any more."""
    row = (
        TextTemplateVersion.objects.filter(template__code=template.code, state=TextTemplateVersion.PUBLISHED)
        .order_by("-number")
        .first()
    )
    if row is None:
        return Wording(template.texts, None)
    texts = as_texts(row.texts)
    if check_texts(texts, fields=template.fields, secret=template.secret):
        # A release has taken away a variable that people use. A message with a gap would be worse than the old words.
        logger.warning("template does not fit its fields", template=template.code, version=row.number)
        return Wording(template.texts, None)
    return Wording(texts, row.number)


def text_templates(*, actor: Actor) -> tuple[TextTemplateView, ...]:
    """The templates the actor manages, by code. Two queries."""
    rows = actor.require(MANAGE).filter(TextTemplate.objects.all(), region="region_path")
    return tuple(_view(row) for row in rows.prefetch_related("versions"))


def get_text_template(*, actor: Actor, code: str) -> TextTemplateView:
    """One template with all its versions, newest first. Raises TemplateNotFound."""
    return _view(own_template(actor, code))


def preview_text(
    *, actor: Actor, code: str, texts: Texts
) -> tuple[dict[str, Rendered], tuple[TextProblem, ...]]:
    """How a wording would look, by language, each variable as its own name in brackets; and what is wrong with it."""
    own_template(actor, code)
    template = get_template(code)
    problems = check_texts(texts, fields=template.fields, secret=template.secret)
    wrong = {each.language for each in problems}
    values = {name: f"〔{name}〕" for name in template.fields}
    return {language: fill(texts, language, values) for language in texts if language not in wrong}, problems


def own_template(actor: Actor, code: str, *, lock: bool = False) -> TextTemplate:
    """A template within the actor's scope. Raises TemplateNotFound."""
    rows = actor.require(MANAGE).filter(TextTemplate.objects.filter(code=code), region="region_path")
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise TemplateNotFound(f"no template {code}", message_zh=f"没有消息模板“{code}”", value=code)
    return found


def languages_missing(texts: Collection[str]) -> tuple[str, ...]:
    """Languages a wording does not have."""
    return tuple(language for language in LANGUAGES if language not in texts)


def _view(row: TextTemplate) -> TextTemplateView:
    versions = tuple(
        TextVersionView(
            number=each.number,
            state=each.state,
            texts=as_texts(each.texts),
            saved_at=each.saved_at,
            saved_by_name=each.saved_by_name,
            published_at=each.published_at,
            published_by_name=each.published_by_name,
        )
        for each in sorted(row.versions.all(), key=lambda each: -each.number)
    )
    declared = next((each for each in message_templates() if each.code == row.code), None)
    return TextTemplateView(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        region_path=row.region_path,
        kind=declared.kind if declared else "",
        urgent=declared.urgent if declared else False,
        fields=declared.fields if declared else (),
        secret=declared.secret if declared else (),
        in_use=declared is not None,
        published=next((each for each in versions if each.state == TextTemplateVersion.PUBLISHED), None),
        draft=next((each for each in versions if each.state == TextTemplateVersion.DRAFT), None),
        versions=versions,
    )
