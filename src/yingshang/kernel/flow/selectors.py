"""Reads of definitions. Reads of cases are in `case_reads`."""

from __future__ import annotations

from .errors import DefinitionNotFound
from .models import DefinitionVersion


def published_version(code: str) -> DefinitionVersion:
    """The newest published version of a definition: what a case that begins now begins on."""
    row = (
        DefinitionVersion.objects.select_related("definition")
        .filter(definition__code=code, state=DefinitionVersion.State.PUBLISHED)
        .order_by("-number")
        .first()
    )
    if row is None:
        raise DefinitionNotFound(
            f"no published flow {code!r}; publish it first, or load the defaults",
            message_zh=f"没有已发布的流程“{code}”，请先发布",
            flow=code,
        )
    return row
