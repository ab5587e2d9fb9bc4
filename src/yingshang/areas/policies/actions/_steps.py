"""Steps that several actions share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from yingshang.kernel.access.api import Actor, NotAllowed, system_actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import get_agency

from ..content import Content, content_of, read_item
from ..errors import ChangedMeanwhile, DraftUnchecked, InvalidItem, NotPossibleNow
from ..models import ItemVersion, PolicyDocument, PolicyItem
from ..reading.drafting import READER_NOTE
from ..selectors import AUTHOR, item_not_found

_PLATFORM = system_actor("policies")
_LONGEST = {
    "name": (200, "事项名称"),
    "issuer": (200, "发布机关"),
    "kind": (40, "兑现方式"),
    "delivery": (12, "办理方式"),
}
_CODE = re.compile(r"(?!\.+$)[\w.\-]{1,80}")


def ensure_may_write(
    actor: Actor, region_path: str, agency_id: int | None, *, collected: bool = False, new: bool = True
) -> None:
    """That the actor writes policies for the place, in the name of the agency. Raises NotAllowed.

    Who writes for one agency alone writes for its place and what lies below; what is `collected` may be of a place
    above it. In whose name something is written is said once, when it is `new`.
    """
    scope = actor.require(AUTHOR)
    if scope.everywhere:
        return
    inside = region_path in scope.regions or any(region_path.startswith(path) for path in scope.subtrees)
    if not inside and agency_id in scope.agencies:
        own = get_agency(actor=_PLATFORM, agency_id=agency_id).region_path
        inside = region_path.startswith(own) or (collected and own.startswith(region_path))
    if inside and new and agency_id is not None and agency_id not in scope.agencies:
        path = get_agency(actor=_PLATFORM, agency_id=agency_id).region_path
        inside = path in scope.regions or any(path.startswith(each) for each in scope.subtrees)
    if not inside:
        raise NotAllowed(
            f"{actor.name} does not write policies for this place",
            message_zh="您不能编写该地区的政策",
            permission=AUTHOR,
        )


def load_item(actor: Actor, code: str, permission: str) -> PolicyItem:
    """The item, locked, if the permission reaches it. Raises ItemNotFound."""
    scope = actor.require(permission)
    rows = scope.filter(PolicyItem.objects.select_for_update(), region="region_path", agency="agency")
    item = rows.filter(code=code).first()
    if item is None:
        raise item_not_found(code)
    return item


def load_version(actor: Actor, code: str, permission: str, *states: str) -> ItemVersion:
    """The version of the item that is in one of the states, locked. Raises ItemNotFound, and NotPossibleNow for an item
    that has no such version: somebody may have been faster."""
    item = load_item(actor, code, permission)
    row = item.versions.select_for_update().filter(state__in=states).order_by("-number").first()
    if row is None:
        raise NotPossibleNow(
            f"no version of {code} is {' or '.join(states)} now",
            message_zh="该事项现在没有可以这样办理的版本，可能已被他人处理，请刷新后再看",
            value=code,
        )
    row.item = item
    return row


def read_off(row: ItemVersion, source: str, today: date) -> Content:
    """Put what the source says into the columns of the version. Raises InvalidItem."""
    content = content_of(source, today)
    for field, (longest, label) in _LONGEST.items():
        if len(getattr(content, field)) > longest:
            raise InvalidItem(
                f"{field} has at most {longest} characters",
                message_zh=f"“{label}”最多 {longest} 字",
                problems=[],
            )
    if not _CODE.fullmatch(content.code):
        raise InvalidItem(
            f"{content.code!r} cannot be an id: at most 80 letters, digits, Chinese characters and - _ ., "
            "not dots alone",
            message_zh="编号最多 80 个字符，只能用字母、数字、汉字和 - _ .，并且不能只有点号",
            problems=[],
        )
    row.source, row.digest = source, content.digest
    for name in (
        "name",
        "summary",
        "issuer",
        "kind",
        "delivery",
        "effective_from",
        "effective_to",
        "benefit_text",
    ):
        setattr(row, name, getattr(content, name))
    row.windows, row.tags, row.facts = list(content.windows), list(content.tags), list(content.facts)
    return content


def note_writer(row: ItemVersion, actor: Actor) -> None:
    """Who wrote a version, or handed it in, takes no part in its review."""
    number = int(actor.identifier) if actor.kind == "user" else None
    if number is not None and number not in row.written_by:
        row.written_by = [*row.written_by, number]


def same_revision(found: int, expected: int, changed_by: str) -> None:
    """Raises ChangedMeanwhile when somebody else has saved in between."""
    if found != expected:
        raise ChangedMeanwhile(
            f"{changed_by} saved this in between; compare with what they wrote, then save again",
            message_zh=f"{changed_by} 在此期间保存过修改。请对照其内容后再保存，您填写的内容仍在页面上",
            found=found,
            expected=expected,
        )


def ensure_checked(row: ItemVersion) -> None:
    """That nothing is open of what the reader left for the author, and none of it would be published.

    Raises DraftUnchecked.
    """
    note = str(read_item(row.source).data.get("note") or "")
    if note.startswith(READER_NOTE):
        raise DraftUnchecked(
            "the note is the reader's own and would be published; settle what it says and clear it",
            message_zh="“备注”里还是阅读器起草时的说明，发布后会公开。请逐条核对后清空备注，再提交",
            remarks=1,
        )
    if row.remarks:
        raise DraftUnchecked(
            f"{len(row.remarks)} remarks of the reader wait for you; look at each beside the item and clear it. "
            f"The first: {row.remarks[0]}",
            message_zh=f"还有 {len(row.remarks)} 条起草提示没有核对，请在编写页逐条核对后清除，再提交。"
            f"第一条：{row.remarks[0][:120]}",
            remarks=len(row.remarks),
        )


def note_version(
    row: ItemVersion,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event of something that happened to a version."""
    return record(
        actor=actor,
        action=f"policies.item_{event}",
        target=Target(
            "policy_item",
            row.item.code,
            f"{row.item.code} {row.name} v{row.number}",
            region_path=row.item.region_path,
            agency_id=row.item.agency_id,
        ),
        now=now,
        before=dict(before) if before else None,
        after=dict(after) if after else None,
        reason=reason[:400],
    )


def note_document(
    row: PolicyDocument,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event of something that happened to a document."""
    return record(
        actor=actor,
        action=f"policies.document_{event}",
        target=Target(
            "policy_document", str(row.pk), row.title, region_path=row.region_path, agency_id=row.agency_id
        ),
        now=now,
        before=dict(before) if before else None,
        after=dict(after) if after else None,
        reason=reason[:400],
    )
