"""A file is taken in: checked, kept under its digest, and named as a document of its owner."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from .. import locks, storage
from ..errors import RefusedFile
from ..kinds import check_file, usable_name
from ..models import Document, DocumentTemplateVersion, StoredFile
from ..selectors import view_of
from ..values import CheckedUpload, DocumentView, Owner

_CHUNK = 1024 * 1024


def check_upload(
    *,
    content: bytes | Any,
    name: str,
    allowed: Collection[str] | None = None,
    largest: int | None = None,
    longest: int | None = None,
) -> CheckedUpload:
    """The checks of `store` alone, for a form that wants to say at once what is wrong, and for who is about to lock
    something: what they found spares `store` the same. Raises RefusedFile.
    """
    name = usable_name(name)
    with _spooled(content, largest) as (file, size, sha256):
        kind = check_file(file, size, name, allowed, longest)
    if hasattr(content, "seek"):
        content.seek(0)
    return CheckedUpload(name=name, sha256=sha256, content_type=kind.content_type)


@transaction.atomic
def store(
    *,
    actor: Actor,
    content: bytes | Any,
    name: str,
    owner: Owner,
    party_id: int | None = None,
    region_path: str = "",
    agency_id: int | None = None,
    allowed: Collection[str] | None = None,
    largest: int | None = None,
    longest: int | None = None,
    told_by_owner: bool = False,
    checked: CheckedUpload | None = None,
    now: datetime,
) -> DocumentView:
    """Take a file in as a document of `owner`. `content` is bytes or a file object (an upload).

    `allowed` are kinds (`pdf`, `docx`, …), `largest` bytes at most, both within what the platform allows; `longest`
    is how many seconds a recording may play. May this actor? is the owner's question, asked before. `told_by_owner`:
    the owner's own event of the same transaction names the file by its digest, and there is none of ours. `checked` is
    what `check_upload` found under the same conditions; of other bytes or another name it counts for nothing.
    Raises RefusedFile.
    """
    name = usable_name(name)
    with _spooled(content, largest) as (file, size, sha256):
        if checked is None or (checked.sha256, checked.name) != (sha256, name):
            content_type = check_file(file, size, name, allowed, longest).content_type
        else:
            content_type = checked.content_type
        return keep(
            actor=actor,
            action="" if told_by_owner else "documents.stored",
            file=file,
            size=size,
            sha256=sha256,
            name=name,
            content_type=content_type,
            owner=owner,
            party_id=party_id,
            region_path=region_path,
            agency_id=agency_id,
            now=now,
        )


def keep(
    *,
    actor: Actor,
    action: str,
    file: BinaryIO,
    size: int,
    sha256: str,
    name: str,
    content_type: str,
    owner: Owner,
    party_id: int | None,
    region_path: str,
    agency_id: int | None,
    now: datetime,
    version: DocumentTemplateVersion | None = None,
) -> DocumentView:
    """Bytes first, then the rows: what the database names is in the storage. Within a transaction. Without an `action`
    the event is the caller's."""
    locks.keep(sha256)
    storage.put(sha256, size, file)
    StoredFile.objects.bulk_create(
        [StoredFile(sha256=sha256, size=size, created_at=now)], ignore_conflicts=True
    )
    document = Document.objects.create(
        owner_kind=owner.kind,
        owner_id=owner.identifier,
        name=name,
        content_type=content_type,
        sha256=sha256,
        size=size,
        file_id=sha256,
        party_id=party_id,
        agency_id=agency_id,
        region_path=region_path,
        template_version=version,
        created_by=actor.name,
        created_at=now,
    )
    if not action:
        return view_of(document)
    record(
        actor=actor,
        action=action,
        target=Target(
            "document",
            str(document.pk),
            name,
            region_path=region_path,
            agency_id=agency_id,
            party_id=party_id,
        ),
        after={
            "sha256": sha256,
            "size": size,
            "content_type": content_type,
            "owner": f"{owner.kind}:{owner.identifier}",
            **({"template": version.template.code, "version": version.number} if version else {}),
        },
        now=now,
    )
    return view_of(document)


class _spooled:
    """The content in a file of our own, with its size and digest. Raises RefusedFile as soon as it is too large."""

    def __init__(self, content: bytes | Any, largest: int | None) -> None:
        self.source: Any = io.BytesIO(content) if isinstance(content, bytes | bytearray) else content
        self.most = min(largest or settings.DOCUMENT_UPLOAD_LIMIT, settings.DOCUMENT_UPLOAD_LIMIT)

    def __enter__(self) -> tuple[BinaryIO, int, str]:
        self.file = SpooledTemporaryFile(max_size=4 * _CHUNK)
        digest, size = hashlib.sha256(), 0
        if hasattr(self.source, "seek"):
            self.source.seek(0)
        while piece := self.source.read(_CHUNK):
            size += len(piece)
            if size > self.most:
                self.file.close()
                raise RefusedFile(
                    f"the file is larger than {self.most / 1e6:.3g} MB",
                    message_zh=f"文件超过 {self.most / 1e6:.3g} MB",
                    reason="size",
                    most=self.most,
                )
            digest.update(piece)
            self.file.write(piece)
        self.file.seek(0)
        return cast(BinaryIO, self.file), size, digest.hexdigest()

    def __exit__(self, *_: object) -> None:
        self.file.close()
