"""Files that belong to an appeal: of who said it, or of officials about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import CheckedUpload, Owner, check_upload, documents_of, store
from yingshang.kernel.reference.api import parse_yaml

from ..errors import InvalidAppeal
from ..lifecycle import APPEAL
from ..models import Appeal
from ..reach import ANSWER, agencies_of, ensure_held_by, load
from ._steps import note, said_by
from .have_the_word import own_appeal

FILES = "appeal_file"


@dataclass(frozen=True, slots=True)
class ProvedFile:
    """A file that is what its name says, and may be taken in."""

    content: Any
    name: str
    checked: CheckedUpload


def prove_file(content: Any, name: str) -> ProvedFile:
    """What a file of an appeal is. It takes as long as the file is large: before anything is locked. `content` is bytes
    or an upload, or what was proved before. Raises RefusedFile.
    """
    if isinstance(content, ProvedFile):
        return content
    return ProvedFile(content, name, check_upload(content=content, name=name, **_conditions()))


def prove_files(contents: Sequence[Any]) -> list[ProvedFile]:
    """The uploads that come at once; more than an appeal may have are refused before any is gone through.

    Raises InvalidAppeal, RefusedFile.
    """
    if len(contents) > int(file_limits()["most_files"]):
        raise _too_many()
    return [prove_file(each, each.name or "") for each in contents]


def add_files(
    *, actor: Actor, appeal_id: int, contents: Sequence[Any], key: str = "", now: datetime
) -> list[int]:
    """The uploads of who said it: all of them, or none. Whose appeal it is, and whether anything may be added, is asked
    before any is gone through, and again after it. Raises as `add_file` does.
    """
    with transaction.atomic():
        APPEAL.after(own_appeal(actor, appeal_id, key).state, "added")
    proved = prove_files(contents)
    with transaction.atomic():
        return [
            add_file(actor=actor, appeal_id=appeal_id, content=each, name=each.name, key=key, now=now)
            for each in proved
        ]


@transaction.atomic
def add_file(*, actor: Actor, appeal_id: int, content: Any, name: str, key: str = "", now: datetime) -> int:
    """A file of who said it: a picture, a document, a recording. Its number. Who locks more proves it
    before (`prove_file`); several are for `add_files`.

    Raises AppealNotFound, NotPossibleNow, InvalidAppeal, RefusedFile.
    """
    file = prove_file(content, name)
    appeal = own_appeal(actor, appeal_id, key)
    APPEAL.after(appeal.state, "added")
    return keep_file(appeal, said_by(appeal, actor), file, now)


@transaction.atomic
def add_official_file(*, actor: Actor, appeal_id: int, content: Any, name: str, now: datetime) -> int:
    """A file somebody of an agency that deals with it, or was asked for its part, adds; who said it sees it.

    Raises as `add_file` does, and NotAllowed, NotYours.
    """
    file = prove_file(content, name)
    appeal = load(actor, appeal_id, ANSWER)
    APPEAL.after(appeal.state, "added")
    mine = agencies_of(actor, ANSWER)
    if not appeal.parts.filter(state="open", agency__in=mine).exists():
        ensure_held_by(actor, appeal, ANSWER)
    return keep_file(appeal, actor, file, now)


def keep_file(appeal: Appeal, actor: Actor, file: ProvedFile, now: datetime) -> int:
    """The same for who has loaded the appeal, locked, and knows that the actor may add to it. The same bytes sent again
    are the file that is there, and no event.
    """
    limits = file_limits()
    owner = Owner(FILES, str(appeal.pk))
    there = documents_of(owner=owner)
    if same := next((each.id for each in there if each.sha256 == file.checked.sha256), None):
        return same
    if len(there) >= int(limits["most_files"]):
        raise _too_many()
    document = store(
        actor=actor,
        content=file.content,
        name=file.name,
        owner=owner,
        party_id=None if appeal.anonymous else appeal.party_id,
        region_path=appeal.region_path,
        agency_id=appeal.agency_id or appeal.desk_id,
        **_conditions(),
        told_by_owner=True,
        checked=file.checked,
        now=now,
    )
    note(appeal, "file_added", actor=actor, now=now, after={"sha256": document.sha256, "name": document.name})
    return int(document.id)


def _too_many() -> InvalidAppeal:
    most = file_limits()["most_files"]
    return InvalidAppeal(
        f"an appeal has {most} files at most; put several into one",
        message_zh=f"最多 {most} 个附件，请合并后上传",
        field="files",
    )


def _conditions() -> dict[str, Any]:
    limits = file_limits()
    return {
        "allowed": [*limits["kinds"], *limits["sounds"]],
        "largest": int(limits["largest_bytes"]),
        "longest": int(limits["longest_seconds"]),
    }


def file_limits() -> dict[str, Any]:
    """`data/files.yaml`: kinds of files, kinds of recordings and how long they play, how large, how many. A file is no
    larger than the platform takes anywhere.
    """
    limits = _limits()
    return {**limits, "largest_bytes": min(int(limits["largest_bytes"]), settings.DOCUMENT_UPLOAD_LIMIT)}


@cache
def _limits() -> dict[str, Any]:
    return dict(
        parse_yaml((files("yingshang.areas.appeals") / "data/files.yaml").read_text(encoding="utf-8"))
    )
