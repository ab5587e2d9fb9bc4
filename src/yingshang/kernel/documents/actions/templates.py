"""Templates: drafted, published, an earlier version brought back; and the ones that come with the platform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from django.db import transaction
from django.db.models import Max

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import parse_yaml

from ..errors import InvalidTemplate, TemplateConflict, TemplateNotFound
from ..models import DocumentTemplate, DocumentTemplateVersion
from ..template_text import FIELDS, LANGUAGES, check
from ..templates import variables_of, version_view
from ..values import TemplateVersionView, TextProblem

_PERMISSION = "documents.manage_templates"

_declared: list[Traversable] = []


def declare_templates(path: Traversable) -> None:
    """Make a data file of templates known that a room brings; called when Django starts."""
    _declared.append(path)


@transaction.atomic
def save_template_draft(
    *,
    actor: Actor,
    code: str,
    texts: Mapping[str, Mapping[str, str]],
    now: datetime,
    expected: datetime | None = None,
) -> TemplateVersionView:
    """Save the draft of a template. `expected` is when the draft that was edited had been saved.

    Raises InvalidTemplate with every problem and its place, TemplateConflict when somebody else saved meanwhile.
    """
    template = _load(actor, code)
    draft = template.versions.filter(state="draft").first()
    if expected is not None and draft is not None and draft.saved_at != expected:
        raise TemplateConflict(
            f"{draft.saved_by} saved this draft meanwhile; open it again and repeat your change",
            message_zh=f"{draft.saved_by} 刚刚保存过这份草稿，请重新打开后再修改",
        )
    cleaned = tidy(texts)
    _refuse_problems(check(cleaned, variables_of(template)))
    return _save_draft(actor, template, draft, cleaned, now, "documents.template_drafted", "")


@transaction.atomic
def publish_template(*, actor: Actor, code: str, now: datetime) -> TemplateVersionView:
    """Publish the draft as the next version; documents made from now on use it. Raises TemplateConflict without one."""
    template = _load(actor, code)
    draft = template.versions.filter(state="draft").first()
    if draft is None:
        raise TemplateConflict("there is no draft to publish", message_zh="没有可以发布的草稿")
    _refuse_problems(check(draft.texts, variables_of(template)))
    latest = template.versions.aggregate(latest=Max("number"))["latest"] or 0
    draft.number = latest + 1
    draft.state = DocumentTemplateVersion.PUBLISHED
    draft.published_at = now
    draft.saved_by = actor.name
    draft.save()
    _note(actor, "documents.template_published", template, now, after={"version": draft.number})
    return version_view(draft)


@transaction.atomic
def discard_template_draft(*, actor: Actor, code: str, now: datetime) -> None:
    """Throw the draft away. Raises TemplateConflict without one."""
    template = _load(actor, code)
    deleted, _ = template.versions.filter(state="draft").delete()
    if not deleted:
        raise TemplateConflict("there is no draft", message_zh="没有草稿")
    _note(actor, "documents.template_draft_discarded", template, now)


@transaction.atomic
def restore_template_version(*, actor: Actor, code: str, number: int, now: datetime) -> TemplateVersionView:
    """Make the texts of an earlier version the draft, to be looked at and published. Raises TemplateNotFound."""
    template = _load(actor, code)
    earlier = template.versions.filter(number=number).first()
    if earlier is None:
        raise TemplateNotFound(
            f"{code} has no version {number}",
            message_zh=f"模板“{template.name}”没有第 {number} 版",
            value=number,
        )
    draft = template.versions.filter(state="draft").first()
    return _save_draft(actor, template, draft, earlier.texts, now, "documents.template_restored", str(number))


@transaction.atomic
def load_defaults(
    *, actor: Actor, region_path: str, now: datetime, source: Traversable | None = None
) -> tuple[str, ...]:
    """Add and publish the templates that are not there yet, of one data file or all declared; the codes of those added.

    What people have changed stays. Raises InvalidTemplate for a file with a mistake, and adds nothing then.
    """
    own = files("yingshang.kernel.documents") / "data" / "templates.yaml"
    added = []
    known = set(DocumentTemplate.objects.values_list("code", flat=True))
    paths = [source] if source is not None else [own, *_declared]
    for row in [each for path in paths for each in parse_yaml(path.read_text(encoding="utf-8"))["templates"]]:
        if row["code"] in known:
            continue
        template = DocumentTemplate(
            code=row["code"],
            region_path=region_path,
            name=row["name"],
            name_en=row["name_en"],
            description=row.get("description", ""),
            description_en=row.get("description_en", ""),
            variables=row["variables"],
            created_at=now,
        )
        texts = tidy(row["texts"])
        _refuse_problems(check(texts, variables_of(template)), where=row["code"])
        template.save()
        DocumentTemplateVersion.objects.create(
            template=template,
            number=1,
            state=DocumentTemplateVersion.PUBLISHED,
            texts=texts,
            saved_by=actor.name,
            saved_at=now,
            published_at=now,
        )
        _note(actor, "documents.template_added", template, now, after={"version": 1})
        added.append(template.code)
    return tuple(added)


def tidy(texts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The known languages and fields, with one kind of line break."""
    return {
        language: {
            field: str(texts.get(language, {}).get(field, "") or "")
            .replace("\r\n", "\n")
            .replace("\r", "\n")
            .strip()
            for field in FIELDS
        }
        for language in LANGUAGES
    }


def _load(actor: Actor, code: str) -> DocumentTemplate:
    scope = actor.require(_PERMISSION)
    rows = scope.filter(DocumentTemplate.objects.select_for_update(), region="region_path")
    found = rows.filter(code=code).first()
    if found is None:
        raise TemplateNotFound(
            f"no document template {code!r}", message_zh=f"没有找到文书模板“{code}”", value=code
        )
    return found


def _save_draft(
    actor: Actor,
    template: DocumentTemplate,
    draft: DocumentTemplateVersion | None,
    texts: dict[str, Any],
    now: datetime,
    action: str,
    reason: str,
) -> TemplateVersionView:
    if draft is None:
        draft = DocumentTemplateVersion(template=template, state=DocumentTemplateVersion.DRAFT)
    draft.texts = texts
    draft.saved_by = actor.name
    draft.saved_at = now
    draft.save()
    _note(actor, action, template, now, after={"restored": int(reason)} if reason else None)
    return version_view(draft)


def _note(
    actor: Actor, action: str, template: DocumentTemplate, now: datetime, after: dict[str, Any] | None = None
) -> None:
    record(
        actor=actor,
        action=action,
        target=Target("document_template", template.code, template.name, region_path=template.region_path),
        after=after,
        now=now,
    )


def _refuse_problems(problems: list[TextProblem], where: str = "") -> None:
    if not problems:
        return
    first = problems[0]
    before = f"{where}: " if where else ""
    raise InvalidTemplate(
        f"{before}{first.language}, {first.field}, line {first.line}, column {first.column}: {first.message}",
        message_zh=f"{before}第 {first.line} 行第 {first.column} 个字：{first.message_zh}",
        problems=problems,
    )
