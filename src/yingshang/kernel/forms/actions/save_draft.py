"""What somebody is typing, kept as they type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from yingshang.kernel.access.api import Actor, NotAllowed

from ..errors import DraftConflict, DraftNotFound, TooLarge
from ..leftovers import remove_files
from ..models import FormDraft, FormVersion, Submission
from ..problems import MOST_DATA_BYTES
from ..selectors import draft_view, drafts_of, get_form, may_fill_for, user_of, whose
from ..values import DraftView

LONGEST_SUBJECT = 120


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    form_code: str,
    subject: str,
    party_id: int,
    data: Mapping[str, Any],
    now: datetime,
    expected_revision: int | None = None,
    prevail: bool = False,
    key: str | None = None,
) -> DraftView:
    """Keep what was typed so far; nothing of it is judged yet.

    `expected_revision` is the draft's as this window knows it (0 when it knew of none): DraftConflict when another
    window has saved since. With `prevail` this window's text is kept all the same and the other's is laid aside
    (`DraftView.displaced`), so that nothing is lost. `key` names a draft that is new. Needs `forms.fill_own`.
    """
    may_fill_for(actor, party_id)
    user_id = user_of(actor)
    if user_id is None:
        raise NotAllowed("only people have drafts", message_zh="只有个人账号可以保存草稿", permission="")
    version = get_form(form_code)
    text = _text(version.fields, data)
    if len(subject) > LONGEST_SUBJECT:
        raise TooLarge("the subject is too long", message_zh="事项标识过长")
    draft = (
        drafts_of(party_id, subject=subject, user_id=user_id, form_id=version.form_id)
        .select_for_update(of=("self",))
        .select_related("form", "version")
        .first()
    )
    if draft is None:
        draft, created = FormDraft.objects.get_or_create(
            form_id=version.form_id,
            party_id=party_id,
            user_id=user_id,
            subject=subject,
            defaults={
                **({"key": UUID(key)} if key and _free(key) else {}),
                "version_id": version.id,
                "data": text,
                "created_at": now,
                "updated_at": now,
            },
        )
        if created:
            return draft_view(draft)
        # Two windows began at the same moment.
        draft = (
            FormDraft.objects.select_for_update(of=("self",))
            .select_related("form", "version")
            .get(pk=draft.pk)
        )
    if expected_revision is not None and expected_revision != draft.revision and draft.data != text:
        if not prevail:
            raise DraftConflict(
                "this was changed in another window meanwhile",
                message_zh="另一个窗口刚刚修改过这份表单",
                revision=draft.revision,
                updated_at=draft.updated_at.isoformat(),
            )
        draft.displaced = draft.data
    if draft.data != text or draft.version_id != version.id:
        draft.data, draft.revision, draft.updated_at = text, draft.revision + 1, now
        draft.version = FormVersion.objects.get(pk=version.id)
        draft.save()
    return draft_view(draft)


@transaction.atomic
def take_back_displaced(
    *, actor: Actor, form_code: str, subject: str, party_id: int, now: datetime
) -> DraftView:
    """Swap what is in the draft with what was laid aside when another window prevailed. Raises DraftNotFound."""
    draft = _locked(actor, form_code, subject, party_id)
    if not draft.displaced:
        raise DraftNotFound("nothing was laid aside", message_zh="没有被替换下来的内容")
    draft.data, draft.displaced = draft.displaced, draft.data
    draft.revision, draft.updated_at = draft.revision + 1, now
    draft.save(update_fields=["data", "displaced", "revision", "updated_at"])
    return draft_view(draft)


@transaction.atomic
def discard_draft(*, actor: Actor, form_code: str, subject: str, party_id: int, now: datetime) -> None:
    """Throw away what was typed, and the files with it. Raises DraftNotFound when there is nothing."""
    draft = _locked(actor, form_code, subject, party_id)
    remove_files(actor, str(draft.key), now)
    draft.delete()


def _free(key: str) -> bool:
    return not (
        FormDraft.objects.filter(pk=UUID(key)).exists() or Submission.objects.filter(key=UUID(key)).exists()
    )


def _locked(actor: Actor, form_code: str, subject: str, party_id: int) -> FormDraft:
    may_fill_for(actor, party_id)
    found = (
        drafts_of(party_id, subject=subject, user_id=whose(actor), form__code=form_code)
        .select_for_update(of=("self",))
        .select_related("form", "version")
        .first()
    )
    if found is None:
        raise DraftNotFound("there is no draft", message_zh="没有草稿")
    return found


def _text(fields: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in data.items() if name in fields}
    try:
        text = json.dumps(kept, ensure_ascii=False, allow_nan=False, sort_keys=True)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise TooLarge("the draft is not plain JSON", message_zh="草稿内容无法保存") from None
    if size > MOST_DATA_BYTES:
        raise TooLarge("this is more than a form can hold", message_zh="填写的内容超过了表单的容量")
    return text
