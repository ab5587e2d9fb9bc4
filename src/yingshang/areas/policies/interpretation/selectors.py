"""Reads of interpretations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import receipt_code

from ..content import read_item
from ..errors import InterpretationNotFound, InvalidItem
from ..lifecycle import states
from ..models import Interpretation, ItemVersion, PolicyDocument, PolicyItem
from ..selectors import VIEW, document_not_found, item_not_found
from .numbers import absent, figures_of, values_of_item, values_of_text
from .values import (
    SECTIONS,
    InterpretationContent,
    InterpretationDesk,
    InterpretationView,
    PublicInterpretation,
    PublicQuestion,
    Question,
    Subject,
    Target,
)

OWNER = "policy_interpretation"
"""Whose documents the uploaded pictures are."""
MOST_TARGETS = 400


@dataclass(frozen=True, slots=True)
class Founded:
    """What an interpretation is founded on: the version of an item, or a document."""

    subject: Subject
    name: str
    item: PolicyItem | None
    document: PolicyDocument | None
    version: ItemVersion | None
    public: bool

    @property
    def values(self) -> frozenset[Decimal | date]:
        """The figures it holds."""
        if self.version is not None:
            return values_of_item(self.version.source)
        return values_of_text(self.document.text) if self.document else frozenset()

    @property
    def targets(self) -> tuple[Target, ...]:
        """What questions may point at."""
        if self.version is not None:
            return item_targets(self.version.source)
        rows = self.document.sentences if self.document else []
        return tuple(Target(str(row["number"]), row["text"], row["clause"]) for row in rows[:MOST_TARGETS])

    @property
    def rows(self) -> QuerySet[Interpretation]:
        """Its interpretations."""
        if self.item is not None:
            return Interpretation.objects.filter(item=self.item)
        return Interpretation.objects.filter(document=self.document)


def founded(actor: Actor, subject: Subject, permission: str, *, lock: bool = False) -> Founded:
    """The subject within the permission's reach; locked, where something is to be written.

    Of an item the version in force, or else the newest one. Raises ItemNotFound, DocumentNotFound.
    """
    scope = actor.require(permission)
    if subject.document_id is not None:
        papers = PolicyDocument.objects.select_for_update() if lock else PolicyDocument.objects.all()
        document = (
            scope.filter(papers, region="region_path", agency="agency").filter(pk=subject.document_id).first()
        )
        if document is None:
            raise document_not_found(subject.document_id)
        return Founded(subject, document.title, None, document, None, document.is_public)
    items = PolicyItem.objects.select_for_update() if lock else PolicyItem.objects.all()
    item = scope.filter(items, region="region_path", agency="agency").filter(code=subject.code).first()
    if item is None:
        raise item_not_found(subject.code)
    versions = list(item.versions.order_by("-number"))
    current = next((row for row in versions if row.state == "published"), None)
    version = current or next((row for row in versions if states()[row.state].open), versions[0])
    return Founded(subject, version.name, item, None, version, current is not None)


def interpretation_on_desk(*, actor: Actor, subject: Subject) -> InterpretationDesk:
    """The interpretation of an item or a document, as its author sees it. Needs policies.view_drafts.

    Raises ItemNotFound, DocumentNotFound.
    """
    found = founded(actor, subject, VIEW)
    rows = list(found.rows.order_by("-number"))
    draft = next((row for row in rows if row.state == "draft"), None)
    published = next((row for row in rows if row.state == "published"), None)
    number = found.version.number if found.version else None
    return InterpretationDesk(
        subject=subject,
        name=found.name,
        version=number,
        public=found.public,
        draft=view_of(draft) if draft else None,
        published=view_of(published) if published else None,
        past=tuple(view_of(row) for row in rows if row.state == "withdrawn"),
        unfounded=absent(figures_of(content_of(draft).words), found.values) if draft else (),
        outdated=_outdated(published, found.values) if published else (),
        behind=published is not None and not _covers(published, number),
        targets=found.targets,
    )


def outdated_by(*, code: str, source: str) -> tuple[str, ...]:
    """Figures of the published interpretation of an item that a text of the item would no longer hold. One query.

    Its caller has asked who is looking. Nothing for a text that is no item.
    """
    values = values_of_item(source)
    row = Interpretation.objects.filter(item__code=code, state="published").first()
    return _outdated(row, values) if row is not None and values else ()


def public_interpretation(
    *, item_id: int | None = None, document: PolicyDocument | None = None, version: ItemVersion | None = None
) -> PublicInterpretation | None:
    """The published interpretation of an item or a document, if any. Everybody may see it. One query."""
    if document is not None:
        row = Interpretation.objects.filter(document=document, state="published").first()
        found = Founded(Subject(), document.title, None, document, None, True)
    else:
        row = Interpretation.objects.filter(item=item_id, state="published").first()
        found = Founded(Subject(), "", None, None, version, True)
    if row is None:
        return None
    assert row.published_at is not None
    content = content_of(row)
    targets = {each.id: each for each in found.targets}
    return PublicInterpretation(
        id=row.pk,
        number=row.number,
        plain=content.plain,
        sections=tuple((code, content.sections[code]) for code in SECTIONS if content.sections.get(code)),
        questions=tuple(
            PublicQuestion(
                each.question,
                each.answer,
                tuple(targets[point] for point in each.points if point in targets),
            )
            for each in content.questions
        ),
        generated=row.generated,
        first_version=row.first_version,
        last_version=row.last_version,
        covers=_covers(row, version.number if version else None),
        outdated=_outdated(row, found.values),
        picture=row.picture_id is not None,
        picture_alt=row.picture_alt,
        picture_use=row.picture_use,
        published_at=row.published_at,
        published_by_name=row.published_by_name,
        receipt=receipt_code(row.published_event) if row.published_event else "",
    )


def plain_words(*, item_ids: Collection[int]) -> dict[int, str]:
    """The number of an item → what its published interpretation says in one sentence. One query."""
    rows = Interpretation.objects.filter(item__in=item_ids, state="published").exclude(plain="")
    return dict(rows.values_list("item", "plain"))


def words_by_subject(of: str, ids: Collection[int] | None = None) -> dict[int, str]:
    """All words of published interpretations of items or documents (`of`), of some or of all: to be searched.

    One query.
    """
    rows = Interpretation.objects.filter(state="published", **{f"{of}__isnull": False})
    if ids is not None:
        rows = rows.filter(**{f"{of}__in": ids})
    return {getattr(row, f"{of}_id"): content_of(row).words for row in rows.iterator(500)}


def picture_document(*, interpretation_id: int) -> int:
    """The document of the uploaded picture of a published interpretation. Raises InterpretationNotFound."""
    row = Interpretation.objects.filter(pk=interpretation_id, state="published").first()
    if row is None or row.picture_id is None:
        raise InterpretationNotFound(
            f"no picture of interpretation {interpretation_id}",
            message_zh="没有这张图片，或者解读已撤下",
            value=interpretation_id,
        )
    return int(row.picture_id)


def may_read_picture(actor: Actor, identifier: str) -> bool:
    """Everybody the picture of a published one; otherwise who may see the subject's drafts."""
    row = Interpretation.objects.select_related("item").filter(pk=int(identifier)).first()
    if row is None:
        return False
    if row.state == "published":
        return True
    subject = Subject(row.item.code if row.item else "", row.document_id)
    return founded(actor, subject, VIEW) is not None


