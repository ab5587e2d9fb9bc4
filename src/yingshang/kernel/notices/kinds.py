"""What kinds of message there are: data, see `data/kinds.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from yingshang.kernel.reference.api import parse_yaml

from .errors import UnknownKind

DEFAULT = "progress"


@dataclass(frozen=True, slots=True)
class MessageKind:
    """One kind. What is mandatory cannot be switched off; what is urgent does not wait for the end of quiet hours."""

    code: str
    name: str
    name_en: str
    description: str
    description_en: str
    mandatory: bool
    urgent: bool
    mass: bool


@cache
def message_kinds() -> MappingProxyType[str, MessageKind]:
    """Code → kind, in the order of the file."""
    rows = parse_yaml((files(__package__) / "data/kinds.yaml").read_text(encoding="utf-8"))["kinds"]
    return MappingProxyType({row["code"]: MessageKind(**row) for row in rows})


def get_kind(code: str) -> MessageKind:
    """The kind with this code. Raises UnknownKind."""
    kind = message_kinds().get(code)
    if kind is None:
        known = ", ".join(message_kinds())
        raise UnknownKind(
            f"no kind of message {code!r}; there are {known}",
            message_zh=f"没有消息种类“{code}”；现有：{known}",
            value=code,
        )
    return kind
