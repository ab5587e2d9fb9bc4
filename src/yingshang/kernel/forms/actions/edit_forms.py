"""Editing forms: a draft is changed as often as one likes; what is published is never changed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..errors import EditConflict, InvalidForm, NothingToPublish
from ..models import Form, FormVersion
from ..schemas import CODE, Finding
from ..selectors import MANAGE, form_not_found, version_view
from ..specification import check_form, document_digest
from ..values import FormVersionView

EMPTY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"first_field": {"type": "string", "title": "第一个字段", "x-title-en": "First field"}},
    "required": [],
}
EMPTY_LAYOUT: dict[str, Any] = {
    "sections": [
        {
            "code": "main",
            "name": "填报内容",
            "name_en": "What to fill in",
            "fields": [{"field": "first_field"}],
        }
    ]
}


@transaction.atomic
def create_form(
    *, actor: Actor, code: str, name: str, name_en: str, region_path: str, now: datetime
) -> FormVersionView:
    """A new form of a region, with a draft of one field. Raises InvalidForm for a code or a name that will not do."""
    scope = actor.require(MANAGE)
    if not scope.everywhere and not any(region_path.startswith(path) for path in scope.subtrees):
        raise InvalidForm(
            f"no region {region_path!r} within your reach",
            message_zh="您管理的范围内没有这个地区",
            field="region_path",
            findings=[],
        )
    if not CODE.fullmatch(code):
        raise InvalidForm(
            "a code is lower-case letters, digits and _, beginning with a letter, at most 40",
            message_zh="代码应为小写字母、数字和下划线，以字母开头，最多 40 个字符",
            field="code",
            findings=[],
        )
    if Form.objects.filter(code=code).exists():
        raise InvalidForm(
            f"there is a form {code} already", message_zh=f"代码“{code}”已被使用", field="code", findings=[]
        )
    name, name_en = _names(name, name_en)
    form = Form.objects.create(code=code, name=name, name_en=name_en, region_path=region_path, created_at=now)
    draft = _new_draft(form, 1, name, name_en, EMPTY_SCHEMA, EMPTY_LAYOUT, actor, now)
    _note(actor, "forms.created", form, now, after={"code": code, "name": name})
    return version_view(draft)


@transaction.atomic
def save_form_draft(
    *,
    actor: Actor,
    code: str,
    schema: Mapping[str, Any],
    layout: Mapping[str, Any],
    now: datetime,
    name: str | None = None,
    name_en: str | None = None,
    expected_revision: int | None = None,
) -> FormVersionView:
    """Change the draft of a form, or begin one after the published version.

    The whole form is checked and refused with every finding and its place: InvalidForm. `expected_revision` is the
    draft's as the editor saw it (0 when there was none); EditConflict when somebody else has changed it since.
    """
    form = _load(actor, code)
    draft = FormVersion.objects.select_for_update().filter(form=form, state=FormVersion.DRAFT).first()
    if expected_revision is not None and expected_revision != (draft.revision if draft else 0):
        raise EditConflict(
            "somebody else has changed this draft meanwhile; look at it again before you save",
            message_zh="其他人刚刚修改了这份草稿，请重新打开后再修改",
        )
    refuse_findings(check_form(schema, layout))
    digest = document_digest(schema, layout)
    if draft is None:
        latest = form.versions.order_by("-number").first()
        number = latest.number + 1 if latest else 1
        draft = _new_draft(
            form, number, *_names(name or form.name, name_en or form.name_en), schema, layout, actor, now
        )
        before = None
    else:
        before = {"digest": draft.digest, "revision": draft.revision}
        draft.schema, draft.layout, draft.digest = schema, layout, digest
        if name is not None or name_en is not None:
            draft.name, draft.name_en = _names(name or draft.name, name_en or draft.name_en)
        draft.revision += 1
        draft.changed_at, draft.changed_by_name = now, actor.name
        draft.save()
    _note(
        actor,
        "forms.draft_saved",
        form,
        now,
        before=before,
        after={"version": draft.number, "digest": digest, "revision": draft.revision},
    )
    return version_view(draft)


@transaction.atomic
def publish_form(*, actor: Actor, code: str, now: datetime, note: str = "") -> FormVersionView:
    """Publish the draft of a form. From now on it is what people fill in; what was begun before keeps its version.

    Raises NothingToPublish without a draft, or when it says what the published version says, and InvalidForm.
    """
    form = _load(actor, code)
    draft = FormVersion.objects.select_for_update().filter(form=form, state=FormVersion.DRAFT).first()
    if draft is None:
        raise NothingToPublish("there is no draft to publish", message_zh="没有可以发布的草稿")
    published = form.versions.filter(state=FormVersion.PUBLISHED).order_by("-number").first()
    if published and (published.digest, published.name, published.name_en) == (
        draft.digest,
        draft.name,
        draft.name_en,
    ):
        raise NothingToPublish(
            f"the draft says what version {published.number} says",
            message_zh=f"草稿与版本 {published.number} 没有不同",
        )
    refuse_findings(check_form(draft.schema, draft.layout))
    draft.state, draft.published_at, draft.published_by_name = FormVersion.PUBLISHED, now, actor.name
    draft.note = note.strip()[:400]
    draft.save()
    if (form.name, form.name_en) != (draft.name, draft.name_en):
        form.name, form.name_en = draft.name, draft.name_en
        form.save(update_fields=["name", "name_en"])
    _note(
        actor,
        "forms.published",
        form,
        now,
        before={"version": published.number} if published else None,
        after={"version": draft.number, "digest": draft.digest},
        reason=draft.note,
    )
    return version_view(draft)


@transaction.atomic
def discard_form_draft(*, actor: Actor, code: str, now: datetime) -> None:
    """Throw the draft of a form away; what is published stays. Raises NothingToPublish when there is none, or when
    nothing else of the form would be left."""
    form = _load(actor, code)
    draft = FormVersion.objects.select_for_update().filter(form=form, state=FormVersion.DRAFT).first()
    if draft is None or not form.versions.filter(state=FormVersion.PUBLISHED).exists():
        raise NothingToPublish(
            "there is no draft beside a published version",
            message_zh="没有可以丢弃的草稿，或表单还没有发布过",
        )
    number = draft.number
    draft.delete()
    _note(actor, "forms.draft_discarded", form, now, before={"version": number})


def refuse_findings(findings: tuple[Finding, ...]) -> None:
    """Raise InvalidForm when there are any."""
    if findings:
        raise InvalidForm(
            "; ".join(each.text("en") for each in findings[:5]),
            message_zh="；".join(each.text("zh-hans") for each in findings[:5]),
            findings=[
                {"place": each.place, "message": each.message, "message_zh": each.message_zh}
                for each in findings
            ],
        )


def _load(actor: Actor, code: str) -> Form:
    scope = actor.require(MANAGE)
    found = scope.filter(Form.objects.select_for_update(), region="region_path").filter(code=code).first()
    if found is None:
        raise form_not_found(code)
    return found


def _names(name: str, name_en: str) -> tuple[str, str]:
    name, name_en = name.strip(), name_en.strip()
    if not 0 < len(name) <= 80 or not 0 < len(name_en) <= 160:
        raise InvalidForm(
            "a form has a Chinese name of 1 to 80 characters and an English one of 1 to 160",
            message_zh="表单要有 1 到 80 个字的中文名称和 1 到 160 个字符的英文名称",
            field="name" if not 0 < len(name) <= 80 else "name_en",
            findings=[],
        )
    return name, name_en


def _new_draft(
    form: Form,
    number: int,
    name: str,
    name_en: str,
    schema: Mapping[str, Any],
    layout: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> FormVersion:
    return FormVersion.objects.create(
        form=form,
        number=number,
        name=name,
        name_en=name_en,
        schema=schema,
        layout=layout,
        digest=document_digest(schema, layout),
        changed_at=now,
        changed_by_name=actor.name,
    )


def _note(actor: Actor, action: str, form: Form, now: datetime, *, reason: str = "", **what: Any) -> None:
    record(
        actor=actor,
        action=action,
        target=Target("form", form.code, form.name, region_path=form.region_path),
        now=now,
        reason=reason,
        **what,
    )
