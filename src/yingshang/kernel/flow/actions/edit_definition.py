"""Write a definition, and publish what was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..definition_views import DefinitionDetail, DefinitionVersionView
from ..definitions import compile_bpmn, compose_bpmn, parse_steps, read_bpmn
from ..definitions.rules import spec_digest
from ..definitions.steps import CODE
from ..errors import DefinitionChanged, DefinitionNotFound, InvalidDiagram, InvalidSteps, NothingToPublish
from ..models import Definition, DefinitionVersion
from ..selectors import (
    MANAGE,
    get_definition,
    get_definition_version,
    known_to_the_platform,
    managed_definition,
)


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    code: str,
    steps: str | None = None,
    bpmn: str | None = None,
    region_path: str = "",
    note: str = "",
    expected: datetime | None = None,
    now: datetime,
) -> DefinitionDetail:
    """Keep a list of steps, or a diagram, as the draft of a definition; of a new one in `region_path` if there is none.

    `expected` is when the draft that was opened had been changed: another change meanwhile raises DefinitionChanged
    instead of being lost. A draft may hold what the linter refuses, but it can be read: raises InvalidSteps,
    InvalidDiagram, DefinitionNotFound where the code is somebody else's.
    """
    scope = actor.require(MANAGE)
    text, written = _read(code, steps, bpmn)
    diagram = read_bpmn(text)
    name, name_en = diagram.name or code, diagram.name_en
    row = Definition.objects.select_for_update().filter(code=code).first()
    if row is None:
        if not scope.covers("region", agency_id=0, region_path=region_path):
            raise _not_found(code)
        try:
            with transaction.atomic():
                row = Definition.objects.create(
                    code=code,
                    name=name[:200],
                    name_en=name_en[:200],
                    source=diagram.source,
                    region_path=region_path,
                    created_at=now,
                    changed_at=now,
                )
        except IntegrityError:
            raise _changed(code) from None
    else:
        managed_definition(actor, code)
    draft = row.versions.filter(state=DefinitionVersion.State.DRAFT).first()
    before = None if draft is None else _told(draft)
    if expected is not None and (draft is None or draft.changed_at != expected):
        raise _changed(code)
    draft = draft or DefinitionVersion(definition=row, state=DefinitionVersion.State.DRAFT)
    draft.steps, draft.bpmn, draft.note = written, text, note.strip()[:500]
    draft.changed_by, draft.changed_at = actor.name[:200], now
    draft.save()
    row.changed_at = now
    row.save(update_fields=["changed_at"])
    record(
        actor=actor,
        action="flow.definition_drafted",
        target=_target(row),
        now=now,
        before=before,
        after=_told(draft),
        reason=draft.note[:400],
    )
    return get_definition(actor=actor, code=code)


@transaction.atomic
def publish_version(*, actor: Actor, code: str, note: str = "", now: datetime) -> DefinitionVersionView:
    """Publish the draft: cases that begin from now on follow it; those under way stay on theirs.

    Raises CannotPublish with the findings when the linter finds an error, NothingToPublish without a draft.
    """
    row = managed_definition(actor, code, lock=True)
    draft = _draft(row)
    compiled = compile_bpmn(draft.bpmn, known_to_the_platform(draft.bpmn, code), code=code)
    newest = (
        row.versions.exclude(number=None).order_by("-number").values_list("number", flat=True).first() or 0
    )
    draft.state, draft.number = DefinitionVersion.State.PUBLISHED, newest + 1
    draft.spec, draft.published_at = compiled.spec, now
    draft.note = note.strip()[:500] or draft.note
    draft.changed_by, draft.changed_at = actor.name[:200], now
    draft.save()
    row.name, row.name_en, row.source = compiled.name[:200], compiled.name_en[:200], compiled.source
    row.changed_at = now
    row.save()
    record(
        actor=actor,
        action="flow.definition_published",
        target=_target(row),
        now=now,
        before={"number": newest} if newest else None,
        after=_told(draft),
        reason=draft.note[:400],
    )
    return get_definition_version(actor=actor, code=code, number=newest + 1)


@transaction.atomic
def discard_definition_draft(*, actor: Actor, code: str, now: datetime) -> None:
    """Throw the draft away; a definition that was never published goes with it. Raises NothingToPublish."""
    row = managed_definition(actor, code, lock=True)
    draft = _draft(row)
    target, before = _target(row), _told(draft)
    draft.delete()
    if not row.versions.exists():
        row.delete()
    record(actor=actor, action="flow.definition_discarded", target=target, now=now, before=before)


def _read(code: str, steps: str | None, bpmn: str | None) -> tuple[str, str]:
    """The BPMN, and the list of steps it was written as."""
    if not CODE.match(code):
        raise InvalidSteps(
            f"{code!r} is no code: small letters, digits and _, such as fact_objection",
            message_zh="流程代码应为小写字母、数字和下划线，如 fact_objection",
            problems=[],
        )
    if (steps is None) == (bpmn is None):
        raise InvalidDiagram(
            "give either a list of steps or a diagram", message_zh="请提供步骤清单或流程图，二者选一"
        )
    if bpmn is not None:
        return bpmn, ""
    assert steps is not None
    document = parse_steps(steps)
    if document.code != code:
        raise InvalidSteps(
            f"steps.yaml: code: this is the flow {code}, but the list says {document.code}; write code: {code}",
            message_zh=f"steps.yaml：code：当前流程为 {code}，清单中写的是 {document.code}，请改为 code: {code}",
            problems=[],
        )
    return compose_bpmn(document), steps


def _draft(row: Definition) -> DefinitionVersion:
    draft = row.versions.filter(state=DefinitionVersion.State.DRAFT).first()
    if draft is None:
        raise NothingToPublish(
            f"the flow {row.code!r} has no draft", message_zh=f"流程“{row.code}”没有草稿", flow=row.code
        )
    return draft


def _told(version: DefinitionVersion) -> dict[str, Any]:
    """What the event says: the texts are long, so their digests, which name them exactly."""
    return {
        "number": version.number,
        "state": str(version.state),
        "written_as": "steps" if version.steps else "bpmn",
        "bpmn_sha256": spec_digest(version.bpmn),
        **({"spec_sha256": spec_digest(version.spec)} if version.spec else {}),
    }


def _target(row: Definition) -> Target:
    return Target("flow_definition", row.code, row.name, row.region_path)


def _changed(code: str) -> DefinitionChanged:
    return DefinitionChanged(
        f"somebody else changed the draft of {code} meanwhile; open it again",
        message_zh="草稿已被他人修改，请重新打开后再保存",
        flow=code,
    )


def _not_found(code: str) -> DefinitionNotFound:
    return DefinitionNotFound(
        f"no flow {code!r} that you manage", message_zh=f"没有由您管理的流程“{code}”", flow=code
    )