def item_targets(source: str) -> tuple[Target, ...]:
    """The conditions, exclusions and the benefit of an item, as questions point at them."""
    try:
        data: Mapping[str, Any] = read_item(source).data
    except InvalidItem:
        return ()
    found = [
        Target(str(each["id"]), str(each.get("text") or each["id"]), str(each.get("clause") or ""))
        for part in ("conditions", "exclusions")
        for each in _inside(data.get(part) or ())
        if each.get("id")
    ]
    benefit = data.get("benefit") or {}
    if benefit:
        found.append(
            Target(
                "benefit", " ".join(str(benefit.get("text") or "").split()), str(benefit.get("clause") or "")
            )
        )
    return tuple(found)


def _inside(conditions: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for each in conditions:
        yield each
        inner = each["not"] if isinstance(each.get("not"), Mapping) else each
        for part in ("all", "any", "of", "meets"):
            yield from _inside(inner.get(part) or ())


def content_of(row: Interpretation) -> InterpretationContent:
    """The words of a row."""
    return InterpretationContent(
        plain=row.plain,
        sections=dict(row.sections),
        questions=tuple(
            Question(each["question"], each["answer"], tuple(each.get("points") or ()))
            for each in row.questions
        ),
    )


def view_of(row: Interpretation) -> InterpretationView:
    """A row as a value."""
    same = ("number", "state", "generated", "first_version", "last_version", "picture_id", "picture_alt")
    more = ("picture_use", "revision", "changed_at", "changed_by_name", "published_at", "published_by_name")
    ends = ("published_event", "ended_at", "end_reason")
    return InterpretationView(
        id=row.pk,
        content=content_of(row),
        **{name: getattr(row, name) for name in (*same, *more, *ends)},
    )


def _covers(row: Interpretation, version: int | None) -> bool:
    if version is None or row.first_version is None or row.last_version is None:
        return True
    return row.first_version <= version <= row.last_version


def _outdated(row: Interpretation, values: frozenset[Decimal | date]) -> tuple[str, ...]:
    return absent(tuple(one for each in row.numbers for one in figures_of(each)), values)
