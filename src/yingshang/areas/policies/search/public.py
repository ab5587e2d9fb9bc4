"""What everybody may read of an item or a document, with or without an account."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Count, Max, Q

from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.reference.api import UnknownFact, get_fact

from ..content import read_item
from ..errors import InvalidItem, ItemNotFound
from ..interpretation.selectors import public_interpretation
from ..interpretation.values import PublicInterpretation
from ..matching.live import Window, window_of
from ..models import Interpretation, ItemVersion, PolicyDocument
from ..selectors import document_not_found, document_summary, in_force, item_not_found, published_item
from ..sentences import Sentence
from ..values import DocumentSummary, PublishedItem
from .asking import Question, search, state_of
from .entries import most_paid, public_versions

PUBLIC_STATES = ("published", "superseded", "withdrawn")
RELATED = 5
_APPLICANT = (
    "ent.type",
    "ent.region",
    "ent.town",
    "ent.industry",
    "ent.ownership",
    "ent.size",
    "ent.sector",
    "ent.field",
    "borrower.kind",
    "tax.payer_kind",
    "tax.is_small_profit",
)
"""Facts that say what kind of applicant it is."""
_QUOTED = re.compile(r'"[^"]*"')
_WORD = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w.]*")
_FEEL = frozenset(["in", "and", "or", "not", "starts", "with", "list", "contains", "true", "false"])
_NAMED = re.compile(r"《([^《》]{4,120})》")


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """One condition in the words of the document; `depth` counts the groups it lies in.

    `how` of a group: all, any, at_least (`count` says how many), lines (one and the same line). `excluded`: it must not
    be. `sentences` are those of the document that it comes from. `applicant`: it says no more than what kind of
    applicant it is, of which place, size and trade.
    """

    id: str
    depth: int
    text: str
    clause: str
    how: str
    count: int | None
    excluded: bool
    sentences: tuple[Sentence, ...]
    evidence: tuple[str, ...]
    materials: tuple[str, ...]
    applicant: bool = False


@dataclass(frozen=True, slots=True)
class BenefitLine:
    """One part of what is given: words, formula and the largest sum as the document says it."""

    id: str
    text: str
    formula: str
    caps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of an item with the days it holds."""

    name: str
    unit: str
    text: str
    source: str
    values: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class WindowLine:
    """One window and where the day lies: open, upcoming or past."""

    first: date | None
    last: date | None
    text: str
    state: str


@dataclass(frozen=True, slots=True)
class NamedSource:
    """The document as the item itself names it, for items whose document is not in the library."""

    title: str
    number: str
    issued: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """A version that was published, as the history of an item shows it."""

    number: int
    state: str
    published_at: datetime
    published_by_name: str
    ended_at: datetime | None
    end_reason: str
    note: str


@dataclass(frozen=True, slots=True)
class PublicItem:
    """All that an item says, for a page. `state` is in_force, upcoming, expired, superseded or withdrawn.

    `receipt` is the code of the receipt of its publication.
    """

    item: PublishedItem
    state: str
    ended_at: datetime | None
    end_reason: str
    current: int | None
    window: Window
    windows: tuple[WindowLine, ...]
    conditions: tuple[ConditionLine, ...]
    benefits: tuple[BenefitLine, ...]
    grants: str
    most_fen: int | None
    at_most: bool
    figures: tuple[Figure, ...]
    terms: tuple[str, ...]
    materials: tuple[str, ...]
    note: str
    versions: tuple[PublicVersion, ...]
    document: DocumentSummary | None
    named_source: NamedSource | None
    receipt: str
    interpretation: PublicInterpretation | None

    @property
    def code(self) -> str:
        return self.item.code

    @property
    def open_now(self) -> bool:
        """Whether one can apply on the day it was asked for."""
        return self.state == "in_force" and self.window.open is not False


@dataclass(frozen=True, slots=True)
class PublicDocument:
    """A public document with the items made from it and its relatives."""

    summary: DocumentSummary
    text: str
    sentences: tuple[Sentence, ...]
    note: str
    items: tuple[PublishedItem, ...]
    named: tuple[DocumentSummary, ...]
    above: tuple[DocumentSummary, ...]
    below: tuple[DocumentSummary, ...]
    interpretation: PublicInterpretation | None


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """A window of an item in a month."""

    item: PublishedItem
    first: date | None
    last: date | None
    text: str


