"""Reads of documents and items, within what the reader may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import code_of_path, get_region

from .errors import DocumentNotFound, ItemNotFound
from .lifecycle import VERSION
from .models import ItemVersion, PolicyDocument, PolicyItem
from .sentences import Sentence
from .values import (
    DocumentDetail,
    DocumentPage,
    DocumentSummary,
    ItemDetail,
    ItemPage,
    ItemSummary,
    LinkedItem,
    PublishedItem,
    VersionView,
)

VIEW, AUTHOR = "policies.view_drafts", "policies.author"


# --- documents --------------------------------------------------------------------------------------------------------


def documents(
    *, actor: Actor, text: str = "", region_path: str = "", status: str = "", offset: int = 0, limit: int = 25
) -> DocumentPage:
    """Documents the actor may see, newest first: everybody the public ones, officials those of their reach."""
    rows = visible_documents(actor)
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(number__icontains=text) | Q(issuer__icontains=text))
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if status:
        rows = rows.filter(status=status)
    total = rows.count()
    found = rows.defer("text", "sentences").annotate(item_count=Count("items"))
    return DocumentPage(
        tuple(document_summary(row) for row in found.order_by("-issued_on", "-id")[offset : offset + limit]),
        total,
    )


def get_document(*, actor: Actor, document_id: int) -> DocumentDetail:
    """One document with its text. Raises DocumentNotFound."""
    row = visible_documents(actor).annotate(item_count=Count("items")).filter(pk=document_id).first()
    if row is None:
        raise document_not_found(document_id)
    return DocumentDetail(
        summary=document_summary(row),
        text=row.text,
        sentences=tuple(Sentence(**each) for each in row.sentences),
        note=row.note,
        file_id=row.file_id,
        agency_id=row.agency_id,
        revision=row.revision,
        changed_at=row.changed_at,
        changed_by_name=row.changed_by_name,
    )


def may_read_file(actor: Actor, identifier: str) -> bool:
    """Whether the file a document was read from is for the actor: whoever sees the document sees it as it came in."""
    return visible_documents(actor).filter(pk=int(identifier)).exists()


def document_not_found(document_id: int) -> DocumentNotFound:
    """For who may not see it as for what is not there."""
    return DocumentNotFound(
        f"no policy document {document_id}",
        message_zh="没有这份政策文件，或者您不能查看",
        value=document_id,
    )


def document_summary(row: PolicyDocument) -> DocumentSummary:
    """A row as a value; `item_count` must be annotated."""
    return DocumentSummary(
        id=row.pk,
        title=row.title,
        number=row.number,
        issuer=row.issuer,
        region_path=row.region_path,
        level=level_of(row.region_path),
        issued_on=row.issued_on,
        status=row.status,
        url=row.url,
        is_public=row.is_public,
        demonstration=row.demonstration,
        items=getattr(row, "item_count", 0),
    )


def level_of(region_path: str) -> str:
    """national, or the level of the division with this path."""
    return get_region(code_of_path(region_path)).level if region_path else "national"


def visible_documents(actor: Actor) -> QuerySet[PolicyDocument]:
    """Documents the actor may see: the public ones, and those of the reach."""
    seen = Q(is_public=True)
    if actor.kind != "visitor" and actor.may(VIEW):
        seen |= actor.scope(VIEW).condition(region="region_path", agency="agency")
    return PolicyDocument.objects.filter(seen)


# --- items ------------------------------------------------------------------------------------------------------------


def items(
    *,
    actor: Actor,
    text: str = "",
    state: str = "",
    document_id: int | None = None,
    region_path: str = "",
    offset: int = 0,
    limit: int = 25,
) -> ItemPage:
    """Items of the actor's reach by the version that matters now, last changed first. Needs policies.view_drafts."""
    rows = _latest(actor)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(item__code__icontains=text))
    if state:
        rows = rows.filter(state=state)
    if document_id is not None:
        rows = rows.filter(item__document=document_id)
    if region_path:
        rows = rows.filter(item__region_path__startswith=region_path)
    total = rows.count()
    found = rows.select_related("item__document", "item__current").order_by("-changed_at", "-id")
    return ItemPage(tuple(_item_summary(row) for row in found[offset : offset + limit]), total)


def get_item(*, actor: Actor, code: str) -> ItemDetail:
    """One item with all versions. Needs policies.view_drafts; raises ItemNotFound."""
    scope = actor.require(VIEW)
    item = scope.filter(PolicyItem.objects.all(), region="region_path", agency="agency").filter(code=code)
    rows = list(
        ItemVersion.objects.filter(item__in=item)
        .select_related("item__document", "item__current")
        .order_by("-number")
    )
    if not rows:
        raise item_not_found(code)
    versions = tuple(version_view(row) for row in rows)
    latest = next((row for row in rows if VERSION.states[row.state].open), rows[0])
    current = next((each for each in versions if each.state == "published"), None)
    return ItemDetail(
        summary=_item_summary(latest),
        current=current,
        open=next((each for each in versions if VERSION.states[each.state].open), None),
        versions=versions,
    )


def get_version(*, actor: Actor, code: str, number: int) -> VersionView:
    """One version. Needs policies.view_drafts; raises ItemNotFound."""
    for each in get_item(actor=actor, code=code).versions:
        if each.number == number:
            return each
    raise item_not_found(f"{code} v{number}")


def linked_items(*, actor: Actor, document_id: int) -> tuple[LinkedItem, ...]:
    """Items made of a document, by code, with the sentences they point at. Needs policies.view_drafts. One query."""
    rows = _latest(actor).filter(item__document=document_id).select_related("item")
    return tuple(
        LinkedItem(row.item.code, row.name, row.state, row.number, row.links)
        for row in rows.defer("source").order_by("item__code")
    )


