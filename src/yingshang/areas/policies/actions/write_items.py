"""An author writes an item: begins it, saves drafts, begins the next version, throws a draft away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import UnknownRegion, get_region

from ..errors import CodeTaken, InvalidItem, ItemNotFound, OpenVersion
from ..lifecycle import VERSION
from ..models import ItemVersion, PolicyItem
from ..selectors import AUTHOR, document_not_found, visible_documents
from ._steps import (
    ensure_may_write,
    load_item,
    load_version,
    note_version,
    note_writer,
    read_off,
    same_revision,
)

OPEN = ("draft", "reviewing", "returned", "approved")


@transaction.atomic
def create_item(
    *,
    actor: Actor,
    source: str,
    document_id: int | None = None,
    agency_id: int | None = None,
    links: Mapping[str, Sequence[int]] | None = None,
    elements: Mapping[str, Any] | None = None,
    remarks: Sequence[str] = (),
    demonstration: bool = False,
    now: datetime,
) -> str:
    """Begin an item from its YAML, as the draft of its first version; its code, which is the `id` in the source.

    `remarks` are what the reader could not settle: its author looks at each and clears it before handing in. Needs
    policies.author over the region it names. Raises InvalidItem, CodeTaken, DocumentNotFound, NotAllowed.
    """
    row = ItemVersion(number=1, links=_links(links), elements=dict(elements or {}), created_at=now)
    row.remarks = list(remarks)
    row.changed_at, row.changed_by_name = now, actor.name
    note_writer(row, actor)
    content = read_off(row, source, timezone.localdate(now))
    row.region_path = _path(content.region)
    ensure_may_write(actor, row.region_path, agency_id)
    if document_id is not None and not visible_documents(actor).filter(pk=document_id).exists():
        raise document_not_found(document_id)
    item = PolicyItem(
        code=content.code,
        document_id=document_id,
        agency_id=agency_id,
        region_path=row.region_path,
        demonstration=demonstration,
        created_at=now,
        created_by_name=actor.name,
    )
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError:
        raise CodeTaken(
            f"the id {content.code!r} is taken; choose another one",
            message_zh=f"编号“{content.code}”已被使用，请换一个",
            value=content.code,
        ) from None
    row.item = item
    row.save()
    note_version(row, "begun", actor=actor, now=now, after={"digest": row.digest, "document": document_id})
    return content.code


@transaction.atomic
def save_version(
    *,
    actor: Actor,
    code: str,
    source: str,
    revision: int,
    links: Mapping[str, Sequence[int]] | None = None,
    elements: Mapping[str, Any] | None = None,
    remarks: Sequence[str] | None = None,
    note: str | None = None,
    now: datetime,
) -> int:
    """Save the draft of an item; the new revision. `revision` is the one the author began from.

    None leaves links, elements, remarks and note as they are. A source with mistakes that can still be read as an item
    is kept: what is wrong with it is the linter's to say, and publishing refuses it. Raises ItemNotFound, InvalidItem,
    ChangedMeanwhile, NotPossibleNow.
    """
    row = load_version(actor, code, AUTHOR, *OPEN)
    VERSION.after(row.state, "saved")
    same_revision(row.revision, revision, row.changed_by_name)
    before = {"digest": row.digest}
    content = read_off(row, source, timezone.localdate(now))
    if content.code != code or _path(content.region) != row.item.region_path:
        raise InvalidItem(
            f"id and region of an item stay ({code}, {row.item.region_path}); begin another item for another place",
            message_zh=f"事项的编号和地区不能修改（{code}，{row.item.region_path}），其他地区请另建事项",
            problems=[],
        )
    if links is not None:
        row.links = _links(links)
    if elements is not None:
        row.elements = dict(elements)
    if remarks is not None:
        row.remarks = [each for each in remarks if each.strip()]
    if note is not None:
        row.note = note[:400]
    row.revision += 1
    row.changed_at, row.changed_by_name = now, actor.name
    note_writer(row, actor)
    row.save()
    note_version(row, "saved", actor=actor, now=now, before=before, after={"digest": row.digest})
    return int(row.revision)


@transaction.atomic
def begin_version(*, actor: Actor, code: str, now: datetime) -> int:
    """Begin the next version as a copy of the last one; its number. Raises ItemNotFound, OpenVersion."""
    item = load_item(actor, code, AUTHOR)
    last = item.versions.order_by("-number").first()
    if last is None:
        raise ItemNotFound(f"no version of {code}", message_zh=f"“{code}”没有任何版本", value=code)
    if VERSION.states[last.state].open:
        raise OpenVersion(
            f"version {last.number} of {code} is {VERSION.states[last.state].name_en}; finish or discard it first",
            message_zh=f"“{code}”的第 {last.number} 版{VERSION.states[last.state].name}，请先完成或作废",
            value=code,
        )
    copied = item.versions.filter(state__in=["published", "superseded", "withdrawn"]).first() or last
    row = ItemVersion(
        item=item,
        number=last.number + 1,
        links=copied.links,
        elements=copied.elements,
        region_path=copied.region_path,
        created_at=now,
        changed_at=now,
        changed_by_name=actor.name,
    )
    note_writer(row, actor)
    read_off(row, copied.source, timezone.localdate(now))
    row.save()
    note_version(row, "version_begun", actor=actor, now=now, after={"copied": copied.number})
    return int(row.number)


@transaction.atomic
def discard_version(*, actor: Actor, code: str, reason: str = "", now: datetime) -> None:
    """Throw the draft of an item away; it stays readable among the versions. Raises ItemNotFound, NotPossibleNow."""
    row = load_version(actor, code, AUTHOR, *OPEN)
    before = row.state
    row.state = VERSION.after(row.state, "discarded")
    row.ended_at, row.end_reason = now, reason[:400]
    row.save()
    note_version(
        row,
        "discarded",
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": row.state},
        reason=reason,
    )


def _links(links: Mapping[str, Sequence[int]] | None) -> dict[str, list[int]]:
    return {key: sorted(set(numbers)) for key, numbers in (links or {}).items() if numbers}


def _path(region: str) -> str:
    """The path of the division a source names; "" for the whole country. Raises InvalidItem."""
    if not region:
        raise InvalidItem(
            'an item names the division that issues it: region: "230000"',
            message_zh='请填写发布地区，例如 region: "230000"',
            problems=[],
        )
    if not region.strip("0"):
        return ""
    try:
        return get_region(region).path
    except UnknownRegion as error:
        raise InvalidItem(error.message, message_zh=error.message_zh, problems=[]) from None
