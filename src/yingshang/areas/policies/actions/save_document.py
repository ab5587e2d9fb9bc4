"""An official document is taken in, or what is said of it is changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import code_of_path, find_region

from ..errors import InvalidDocument
from ..handlers import tell_document
from ..models import PolicyDocument
from ..selectors import AUTHOR, document_not_found
from ..sentences import split_sentences
from ._steps import ensure_may_write, note_document, same_revision

LONGEST_TEXT = 2_000_000
"""Characters; a document of 300 pages has about 300,000."""
_LONGEST = {
    "title": (200, "标题"),
    "number": (80, "文号"),
    "issuer": (200, "发文机关"),
    "url": (500, "出处网址"),
    "note": (2000, "说明"),
}


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """What is said of a document. `region_path` "" is the whole country."""

    title: str
    text: str = ""
    number: str = ""
    issuer: str = ""
    region_path: str = ""
    issued_on: date | None = None
    url: str = ""
    status: str = "draft"
    note: str = ""
    is_public: bool = False


@transaction.atomic
def add_document(
    *,
    actor: Actor,
    content: DocumentContent,
    agency_id: int | None = None,
    file_id: int | None = None,
    demonstration: bool = False,
    now: datetime,
) -> int:
    """Take a document in and cut its text into sentences; its number. Needs policies.author over its region.

    A document of a place above the author's own may be collected by who authors for `agency_id`, but is then of that
    agency. Raises NotAllowed, InvalidDocument.
    """
    ensure_may_write(actor, content.region_path, agency_id, collected=True)
    _check(content, now)
    row = PolicyDocument(
        **asdict(content),
        sentences=[each.as_dict() for each in split_sentences(content.text)],
        agency_id=agency_id,
        file_id=file_id,
        demonstration=demonstration,
        created_at=now,
        created_by_name=actor.name,
        changed_at=now,
        changed_by_name=actor.name,
    )
    row.save()
    note_document(row, "added", actor=actor, now=now, after=_told(content))
    tell_document(row, now=now)
    return int(row.pk)


@transaction.atomic
def save_document(
    *, actor: Actor, document_id: int, content: DocumentContent, revision: int, now: datetime
) -> int:
    """Change what is said of a document; the new revision. `revision` is the one the author began from.

    A text that items already point into stays: correct it by a new document. Raises DocumentNotFound, ChangedMeanwhile,
    InvalidDocument.
    """
    scope = actor.require(AUTHOR)
    rows = scope.filter(PolicyDocument.objects.select_for_update(), region="region_path", agency="agency")
    row = rows.filter(pk=document_id).first()
    if row is None:
        raise document_not_found(document_id)
    same_revision(row.revision, revision, row.changed_by_name)
    ensure_may_write(actor, content.region_path, row.agency_id, collected=True, new=False)
    _check(content, now)
    if content.text != row.text and row.items.filter(versions__state="published").exists():
        raise InvalidDocument(
            "published items point into this text; take the changed text in as a document of its own",
            message_zh="已发布的事项引用了这份正文，请将修改后的正文另行录入为新的文件",
            field="text",
        )
    before = _told(_content_of(row))
    if content.text != row.text:
        row.sentences = [each.as_dict() for each in split_sentences(content.text)]
    for name, value in asdict(content).items():
        setattr(row, name, value)
    row.revision += 1
    row.changed_at, row.changed_by_name = now, actor.name
    row.save()
    note_document(row, "changed", actor=actor, now=now, before=before, after=_told(content))
    tell_document(row, now=now)
    return int(row.revision)


def _content_of(row: PolicyDocument) -> DocumentContent:
    return DocumentContent(**{name: getattr(row, name) for name in DocumentContent.__dataclass_fields__})


def _told(content: DocumentContent) -> dict[str, object]:
    """For the audit event: everything but the text, of which the length is enough."""
    told = asdict(content)
    told["text"] = f"{len(content.text)} characters"
    return told


def _check(content: DocumentContent, now: datetime) -> None:
    if not content.title.strip():
        raise InvalidDocument(
            "a document has a title; copy it from its first page",
            message_zh="请填写文件标题，以文件首页为准",
            field="title",
        )
    for field, (longest, label) in _LONGEST.items():
        if len(getattr(content, field)) > longest:
            raise InvalidDocument(
                f"{field} has at most {longest} characters",
                message_zh=f"“{label}”最多 {longest} 字",
                field=field,
            )
    if any("\0" in getattr(content, field) for field in (*_LONGEST, "text")):
        raise InvalidDocument(
            "a text holds no null characters; take them out",
            message_zh="文字中含有空字符，请删去后再保存",
            field="text",
        )
    if content.url and urlsplit(content.url).scheme not in ("http", "https"):
        raise InvalidDocument(
            "an address begins with https:// or http://",
            message_zh="出处网址应以 https:// 或 http:// 开头",
            field="url",
        )
    place = find_region(code_of_path(content.region_path)) if content.region_path else None
    if content.region_path and (place is None or place.path != content.region_path):
        raise InvalidDocument(
            f"there is no place {content.region_path!r}",
            message_zh="没有这个地区，请重新选择",
            field="region_path",
        )
    if len(content.text) > LONGEST_TEXT:
        raise InvalidDocument(
            f"a text has at most {LONGEST_TEXT:,} characters, this one {len(content.text):,}; take it in in parts",
            message_zh=f"正文最多 {LONGEST_TEXT:,} 字，现有 {len(content.text):,} 字，请分册录入",
            field="text",
        )
    if content.issued_on is not None and content.issued_on > now.date():
        raise InvalidDocument(
            f"{content.issued_on} lies in the future; a draft has no day of issue yet, leave it empty",
            message_zh=f"成文日期 {content.issued_on} 晚于今天；尚未印发的文件请留空",
            field="issued_on",
        )
