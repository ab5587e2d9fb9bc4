"""XML read safely: no document type, hence no entities of anybody's making, no other file, no unbounded growth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from yingshang.rules.errors import DomainError

_LARGEST = 20 * 1024 * 1024
_DEEPEST = 200


class ModelError(DomainError):
    """A `.dmn` file that cannot be used. `details["element"]` is the id of the element, `line` where it stands."""

    code = "decision-model"


@dataclass(slots=True)
class Element:
    """An XML element: namespace and local name apart. A modeller's own attribute is named `namespace}name`."""

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int
    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, attribute: str) -> str | None:
        """An attribute, white space at its ends removed; None if absent or empty."""
        value = self.attributes.get(attribute)
        return value.strip() or None if value is not None else None

    def all(self, *names: str) -> list[Element]:
        """The child elements of these names."""
        return [each for each in self.elements if each.name in names]

    def first(self, *names: str) -> Element | None:
        """The first child element of these names."""
        return next((each for each in self.elements if each.name in names), None)

    def walk(self) -> Iterator[Element]:
        """The element and everything in it."""
        yield self
        for each in self.elements:
            yield from each.walk()


def read_xml(data: bytes) -> Element:
    """The root element. Raises ModelError for anything but a plain, well-formed, reasonably sized document."""
    if len(data) > _LARGEST:
        raise ModelError(
            f"the file is larger than {_LARGEST // 2**20} MB",
            message_zh=f"文件超过 {_LARGEST // 2**20} MB",
        )
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    document = Element("", "", {}, 0)
    open_elements = [document]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > _DEEPEST:
            raise ModelError(
                "elements are nested too deeply", message_zh="元素嵌套过深", line=parser.CurrentLineNumber
            )
        namespace, _, name = tag.rpartition("}")
        element = Element(namespace, name, dict(attributes), parser.CurrentLineNumber)
        open_elements[-1].elements.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def characters(text: str) -> None:
        open_elements[-1].text += text

    def refuse(*_: object) -> NoReturn:
        raise ModelError(
            "a document type declaration is not allowed here",
            message_zh="不允许文档类型声明（DOCTYPE）",
            line=parser.CurrentLineNumber,
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ModelError(
            f"this is no well-formed XML: {expat.ErrorString(error.code)}, line {error.lineno}",
            message_zh=f"不是格式正确的 XML，第 {error.lineno} 行：{expat.ErrorString(error.code)}",
            line=error.lineno,
        ) from None
    return document.elements[0]


__all__ = ["Element", "ModelError", "read_xml"]
