"""The flows a platform begins with."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import NewEvent, Target, record_many

from ..definitions import compile_bpmn, compose_bpmn, parse_steps
from ..definitions.rules import CompiledFlow, spec_digest
from ..models import Definition, DefinitionVersion

_declared: list[Traversable] = []


def declare_flows(path: Traversable) -> None:
    """Make a list of steps known that a room brings, one flow a file; called when Django starts."""
    if path not in _declared:
        _declared.append(path)


def load_defaults(*, actor: Actor, region_path: str, now: datetime) -> int:
    """Publish the flows of data/flows and of other rooms that are not there yet; how many. Changes nothing that is."""
    with transaction.atomic():
        present = set(Definition.objects.values_list("code", flat=True))
        events = []
        for text, bpmn, flow in default_flows():
            if flow.code in present:
                continue
            row = Definition.objects.create(
                code=flow.code,
                name=flow.name,
                name_en=flow.name_en,
                source=flow.source,
                region_path=region_path,
                created_at=now,
                changed_at=now,
            )
            DefinitionVersion.objects.create(
                definition=row,
                number=1,
                state=DefinitionVersion.State.PUBLISHED,
                steps=text,
                bpmn=bpmn,
                spec=flow.spec,
                changed_by=actor.name[:200],
                changed_at=now,
                published_at=now,
            )
            events.append(
                NewEvent(
                    "flow.definition_published",
                    Target("flow_definition", flow.code, flow.name, region_path),
                    after={"number": 1, "spec_sha256": spec_digest(flow.spec)},
                )
            )
        record_many(actor=actor, events=events, now=now)
        return len(events)


def default_flows() -> tuple[tuple[str, str, CompiledFlow], ...]:
    """The lists of steps that lie beside the code and those that rooms bring, with what they become."""
    own = files("yingshang.kernel.flow") / "data" / "flows"
    beside = [each for each in own.iterdir() if each.name.endswith(".yaml")]
    found = []
    for file in (*sorted(beside, key=lambda each: each.name), *_declared):
        found.append(_compiled(file.read_text(encoding="utf-8"), file.name))
    return tuple(found)


@cache
def _compiled(text: str, name: str) -> tuple[str, str, CompiledFlow]:
    bpmn = compose_bpmn(parse_steps(text, name))
    return text, bpmn, compile_bpmn(bpmn)
