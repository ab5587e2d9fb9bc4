"""Files of forms that are not submitted: how many there may be, and what becomes of those that nobody submits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Count, QuerySet, Sum

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import remove_document

from .attachments import author_of
from .limits import Quota, limits
from .models import FillingFile, FormDraft
from .problems import FieldProblem
from .specification import FieldSpec

AT_ONCE = 500


class Room:
    """How much more somebody may upload for an enterprise. Two uploads at once wait for each other."""

    def __init__(self, actor: Actor, party_id: int) -> None:
        self.author, self.party_id = author_of(actor), party_id
        _one_at_a_time(f"party:{party_id}", f"author:{self.author}")
        bounds = limits()
        self.bounds: tuple[tuple[str, str, Quota, list[int]], ...] = (
            ("you", "您", bounds.of_person, _used(FillingFile.objects.filter(author=self.author))),
            (
                "the enterprise",
                "本企业",
                bounds.of_party,
                _used(FillingFile.objects.filter(party_id=party_id)),
            ),
        )

    def refusal(self, field: FieldSpec, file: UploadedFile[Any]) -> FieldProblem | None:
        """Why a file cannot be taken any more."""
        for whose, whose_zh, quota, (files, size) in self.bounds:
            if files + 1 > quota.files or size + (file.size or 0) > quota.bytes:
                return FieldProblem(
                    field.code,
                    "file_quota",
                    f"{file.name}: {whose} already has {files} files ({size / 1e6:.1f} MB) with forms that are not "
                    f"submitted; at most {quota.files} files and {quota.megabytes} MB. Submit or clear another form "
                    "first.",
                    f"“{file.name}”未上传：{whose_zh}未提交的表单里已有 {files} 个文件（{size / 1e6:.1f} MB），"
                    f"最多 {quota.files} 个、{quota.megabytes} MB。请先提交或清空其他表单，再上传。",
                )
        return None

    def take(self, key: str, kept: Mapping[str, Any], now: datetime) -> None:
        """Note a file that was kept."""
        FillingFile.objects.create(
            document_id=kept["document"],
            key=UUID(key),
            author=self.author,
            party_id=self.party_id,
            size=kept["size"],
            created_at=now,
        )
        for *_, used in self.bounds:
            used[0] += 1
            used[1] += kept["size"]


def hold_files(key: str) -> None:
    """Nobody sweeps the files of a filling while it is being submitted. Within a transaction."""
    list(FillingFile.objects.select_for_update().filter(key=UUID(key)).order_by("pk"))


def remove_files(actor: Actor, key: str, now: datetime) -> None:
    """The files of the actor's filling go with its draft; each leaves an event of the documents room."""
    rows = FillingFile.objects.select_for_update().filter(key=UUID(key), author=author_of(actor))
    numbers = [each.pk for each in rows.order_by("pk")]
    rows.delete()
    for number in numbers:
        remove_document(actor=actor, document_id=number, reason="draft discarded", now=now)


def sweep_unsubmitted(*, actor: Actor, now: datetime, limit: int = 10_000) -> int:
    """Remove the files that nobody submitted within the days of the limits; how many.

    A draft that names a file keeps it for longer, counted from the draft's last change. Each file is a transaction of
    its own, with an event of the documents room; one that is being submitted is passed over.
    """
    removed = 0
    for number in _outdated(now):
        if removed == limit:
            break
        with transaction.atomic():
            row = FillingFile.objects.select_for_update(skip_locked=True).filter(pk=number).first()
            if row is None:
                continue
            row.delete()
            remove_document(
                actor=actor, document_id=number, reason="the form was not submitted in time", now=now
            )
        removed += 1
    return removed


def _outdated(now: datetime) -> Iterator[int]:
    bounds = limits()
    after = 0
    while True:
        rows = list(
            FillingFile.objects.filter(pk__gt=after, created_at__lt=now - bounds.unnamed).order_by("pk")[
                :AT_ONCE
            ]
        )
        if not rows:
            return
        after = rows[-1].pk
        drafts = FormDraft.objects.filter(
            pk__in={each.key for each in rows}, updated_at__gte=now - bounds.named
        )
        named = {number for draft in drafts for number in _named(draft)}
        yield from (each.pk for each in rows if each.pk not in named)


def _named(draft: FormDraft) -> Iterator[int]:
    """The numbers of the files that stand in a draft, or in what was laid aside there."""
    for text in (draft.data, draft.displaced):
        for value in json.loads(text).values() if text else ():
            for each in value if isinstance(value, list) else ():
                number = each.get("document") if isinstance(each, dict) else each
                if isinstance(number, int) or (isinstance(number, str) and number.isdecimal()):
                    yield int(number)


def _used(rows: QuerySet[FillingFile]) -> list[int]:
    found = rows.aggregate(files=Count("pk"), size=Sum("size"))
    return [found["files"], int(found["size"] or 0)]


def _one_at_a_time(*names: str) -> None:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"forms.files:{name}"])
