"""What the published flows are called, for whoever filters by them: names are no secret."""

from __future__ import annotations

from dataclasses import dataclass

from .models import Definition, DefinitionVersion


@dataclass(frozen=True, slots=True)
class FlowName:
    """A flow by its code and what it is called."""

    code: str
    name: str
    name_en: str


def published_flows() -> tuple[FlowName, ...]:
    """Every flow of which a version was published, by name."""
    rows = Definition.objects.filter(versions__state=DefinitionVersion.State.PUBLISHED).distinct()
    return tuple(
        FlowName(row.code, row.name, row.name_en or row.name) for row in rows.order_by("name", "code")
    )