def public_item(*, code: str, day: date, number: int | None = None) -> PublicItem:
    """One item as everybody may read it, by the version in force or another one that was. Raises ItemNotFound.

    Four queries. An item that was withdrawn or has run out keeps its page, and says so.
    """
    rows = list(
        ItemVersion.objects.filter(item__code=code, state__in=PUBLIC_STATES)
        .select_related("item__document")
        .order_by("-number")
    )
    shown = _shown(rows, number)
    if shown is None:
        raise item_not_found(code)
    item = published_item(shown)
    try:
        data: Mapping[str, Any] = read_item(shown.source).data
    except InvalidItem:
        data = {}
    document = shown.item.document if shown.item.document and shown.item.document.is_public else None
    sentences = {row["number"]: Sentence(**row) for row in document.sentences} if document else {}
    conditions = tuple(condition_lines(data, shown.links, sentences))
    benefit = data.get("benefit") or {}
    window = window_of(item, day)
    _, most = most_paid(shown.source, day)
    return PublicItem(
        item=item,
        state=state_of(shown.state, shown.effective_from, shown.effective_to, day),
        ended_at=shown.ended_at,
        end_reason=shown.end_reason,
        current=next((row.number for row in rows if row.state == "published"), None),
        window=window,
        windows=tuple(_window_lines(item.windows, day)),
        conditions=conditions,
        benefits=tuple(benefit_lines(benefit)),
        grants=str(benefit.get("grants") or ""),
        most_fen=most,
        at_most=bool(benefit.get("at_most")),
        figures=tuple(_figures(data)),
        terms=tuple(term_lines(data)),
        materials=tuple(dict.fromkeys(each for line in conditions for each in line.materials)),
        note=str(data.get("note") or ""),
        versions=tuple(_version(row) for row in rows),
        document=_summary(document) if document else None,
        named_source=_named_source(data.get("document")),
        receipt=receipt_code(shown.published_event) if shown.published_event else "",
        interpretation=public_interpretation(item_id=shown.item_id, version=shown),
    )


def public_items(*, codes: Sequence[str], day: date) -> tuple[PublicItem, ...]:
    """Several items for a comparison, in the order of the codes; those that are none are left out."""
    found = []
    for code in codes:
        try:
            found.append(public_item(code=code, day=day))
        except ItemNotFound:
            continue
    return tuple(found)


def public_document(*, document_id: int, day: date) -> PublicDocument:
    """A public document. Raises DocumentNotFound."""
    row = (
        PolicyDocument.objects.filter(is_public=True, pk=document_id)
        .annotate(item_count=Count("items"))
        .first()
    )
    if row is None:
        raise document_not_found(document_id)
    items = tuple(
        published_item(each)
        for each in public_versions().filter(item__document=row.pk).order_by("item", "-number")
    )
    above, below = _relatives(row, day)
    return PublicDocument(
        summary=document_summary(row),
        text=row.text,
        sentences=tuple(Sentence(**each) for each in row.sentences),
        note=row.note,
        items=tuple(sorted(items, key=lambda each: each.code)),
        named=_named(row),
        above=above,
        below=below,
        interpretation=public_interpretation(document=row),
    )


def published_after(
    *, day: date, after_id: int = 0, limit: int, ids: Collection[int] | None = None, region_path: str = ""
) -> tuple[PublishedItem, ...]:
    """Items in force or to be, by their numbers: pages for other systems. One query."""
    rows = in_force(day, upcoming=True).filter(item__gt=after_id)
    if ids is not None:
        rows = rows.filter(item__in=ids)
    if region_path:
        rows = rows.filter(region_path__in=[region_path[:length] for length in (0, 2, 4, 6, 9, 12)])
    return tuple(published_item(row) for row in rows.order_by("item")[:limit])


def newest_items(*, day: date, limit: int = 50) -> tuple[PublishedItem, ...]:
    """Published last, for feeds. One query."""
    rows = in_force(day, upcoming=True).order_by("-published_at", "-pk")[:limit]
    return tuple(published_item(row) for row in rows)


def library_changed(*, day: date) -> tuple[datetime | None, int]:
    """When what is published last changed, and how many items there are: what a feed is named by. Two queries."""
    found = ItemVersion.objects.filter(state__in=PUBLIC_STATES).aggregate(
        published=Max("published_at"), ended=Max("ended_at"), count=Count("pk", filter=Q(state="published"))
    )
    told = Interpretation.objects.filter(published_at__isnull=False).aggregate(
        published=Max("published_at"), ended=Max("ended_at")
    )
    moments = [each for each in (*map(found.get, ("published", "ended")), *told.values()) if each is not None]
    return max(moments, default=None), found["count"]