def writable_drafts(*, actor: Actor, document_id: int) -> tuple[ItemSummary, ...]:
    """Drafts sentences of a document can be added to: those made of it, then those of no document. Needs
    policies.author."""
    scope = actor.require(AUTHOR)
    items = scope.filter(PolicyItem.objects.all(), region="region_path", agency="agency")
    rows = ItemVersion.objects.filter(state__in=("draft", "returned"), item__in=items).filter(
        Q(item__document=document_id) | Q(item__document=None)
    )
    found = rows.select_related("item__document", "item__current").defer("item__document__text")
    return tuple(
        _item_summary(row) for row in found.order_by(F("item__document").asc(nulls_last=True), "-changed_at")
    )


def items_above(*, region_path: str, day: date) -> tuple[tuple[str, str], ...]:
    """Code and name of the items in force in the divisions a place lies in, the widest first. For everybody."""
    above = [region_path[:length] for length in (0, 2, 4, 6, 9) if length < len(region_path)]
    rows = in_force(day).filter(region_path__in=above).order_by("region_path", "item__code")
    return tuple(rows.values_list("item__code", "name"))


def item_not_found(code: str) -> ItemNotFound:
    """For who may not see it as for what is not there."""
    return ItemNotFound(
        f"no policy item {code!r}", message_zh=f"没有政策事项“{code}”，或者您不能查看", value=code
    )


def published_items(
    *, day: date, codes: Collection[str] | None = None, region_path: str = "", upcoming: bool = False
) -> tuple[PublishedItem, ...]:
    """Items in force on a day, by code; with `upcoming` those that will be, too. Everybody may see them.

    `region_path` gives those that hold in a place: of the place itself and of everything above it.
    """
    rows = in_force(day, upcoming=upcoming)
    if codes is not None:
        rows = rows.filter(item__code__in=codes)
    if region_path:
        rows = rows.filter(region_path__in=[region_path[:length] for length in (0, 2, 4, 6, 9, 12)])
    return tuple(published_item(row) for row in rows)


def published_item(row: ItemVersion) -> PublishedItem:
    """A published version as a value; item and document must be loaded with it."""
    assert row.published_at is not None
    # Everybody reads this: of a document that is not public, not even that there is one.
    document = row.item.document if row.item.document and row.item.document.is_public else None
    return PublishedItem(
        item_id=row.item_id,
        version_id=row.pk,
        version=row.number,
        code=row.item.code,
        name=row.name,
        summary=row.summary,
        source=row.source,
        digest=row.digest,
        issuer=row.issuer,
        region_path=row.region_path,
        kind=row.kind,
        delivery=row.delivery,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        windows=tuple(row.windows),
        benefit_text=row.benefit_text,
        tags=tuple(row.tags),
        facts=tuple(row.facts),
        document_id=document.pk if document else None,
        document_title=document.title if document else "",
        published_at=row.published_at,
        demonstration=row.item.demonstration,
    )


def in_force(day: date, *, upcoming: bool = False) -> QuerySet[ItemVersion]:
    """The rows of versions in force on a day; with `upcoming` of those that will be, too."""
    rows = ItemVersion.objects.filter(state="published").filter(
        Q(effective_to__isnull=True) | Q(effective_to__gte=day)
    )
    if not upcoming:
        rows = rows.filter(Q(effective_from__isnull=True) | Q(effective_from__lte=day))
    # Of the document only its title is shown; its text may be long.
    return (
        rows.select_related("item__document")
        .defer("item__document__text", "item__document__sentences")
        .order_by("item__code")
    )


def _latest(actor: Actor) -> QuerySet[ItemVersion]:
    scope = actor.require(VIEW)
    seen = scope.filter(PolicyItem.objects.all(), region="region_path", agency="agency")
    newest = ItemVersion.objects.filter(item__in=seen).order_by("item", "-number").distinct("item")
    return ItemVersion.objects.filter(pk__in=newest.values("pk"))


def _item_summary(row: ItemVersion) -> ItemSummary:
    item = row.item
    return ItemSummary(
        id=item.pk,
        code=item.code,
        name=row.name,
        issuer=row.issuer,
        region_path=item.region_path,
        kind=row.kind,
        delivery=row.delivery,
        document_id=item.document_id,
        document_title=item.document.title if item.document else "",
        agency_id=item.agency_id,
        state=row.state,
        number=row.number,
        published_number=item.current.number if item.current else None,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        changed_at=row.changed_at,
        demonstration=item.demonstration,
    )


def version_view(row: ItemVersion) -> VersionView:
    """A row as a value; the item must be loaded with it."""
    same = (
        "number",
        "state",
        "source",
        "digest",
        "revision",
        "links",
        "elements",
        "name",
        "summary",
        "issuer",
    )
    more = (
        "region_path",
        "kind",
        "delivery",
        "effective_from",
        "effective_to",
        "benefit_text",
        "note",
        "case_id",
    )
    ends = ("changed_at", "changed_by_name", "submitted_at", "published_at", "published_by_name")
    last = ("published_event", "ended_at", "end_reason")
    return VersionView(
        id=row.pk,
        item_id=row.item_id,
        code=row.item.code,
        windows=tuple(row.windows),
        tags=tuple(row.tags),
        facts=tuple(row.facts),
        remarks=tuple(row.remarks),
        **{name: getattr(row, name) for name in _flat((same, more, ends, last))},
    )


def _flat(groups: Iterable[Iterable[str]]) -> list[str]:
    return [name for group in groups for name in group]
