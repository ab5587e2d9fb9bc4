"""What the index holds of an item or a document: read off the tables, nothing of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from yingshang.rules.policy.decide import RowEvaluator

from ..content import catalogue, program_of, read_item
from ..errors import InvalidItem
from ..interpretation.selectors import words_by_subject
from ..models import ItemVersion, PolicyDocument
from ..selectors import level_of
from .words import audiences, band_of, containers, kind_of, subjects_of

ALWAYS = date.max.toordinal()
MOST_WINDOWS = 4
"""Of an item, those that end last; the index is made anew every night."""
_UNITS = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
ENDED = ("expired", "repealed", "superseded", "withdrawn")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index. Days are ordinals; `windows` pairs of them."""

    what: str
    id: int
    title: str
    names: tuple[str, ...]
    text: str
    region_path: str
    level: str
    state: str
    issued: int
    begins: int
    until: int
    kind: str = ""
    delivery: str = ""
    amount: str = ""
    audiences: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    windows: tuple[tuple[int, int], ...] = field(default=())

    @property
    def key(self) -> str:
        return f"{self.what}:{self.id}"


def public_versions() -> QuerySet[ItemVersion]:
    """Of every item the version everybody may see: the published one, or else the one that was withdrawn last."""
    return (
        ItemVersion.objects.filter(Q(state="published") | Q(state="withdrawn", item__current__isnull=True))
        .select_related("item__document")
        .defer("item__document__text", "item__document__sentences")
        .order_by("item", "-number")
        .distinct("item")
    )


def item_entries(ids: Collection[int] | None = None, *, day: date) -> Iterator[Entry]:
    """Entries of all items, or of some."""
    rows = public_versions()
    if ids is not None:
        rows = rows.filter(item__in=ids)
    told = words_by_subject("item", ids)
    for row in rows.iterator(500):
        yield _of_item(row, day, told.get(row.item_id, ""))


def document_entries(ids: Collection[int] | None = None) -> Iterator[Entry]:
    """Entries of all public documents, or of some."""
    rows = PolicyDocument.objects.filter(is_public=True).defer("sentences").order_by(F("pk"))
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    told = words_by_subject("document", ids)
    for row in rows.iterator(500):
        yield _of_document(row, told.get(row.pk, ""))


@lru_cache(maxsize=4096)
def most_paid(source: str, day: date) -> tuple[bool, int | None]:
    """Whether an item pays money, and the most one application can come to in fen; None when no end is known.

    It is what the rules say of an applicant of whom nothing is known.
    """
    try:
        program = program_of(source, day)
    except InvalidItem:
        return True, None
    decided = RowEvaluator([program], catalogue()).decide(program, {})
    amount = decided.amount
    if amount is None:
        return not program.benefit.grants, None
    most = amount.at_most if amount.value is None else amount.value
    # What nothing else bounds comes to nought when all facts are missing only if the item cannot pay at all.
    if most is None or most <= Decimal(0):
        most = _least_cap(source)
    return True, int(most.scaleb(2)) if most is not None else None


def _least_cap(source: str) -> Decimal | None:
    """The least sum that caps the whole of an item without a condition, where nothing else bounds it."""
    benefit = read_item(source).data.get("benefit") or {}
    sums = [
        Decimal(str(cap["amount"])) * _UNITS.get(str(cap.get("unit") or "元"), Decimal(1))
        for cap in benefit.get("caps") or ()
        if isinstance(cap.get("amount"), int | float | Decimal) and not cap.get("when")
    ]
    return min(sums, default=None)


def conditions_of(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every condition of an item, groups before their parts."""
    for part in ("conditions", "exclusions"):
        for each in data.get(part) or ():
            yield from _inside(each)


def _inside(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield condition
    for part in ("all", "any", "of", "meets"):
        for each in condition.get(part) or ():
            yield from _inside(each)
    if isinstance(condition.get("not"), dict):
        yield from _inside(condition["not"])


def _of_item(row: ItemVersion, day: date, interpreted: str) -> Entry:
    document = row.item.document
    told = [row.name, row.kind, row.summary, *row.tags]
    conditions: list[str] = []
    try:
        data = read_item(row.source).data
        conditions = [str(each.get("text") or "") for each in conditions_of(data)]
    except InvalidItem:
        pass
    money, most = most_paid(row.source, day)
    return Entry(
        what="item",
        id=row.item_id,
        title=row.name,
        names=(
            row.item.code,
            row.issuer,
            row.kind,
            *row.tags,
            *((document.title, document.number) if document else ()),
        ),
        text="\n".join([row.summary, row.benefit_text, *conditions, interpreted]),
        region_path=row.region_path,
        level=level_of(row.region_path),
        state=row.state,
        issued=timezone.localdate(row.published_at).toordinal() if row.published_at else 0,
        begins=row.effective_from.toordinal() if row.effective_from else 0,
        until=0 if row.state in ENDED else row.effective_to.toordinal() if row.effective_to else ALWAYS,
        kind=kind_of(row.kind),
        delivery=row.delivery,
        amount=band_of(most, money=money),
        audiences=tuple(subjects_of([*told, *conditions], audiences())),
        containers=tuple(subjects_of(told, containers())),
        windows=_windows(row.windows),
    )


def _of_document(row: PolicyDocument, interpreted: str) -> Entry:
    return Entry(
        what="document",
        id=row.pk,
        title=row.title,
        names=(row.number, row.issuer),
        text="\n".join(filter(None, [row.text, interpreted])),
        region_path=row.region_path,
        level=level_of(row.region_path),
        state=row.status,
        issued=row.issued_on.toordinal() if row.issued_on else 0,
        begins=0,
        until=0 if row.status in ENDED else ALWAYS,
        containers=tuple(subjects_of([row.title], containers())),
        audiences=tuple(subjects_of([row.title], audiences())),
    )


def _windows(windows: list[dict[str, str]]) -> tuple[tuple[int, int], ...]:
    if not windows:
        return ((0, ALWAYS),)
    spans = [
        (
            date.fromisoformat(each["from"]).toordinal() if each.get("from") else 0,
            date.fromisoformat(each["to"]).toordinal() if each.get("to") else ALWAYS,
        )
        for each in windows
    ]
    return tuple(sorted(spans, key=lambda span: span[1])[-MOST_WINDOWS:])
