"""What a check came to. Apart from the checks, so that it can be told while Django cannot even start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to, in both languages. `advice` is empty when all is well; `values` are for programs."""

    code: str
    status: Status
    message: str
    message_zh: str
    advice: str = ""
    advice_zh: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready data."""
        return asdict(self)