def documents_after(
    *, after_id: int = 0, limit: int, ids: Collection[int] | None = None, region_path: str = ""
) -> tuple[DocumentSummary, ...]:
    """Public documents by their numbers. One query."""
    rows = PolicyDocument.objects.filter(is_public=True, pk__gt=after_id).defer("text", "sentences")
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if region_path:
        rows = rows.filter(region_path__in=[region_path[:length] for length in (0, 2, 4, 6, 9, 12)])
    found = rows.annotate(item_count=Count("items")).order_by("pk")[:limit]
    return tuple(document_summary(row) for row in found)


def windows_between(*, first: date, last: date, region_path: str = "") -> tuple[CalendarLine, ...]:
    """Windows that open, are open or close between two days, what closes first before the others. One query."""
    rows = in_force(first, upcoming=True).exclude(windows=[])
    if region_path:
        rows = rows.filter(region_path__in=[region_path[:length] for length in (0, 2, 4, 6, 9, 12)])
    found = []
    for row in rows:
        item = published_item(row)
        for each in item.windows:
            start, end = _day(each.get("from")), _day(each.get("to"))
            if (start is None or start <= last) and (end is None or end >= first):
                found.append(CalendarLine(item, start, end, each.get("text", "")))
    return tuple(sorted(found, key=lambda line: (line.last or date.max, line.item.code)))


def items_by_region(*, day: date) -> dict[str, int]:
    """The path of a region → how many items in force are of it; "" is the whole country. One query."""
    rows = in_force(day).order_by().values("region_path").annotate(count=Count("pk"))
    return {row["region_path"]: row["count"] for row in rows}


# --- parts of an item -------------------------------------------------------------------------------------------------


def _shown(rows: Sequence[ItemVersion], number: int | None) -> ItemVersion | None:
    if number is not None:
        return next((row for row in rows if row.number == number), None)
    return next((row for row in rows if row.state == "published"), rows[0] if rows else None)


def _version(row: ItemVersion) -> PublicVersion:
    assert row.published_at is not None
    return PublicVersion(
        number=row.number,
        state=row.state,
        published_at=row.published_at,
        published_by_name=row.published_by_name,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        note=row.note,
    )


def _named_source(document: Any) -> NamedSource | None:
    if not isinstance(document, Mapping) or not document.get("title"):
        return None
    names = ("title", "number", "issued", "url", "note")
    told = {name: str(document.get(name) or "") for name in names}
    if not told["url"].startswith(("https://", "http://")):
        told["url"] = ""
    return NamedSource(**told)


def _window_lines(windows: Sequence[Mapping[str, str]], day: date) -> Iterator[WindowLine]:
    for each in windows:
        first, last = _day(each.get("from")), _day(each.get("to"))
        state = "open"
        if first is not None and first > day:
            state = "upcoming"
        elif last is not None and last < day:
            state = "past"
        yield WindowLine(first, last, each.get("text", ""), state)


def condition_lines(
    data: Mapping[str, Any], links: Mapping[str, Sequence[int]], sentences: Mapping[int, Sentence]
) -> Iterator[ConditionLine]:
    for each in data.get("conditions") or ():
        yield from _condition(each, 0, False, links, sentences)
    for each in data.get("exclusions") or ():
        yield from _condition(each, 0, True, links, sentences)


def _condition(
    each: Mapping[str, Any],
    depth: int,
    excluded: bool,
    links: Mapping[str, Sequence[int]],
    sentences: Mapping[int, Sentence],
) -> Iterator[ConditionLine]:
    inner = each
    if isinstance(each.get("not"), Mapping):
        inner, excluded = {**each["not"], **{key: each[key] for key in ("id", "text") if key in each}}, True
    how = ""
    parts: Sequence[Any] = ()
    for name, called in (("all", "all"), ("any", "any"), ("of", "at_least"), ("meets", "lines")):
        if inner.get(name):
            how, parts = called, inner[name]
    identifier = str(inner.get("id") or "")
    yield ConditionLine(
        id=identifier,
        depth=depth,
        text=str(inner.get("text") or identifier),
        clause=str(inner.get("clause") or ""),
        how=how,
        count=int(inner["at_least"]) if inner.get("at_least") else None,
        excluded=excluded,
        sentences=tuple(sentences[number] for number in links.get(identifier, ()) if number in sentences),
        evidence=tuple(_fact_name(str(code)) for code in inner.get("evidence") or ()),
        materials=tuple(str(name) for name in inner.get("materials") or ()),
        applicant=_of_applicant(inner, parts),
    )
    for part in parts:
        yield from _condition(part, depth + 1, False, links, sentences)


