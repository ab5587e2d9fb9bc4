"""The model in use: read once by a process, and again when another one was taken into use."""

from __future__ import annotations

from ..errors import InvalidRules
from ..models import LearnedModel
from .learned import Model

_held: dict[int, tuple[int, Model]] = {}
"""Number of the row → (number of the model, the model): of the one used last."""


def model_in_use() -> tuple[int, Model | None]:
    """Its number and itself; 0 and none before anything was learned. One query, two where it is another than before.

    One that cannot be read, as after an update of the platform, is as none: the catalogue proposes alone.
    """
    row = LearnedModel.objects.filter(used=True).order_by("-number").values_list("pk", "number").first()
    if row is None:
        return 0, None
    if row[0] not in _held:
        kept = LearnedModel.objects.values_list("content", flat=True).get(pk=row[0])
        try:
            model = Model.from_bytes(bytes(kept))
        except InvalidRules:
            return 0, None
        _held.clear()
        _held[row[0]] = (row[1], model)
        return row[1], model
    return _held[row[0]]
