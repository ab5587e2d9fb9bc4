"""Files of a form: handed to the documents room, kept as its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import DocumentView, Owner, documents_of, store
from yingshang.rules.errors import DomainError

from .problems import FieldProblem
from .specification import FieldSpec
from .values import FormVersionView

OWNER_KIND = "forms.filling"
"""Documents belong to a filling, by its key: the draft's, and the submission's that comes of it."""


Uploads = Mapping[str, Sequence["UploadedFile[Any]"]]


def check_upload(field: FieldSpec, file: UploadedFile[Any]) -> FieldProblem | None:
    """What can be said of a file before it is looked into: its name and its size."""
    rule = field.files
    assert rule is not None
    name = str(file.name or "")
    ending = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    if ending not in rule.types:
        known = "、".join(each.upper() for each in rule.types)
        return FieldProblem(
            field.code,
            "file_type",
            f"{name}: only {', '.join(each.upper() for each in rule.types)} files are taken.",
            f"“{name}”：只能上传 {known} 文件。",
        )
    if not file.size:
        return FieldProblem(field.code, "file_empty", f"{name} is empty.", f"“{name}”是空文件。")
    if file.size > rule.max_bytes:
        most = f"{rule.max_bytes / 1024 / 1024:.3g}"
        return FieldProblem(
            field.code,
            "file_size",
            f"{name} has {file.size / 1024 / 1024:.1f} MB; at most {most} MB are taken.",
            f"“{name}”有 {file.size / 1024 / 1024:.1f} MB，每个文件最多 {most} MB。",
        )
    return None


def refused(field: FieldSpec, file: UploadedFile[Any], error: DomainError) -> FieldProblem:
    """What the documents room found inside a file, told at the field."""
    return FieldProblem(
        field.code, "file_content", f"{file.name}: {error.message}", f"“{file.name}”：{error.message_zh}"
    )


def store_file(
    *,
    actor: Actor,
    key: str,
    field: FieldSpec,
    file: UploadedFile[Any],
    party_id: int,
    region_path: str,
    now: datetime,
) -> dict[str, Any]:
    """Hand one file to the documents room; what the form keeps of it. Raises the refusals of that room."""
    assert field.files is not None
    view = store(
        actor=actor,
        content=file,
        name=str(file.name or ""),
        owner=owner_of(actor, key),
        party_id=party_id,
        region_path=region_path,
        allowed=field.files.types,
        largest=field.files.max_bytes,
        now=now,
    )
    return kept_of(view)


def owner_of(actor: Actor, key: str) -> Owner:
    """The owner of a filling's files: who guesses the key of somebody else's filling does not get at its files."""
    return Owner(OWNER_KIND, f"{UUID(key)}.{author_of(actor)}"[:64])


def author_of(actor: Actor) -> str:
    """Who fills in, in a word."""
    return f"{actor.kind[0]}{actor.identifier}"[:26]


def kept_files(actor: Actor, key: str) -> Mapping[str, dict[str, Any]]:
    """Number → what the form keeps of it, for the files of a filling of the actor's. One query."""
    return {str(each.id): kept_of(each) for each in documents_of(owner_of(actor, key))}


def kept_of(view: DocumentView) -> dict[str, Any]:
    """What a form keeps of a document."""
    return {
        "document": view.id,
        "name": view.name,
        "size": view.size,
        "content_type": view.content_type,
        "sha256": view.sha256,
    }


def files_by_field(
    version: FormVersionView, data: Mapping[str, Any], there: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """The data with every file that is named by its number told as it is kept; files that are gone are left out."""
    told = dict(data)
    for name, value in data.items():
        field = version.fields.get(name)
        if field is None or field.kind != "files" or not isinstance(value, list):
            continue
        numbers = [
            str(each.get("document", "")) if isinstance(each, dict) else str(each)
            for each in value
            if not isinstance(each, UploadedFile)
        ]
        kept = [there[number] for number in dict.fromkeys(numbers) if number in there]
        if kept:
            told[name] = kept
        else:
            told.pop(name)
    return told
