"""What was proposed for marked sentences goes into a draft that is there already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import PolicyError

from ..content import catalogue
from ..editing.adding import add_proposed
from ..editing.yaml_text import CannotEdit, read_data
from ..errors import InvalidItem
from ..lifecycle import VERSION
from ..reading.drafting import NO_AMOUNT, NO_CONDITIONS, TO_WRITE, propose_item, remarks_left
from ..reading.proposals import Proposal
from ..selectors import AUTHOR, get_document
from ._steps import load_version, note_version, note_writer, read_off

WRITABLE = ("draft", "returned")


@transaction.atomic
def add_to_draft(
    *,
    actor: Actor,
    code: str,
    document_id: int,
    proposals: Sequence[Proposal],
    unread: Collection[int] = (),
    replace_amount: bool = False,
    now: datetime,
) -> tuple[str, ...]:
    """Add accepted proposals of sentences of a document to the draft of an item, each linked to its sentence; what
    could not be added, a line each.

    `unread` are numbers of sentences that become conditions still to be written. An amount that stands in the draft is
    replaced only with `replace_amount`. The draft becomes one of this document if it was of none. Whoever has it open
    is told at their next save. Raises ItemNotFound, DocumentNotFound, NotPossibleNow, InvalidItem.
    """
    found = get_document(actor=actor, document_id=document_id)
    row = load_version(actor, code, AUTHOR, *WRITABLE)
    VERSION.after(row.state, "saved")
    if row.item.document_id not in (None, document_id):
        raise InvalidItem(
            f"{code} was written from another document; its sentences are numbered by that one",
            message_zh="这份草稿依据的是另一份文件，句子编号以那份文件为准。请选择依据本文件的草稿",
            problems=[],
        )
    wanted = {each.sentence for each in proposals}
    chosen = [each for each in found.sentences if each.number in wanted]
    today = timezone.localdate(now)
    proposed = propose_item(chosen, catalogue(), proposals=proposals) if chosen else None
    try:
        added = add_proposed(
            row.source,
            proposed.source if proposed else "{}",
            chosen,
            row.links,
            unread=[each for each in found.sentences if each.number in set(unread)],
            replace_amount=replace_amount,
        )
    except (CannotEdit, PolicyError) as error:
        raise InvalidItem(error.message, message_zh=error.message_zh, problems=[]) from None
    left = (*_told(proposed.remarks if proposed else ()), *added.left_out)
    before = {"digest": row.digest}
    read_off(row, added.source, today)
    row.links = added.links
    earlier = remarks_left(row.remarks, {*wanted, *unread})
    row.remarks = [each for each in dict.fromkeys((*earlier, *left)) if not _settled(each, added.source)]
    row.revision += 1
    row.changed_at, row.changed_by_name = now, actor.name
    note_writer(row, actor)
    row.save()
    if row.item.document_id is None:
        row.item.document_id = document_id
        row.item.save(update_fields=["document"])
    note_version(
        row,
        "saved",
        actor=actor,
        now=now,
        before=before,
        after={"digest": row.digest, "document": document_id, "sentences": sorted({*wanted, *unread})},
    )
    return left


def _settled(remark: str, source: str) -> bool:
    """Whether a remark about what the draft lacked is so no more."""
    data = read_data(source)
    if remark.startswith(NO_CONDITIONS):
        return any(each.get("id") != "to_write" for each in data.get("conditions") or ())
    if remark.startswith(NO_AMOUNT):
        return not str((data.get("benefit") or {}).get("grants") or "").startswith(TO_WRITE)
    return False


def _told(remarks: Sequence[str]) -> tuple[str, ...]:
    """Remarks but those about what the whole draft lacks: the draft it goes into may have it."""
    return tuple(each for each in remarks if not each.startswith((NO_CONDITIONS, NO_AMOUNT)))
