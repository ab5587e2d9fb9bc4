"""Changing what templates say: a draft is saved, checked, and published as a version that is never changed again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..errors import InvalidTemplate, NoDraft
from ..message_templates import LANGUAGE_NAMES, Texts, as_data, check_texts, get_template, message_templates
from ..models import TextTemplate, TextTemplateVersion
from ..text_versions import languages_missing, own_template


def save_text_draft(*, actor: Actor, code: str, texts: Texts, now: datetime) -> int:
    """Keep a wording as the draft of a template and return its version number. Nothing is sent by it yet.

    Raises TemplateNotFound; InvalidTemplate with every problem in `problems`, each with its place.
    """
    with transaction.atomic():
        row = own_template(actor, code, lock=True)
        _check(code, texts)
        draft = row.versions.filter(state=TextTemplateVersion.DRAFT).first()
        before = draft.texts if draft else None
        if draft is None:
            newest = row.versions.order_by("-number").first()
            draft = TextTemplateVersion(template=row, number=newest.number + 1 if newest else 1)
        draft.texts, draft.saved_at, draft.saved_by_name = as_data(texts), now, actor.name
        draft.save()
        record(
            actor=actor,
            action="notices.template_saved",
            target=_target(row),
            now=now,
            before=before,
            after={"version": draft.number, **draft.texts},
        )
        return draft.number


def publish_text(*, actor: Actor, code: str, now: datetime) -> int:
    """Publish the draft: messages written from now on have its words. Raises NoDraft, TemplateNotFound."""
    with transaction.atomic():
        row = own_template(actor, code, lock=True)
        draft = row.versions.filter(state=TextTemplateVersion.DRAFT).first()
        if draft is None:
            raise NoDraft(f"{code} has no draft to publish", message_zh=f"模板“{row.name}”没有待发布的草稿")
        texts = {language: (each["subject"], each["body"]) for language, each in draft.texts.items()}
        # The fields may have changed since it was saved.
        _check(code, texts)
        earlier = row.versions.filter(state=TextTemplateVersion.PUBLISHED).order_by("-number").first()
        draft.state, draft.published_at, draft.published_by_name = (
            TextTemplateVersion.PUBLISHED,
            now,
            actor.name,
        )
        draft.save()
        record(
            actor=actor,
            action="notices.template_published",
            target=_target(row),
            now=now,
            before={"version": earlier.number, **earlier.texts} if earlier else None,
            after={"version": draft.number, **draft.texts},
        )
        return draft.number


def discard_text_draft(*, actor: Actor, code: str, now: datetime) -> None:
    """Throw the draft away. Raises NoDraft, TemplateNotFound."""
    with transaction.atomic():
        row = own_template(actor, code, lock=True)
        draft = row.versions.filter(state=TextTemplateVersion.DRAFT).first()
        if draft is None:
            raise NoDraft(f"{code} has no draft", message_zh=f"模板“{row.name}”没有草稿")
        before = {"version": draft.number, **draft.texts}
        draft.delete()
        record(
            actor=actor,
            action="notices.template_draft_discarded",
            target=_target(row),
            now=now,
            before=before,
        )


def load_defaults(*, actor: Actor, region_path: str, now: datetime) -> tuple[str, ...]:
    """Bring the templates of all rooms' files into the database; the codes of those that were not there.

    Version 1 is the file's wording. What is there already stays as people left it.
    """
    actor.require("notices.manage_templates")
    with transaction.atomic():
        known = set(TextTemplate.objects.values_list("code", flat=True))
        new = [each for each in message_templates() if each.code not in known]
        if not new:
            return ()
        rows = TextTemplate.objects.bulk_create(
            TextTemplate(
                code=each.code,
                region_path=region_path,
                name=each.name,
                name_en=each.name_en,
                created_at=now,
            )
            for each in new
        )
        TextTemplateVersion.objects.bulk_create(
            TextTemplateVersion(
                template=row,
                number=1,
                state=TextTemplateVersion.PUBLISHED,
                texts=as_data(each.texts),
                saved_at=now,
                saved_by_name=actor.name,
                published_at=now,
                published_by_name=actor.name,
            )
            for row, each in zip(rows, new, strict=True)
        )
        codes = tuple(each.code for each in new)
        record(
            actor=actor,
            action="notices.templates_loaded",
            target=Target("message_template", codes[0], region_path=region_path),
            now=now,
            after={"templates": list(codes)},
        )
    return codes


def _check(code: str, texts: Texts) -> None:
    template = get_template(code)
    problems = [
        {"where": each.where, "where_zh": each.where_zh, "message": each.message, "message_zh": each.message_zh,
         "language": each.language, "part": each.part, "line": each.line}
        for each in check_texts(texts, fields=template.fields, secret=template.secret)
    ]  # fmt: skip
    for language in languages_missing(texts):
        name_zh, name = LANGUAGE_NAMES[language]
        problems.append(
            {"where": name, "where_zh": name_zh, "message": "write it in this language too",
             "message_zh": "也要写这种语言", "language": language, "part": "body", "line": 1}
        )  # fmt: skip
    if problems:
        raise InvalidTemplate(
            "; ".join(f"{each['where']}: {each['message']}" for each in problems),
            message_zh="；".join(f"{each['where_zh']}：{each['message_zh']}" for each in problems),
            problems=problems,
        )


def _target(row: TextTemplate) -> Target:
    return Target("message_template", row.code, row.name, region_path=row.region_path)