def _of_applicant(condition: Mapping[str, Any], parts: Sequence[Any]) -> bool:
    if parts:
        return all(_of_applicant(each, each.get("all") or each.get("any") or ()) for each in parts)
    words = _WORD.findall(_QUOTED.sub("", str(condition.get("when") or "")))
    named = [word for word in words if word not in _FEEL]
    return bool(named) and all(word in _applicant_facts() for word in named)


@cache
def _applicant_facts() -> frozenset[str]:
    return frozenset(_APPLICANT) | {_fact_name(code) for code in _APPLICANT}


def _fact_name(code: str) -> str:
    try:
        return get_fact(code).name
    except UnknownFact:
        return code


def benefit_lines(benefit: Mapping[str, Any]) -> Iterator[BenefitLine]:
    if not benefit:
        return
    parts = benefit.get("parts") or ()
    yield BenefitLine(
        id="",
        text=str(benefit.get("text") or ""),
        formula=_formula(benefit),
        caps=tuple(_cap(each) for each in benefit.get("caps") or ()),
    )
    for part in parts:
        yield BenefitLine(
            id=str(part.get("id") or ""),
            text=str(part.get("text") or part.get("id") or ""),
            formula=_formula(part),
            caps=tuple(_cap(each) for each in part.get("caps") or ()),
        )


def _formula(part: Mapping[str, Any]) -> str:
    """The formula as written; bands and tables say themselves in words."""
    if part.get("amount") is not None:
        unit = str(part.get("unit") or "元")
        return f"{_number(part['amount'])}（{unit}）"
    lines = part.get("lines")
    if isinstance(lines, Mapping) and lines.get("amount") is not None:
        return f"{lines.get('of', '')}：{_number(lines['amount'])}（元）"
    return ""


def _cap(cap: Mapping[str, Any]) -> str:
    if cap.get("text"):
        return str(cap["text"])
    return f"{_number(cap.get('amount'))}{cap.get('unit') or '元'}"


def _number(value: Any) -> str:
    return f"{value:,f}" if isinstance(value, Decimal) else str(value)


def _figures(data: Mapping[str, Any]) -> Iterator[Figure]:
    for each in data.get("parameters") or ():
        yield Figure(
            name=str(each.get("name") or ""),
            unit=str(each.get("unit") or ""),
            text=str(each.get("text") or ""),
            source=str(each.get("source") or ""),
            values=tuple(
                (
                    str(value.get("from") or ""),
                    str(value.get("to") or ""),
                    _number(value.get("value")),
                )
                for value in each.get("values") or ()
            ),
        )


def term_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """What else hangs on it: how many can have it, out of how much, together with what."""
    for name in ("quota", "pool", "stacking"):
        part = data.get(name)
        if isinstance(part, Mapping) and part.get("text"):
            yield str(part["text"])
    period = data.get("effective")
    if isinstance(period, Mapping) and period.get("text"):
        yield str(period["text"])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# --- relatives of a document ------------------------------------------------------------------------------------------


def _named(row: PolicyDocument) -> tuple[DocumentSummary, ...]:
    """Public documents that the text names by their titles."""
    titles = list(dict.fromkeys(_NAMED.findall(row.text)))[:50]
    if not titles:
        return ()
    found = (
        PolicyDocument.objects.filter(is_public=True, title__in=titles)
        .exclude(pk=row.pk)
        .defer("text", "sentences")
        .annotate(item_count=Count("items"))
        .order_by("region_path", "-issued_on")
    )
    return tuple(document_summary(each) for each in found[: 2 * RELATED])


def _relatives(
    row: PolicyDocument, day: date
) -> tuple[tuple[DocumentSummary, ...], tuple[DocumentSummary, ...]]:
    """Documents about the same, of places above and of places below; by the words of the title."""
    question = Question(text=row.title, what="document", ended=True, some=True)
    found = search(question, day=day, limit=60, facets=False)
    if found.plain:
        return (), ()
    others = [hit.document for hit in found.hits if hit.document and hit.document.id != row.pk]
    mine = row.region_path
    above = [each for each in others if mine.startswith(each.region_path) and each.region_path != mine]
    below = [each for each in others if each.region_path.startswith(mine) and each.region_path != mine]
    return tuple(above[:RELATED]), tuple(below[:RELATED])


def _summary(row: PolicyDocument) -> DocumentSummary:
    row.item_count = 0  # type: ignore[attr-defined]
    return document_summary(row)
