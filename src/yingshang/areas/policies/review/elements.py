"""Whether a version says everything a standardised item says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from yingshang.kernel.reference.api import UnknownRegion, facts, region_path

from ..content import read_item
from ..errors import InvalidItem
from .data import Element, element_words, elements


class Written(Protocol):
    """A version, or anything else that holds the YAML and the elements besides."""

    @property
    def source(self) -> str: ...

    @property
    def elements(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class ElementState:
    """One element of a version: what it says (empty: nothing) and whether that is read from the YAML; `standard` are
    the fields of GB/T 39046-2020 it fills."""

    code: str
    name: str
    name_en: str
    needed: bool
    hint: str
    text: str
    from_source: bool
    standard: tuple[str, ...] = ()

    @property
    def present(self) -> bool:
        return bool(self.text)

    @property
    def lacking(self) -> bool:
        """Whether the review will not let it pass like this."""
        return self.needed and not self.text


def completeness(version: Written) -> tuple[ElementState, ...]:
    """Every element of a version, in the order of a page. A source that cannot be read says nothing."""
    return completeness_of(version.source, version.elements)


def completeness_of(source: str, own: Mapping[str, Any]) -> tuple[ElementState, ...]:
    """The same of what somebody is still writing."""
    try:
        data: Mapping[str, Any] = read_item(source).data
    except InvalidItem:
        data = {}
    return tuple(_state(each, data, own) for each in elements())


def _state(element: Element, data: Mapping[str, Any], own: Mapping[str, Any]) -> ElementState:
    read: list[str] = []
    for path in element.paths:
        read += (_written(element.written, each) for each in _found(data, path))
        if read and element.first:
            break
    read = list(dict.fromkeys(each for each in read if each))
    text = "\n".join(read)
    written = str(own.get(element.code) or "").strip()
    return ElementState(
        element.code,
        element.name,
        element.name_en,
        element.needed,
        element.hint,
        "\n".join(each for each in (text, written) if each),
        bool(text),
        element.standard,
    )


def _written(kind: str, value: Any) -> str:
    """A value in words."""
    if kind == "period":
        if not isinstance(value, Mapping):
            return f"自 {value} 起"
        days = [
            f"{word} {value[key]}"
            for key, word in (("from", "自"), ("to", "至"))
            if value.get(key) is not None
        ]
        return "，".join(each for each in (" ".join(days), str(value.get("text") or "").strip()) if each)
    text = str(value).strip()
    if kind == "money":
        return _money(value) if isinstance(value, int | Decimal) else text
    if kind == "region":
        return place_name(text)
    if kind == "fact":
        found = facts().get(text)
        return found.name if found else text
    return element_words(kind).get(text, text) if kind else text


def _money(yuan: int | Decimal) -> str:
    """A bare figure of the YAML is of yuan."""
    figure, unit = (yuan // 10_000, "万元") if yuan and yuan % 10_000 == 0 else (yuan, "元")
    return f"{figure:f} {unit}" if isinstance(figure, Decimal) else f"{figure} {unit}"


def place_name(code: str) -> str:
    """The division a code names, with those it lies in."""
    if code and not code.strip("0"):
        return "全国"
    try:
        return region_path(code)
    except UnknownRegion:
        return code


def _found(data: Any, path: str) -> Iterator[Any]:
    """The values at a path; `a[]` is every entry of the list a, and of the lists within its entries."""
    head, _, rest = path.partition(".")
    if head.endswith("[]"):
        entries = data.get(head[:-2]) if isinstance(data, Mapping) else None
        for entry in _entries(entries or ()):
            yield from _found(entry, rest) if rest else _values(entry)
        return
    value = data.get(head) if isinstance(data, Mapping) else None
    if value is None:
        return
    if rest:
        yield from _found(value, rest)
    else:
        yield from _values(value)


def _entries(entries: Any) -> Iterator[Any]:
    """Every entry and, of a condition with parts, the parts."""
    for entry in entries:
        yield entry
        if isinstance(entry, Mapping):
            for key in ("all", "any", "of", "meets"):
                yield from _entries(entry.get(key) or ())
            if isinstance(entry.get("not"), Mapping):
                yield from _entries((entry["not"],))


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _values(each)
    else:
        yield value
