"""Reads of definitions. Reads of cases are in `case_reads`."""

from __future__ import annotations

from django.db.models import Count, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from yingshang.kernel.access.api import Actor, roles
from yingshang.kernel.clock.api import published_ladders
from yingshang.kernel.forms.api import FormNotFound, VersionNotFound, get_form

from .definition_views import (
    DefinitionDetail,
    DefinitionDraft,
    DefinitionPreview,
    DefinitionSummary,
    DefinitionVersionView,
    VersionSummary,
)
from .definitions import FormNames, Known, compose_bpmn, lint, parse_steps, read_bpmn
from .definitions.reading import Symbol
from .errors import DefinitionNotFound, InvalidDiagram
from .models import Case, Definition, DefinitionVersion
from .models.cases import CASE_OPEN
from .subjects import bound_flow

MANAGE = "flow.manage"


def published_version(code: str, number: int | None = None) -> DefinitionVersion:
    """The newest published version of a definition: what a case that begins now begins on. Or the one of a number."""
    rows = DefinitionVersion.objects.select_related("definition").filter(
        definition__code=code, state=DefinitionVersion.State.PUBLISHED
    )
    if number is not None:
        rows = rows.filter(number=number)
    row = rows.order_by("-number").first()
    if row is None:
        which = f" version {number}" if number is not None else ""
        raise DefinitionNotFound(
            f"no published flow {code!r}{which}; publish it first, or load the defaults",
            message_zh=f"没有已发布的流程“{code}”{f'第 {number} 版' if number is not None else ''}，请先发布",
            flow=code,
        )
    return row


def definitions(*, actor: Actor, text: str = "") -> tuple[DefinitionSummary, ...]:
    """The definitions the actor manages, by code. Three queries at most, however many there are."""
    rows = _managed(actor)
    if text.strip():
        words = text.strip()
        rows = rows.filter(Q(code__icontains=words) | Q(name__icontains=words) | Q(name_en__icontains=words))
    open_cases = (
        Case.objects.filter(version__definition=OuterRef("pk"), state__in=CASE_OPEN)
        .values("version__definition")
        .annotate(counted=Count("pk"))
        .values("counted")
    )
    rows = rows.annotate(
        published=Max("versions__number"),
        drafts=Count("versions", filter=Q(versions__state=DefinitionVersion.State.DRAFT)),
        open_cases=Coalesce(Subquery(open_cases, output_field=IntegerField()), 0),
    )
    return tuple(
        DefinitionSummary(
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            source=row.source,
            region_path=row.region_path,
            changed_at=row.changed_at,
            published=row.published,
            has_draft=bool(row.drafts),
            open_cases=row.open_cases,
        )
        for row in rows.order_by("code")
    )


def get_definition(*, actor: Actor, code: str) -> DefinitionDetail:
    """A definition with its versions and its draft, linted. Raises DefinitionNotFound outside the scope."""
    row = managed_definition(actor, code)
    versions = list(
        row.versions.annotate(open_cases=Count("cases", filter=Q(cases__state__in=CASE_OPEN)))
        .defer("bpmn", "spec", "steps")
        .order_by("-number")
    )
    draft = next((each for each in versions if each.state == DefinitionVersion.State.DRAFT), None)
    return DefinitionDetail(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        source=row.source,
        region_path=row.region_path,
        created_at=row.created_at,
        changed_at=row.changed_at,
        versions=tuple(
            VersionSummary(each.number, each.note, each.changed_by, each.published_at, each.open_cases)
            for each in versions
            if each.number is not None and each.published_at is not None
        ),
        draft=None if draft is None else draft_view(draft),
    )


def get_definition_version(*, actor: Actor, code: str, number: int) -> DefinitionVersionView:
    """One published version. Raises DefinitionNotFound."""
    managed_definition(actor, code)
    row = published_version(code, number)
    assert row.number is not None and row.published_at is not None
    return DefinitionVersionView(
        code, row.number, row.steps, row.bpmn, row.spec, row.note, row.changed_by, row.published_at
    )


def preview_definition(
    *, actor: Actor, steps: str | None = None, bpmn: str | None = None, code: str = ""
) -> DefinitionPreview:
    """What a list of steps or a diagram would become as the definition `code`; nothing is kept.

    Raises InvalidSteps for a list that is wrong.
    """
    actor.require(MANAGE)
    text = bpmn or ""
    if steps is not None:
        document = parse_steps(steps)
        text, code = compose_bpmn(document), code or document.code
    return DefinitionPreview(text, lint(text, known_to_the_platform(text, code)))


def draft_view(row: DefinitionVersion) -> DefinitionDraft:
    """A draft with what the linter says of it."""
    return DefinitionDraft(
        steps=row.steps,
        bpmn=row.bpmn,
        note=row.note,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        findings=lint(row.bpmn, known_to_the_platform(row.bpmn, row.definition.code)),
    )


def known_to_the_platform(bpmn: str, code: str = "") -> Known:
    """The roles and ladders there are, those of the diagram's forms that are published, and what the process behind the
    definition can follow.
    """
    wanted = {symbol.rule.form for symbol in _symbols(bpmn) if symbol.rule is not None and symbol.rule.form}
    published = {}
    for form in wanted:
        try:
            fields = get_form(form).fields
        except (FormNotFound, VersionNotFound):
            continue
        kept = {name for name, field in fields.items() if field.personal or field.kind == "files"}
        published[form] = FormNames(
            plain=frozenset(fields) - kept,
            kept=frozenset(kept),
            set_by_process=frozenset(
                name for name, field in fields.items() if field.read_only and field.required
            ),
        )
    return Known(
        roles=frozenset(role.code for role in roles()),
        ladders=frozenset(ladder.code for ladder in published_ladders()),
        forms=published,
        bound=bound_flow(code),
    )


def _symbols(bpmn: str) -> tuple[Symbol, ...]:
    try:
        return tuple(read_bpmn(bpmn).symbols.values())
    except InvalidDiagram:
        return ()


def managed_definition(actor: Actor, code: str, *, lock: bool = False) -> Definition:
    """A definition within the actor's reach. Raises DefinitionNotFound."""
    rows = _managed(actor)
    row = (rows.select_for_update() if lock else rows).filter(code=code).first()
    if row is None:
        raise DefinitionNotFound(
            f"no flow {code!r} that you manage", message_zh=f"没有由您管理的流程“{code}”", flow=code
        )
    return row


def _managed(actor: Actor) -> QuerySet[Definition]:
    return actor.require(MANAGE).filter(Definition.objects.all(), region="region_path")


__all__ = [
    "MANAGE",
    "definitions",
    "draft_view",
    "get_definition",
    "get_definition_version",
    "known_to_the_platform",
    "managed_definition",
    "preview_definition",
    "published_version",
]
