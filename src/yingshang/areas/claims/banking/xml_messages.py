"""Reading ISO 20022 messages: one pass, held to ISO's schema, in little memory, with nothing fetched or expanded.

The schema's verdict comes at the end of the pass: what a reader yields counts only when it has ended without an error.
"""

from __future__ import annotations

import io
from collections.abc import Generator
from functools import cache
from importlib.resources import files
from typing import Any, BinaryIO

from lxml import etree

from yingshang.areas.claims.banking.errors import BankingError, MessageTooLarge, UnreadableMessage, located

MAX_MESSAGE_BYTES = 64 << 20
"""What is read of one message unless somebody says otherwise: about 150,000 payments."""
MAX_STATEMENT_BYTES = 1 << 30
"""Of a day with more than a million payments; read entry by entry, from a file."""
_LINES_UP_TO = 16 << 20
"""Above this the line of an error is left out: finding it needs the whole tree."""

PAIN_001 = "pain.001.001.09"
PAIN_002 = "pain.002.001.10"
CAMT_053 = "camt.053.001.08"

UNREADABLE = (AttributeError, TypeError, ValueError)
"""What a reader meets in a message against its schema: an element that must be there is not."""

Element = Any
"""lxml has no types."""


def namespace(message: str) -> str:
    """The namespace of a message such as pain.001.001.09."""
    return f"urn:iso:std:iso:20022:tech:xsd:{message}"


@cache
def schema(message: str) -> Any:
    """ISO's schema of a message, as it lies in data/."""
    content = files(__package__).joinpath(f"data/{message}.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(content, etree.XMLParser(**_SAFE)))


_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


class _Limited(io.RawIOBase):
    """A file of which at most so many bytes are read."""

    def __init__(self, file: BinaryIO, longest: int) -> None:
        self._file = file
        self._left = longest
        self._longest = longest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        content = self._file.read(min(size, 1 << 20) if size > 0 else 1 << 20)
        self._left -= len(content)
        if self._left < 0:
            raise too_large(self._longest)
        return content


def too_large(longest: int) -> MessageTooLarge:
    """The refusal of a file above its limit."""
    return MessageTooLarge(
        f"more than {longest:,} bytes; split it into several batches",
        message_zh=f"超过 {longest:,} 字节；请拆分为多个批次",
        limit=longest,
    )


def opened(content: bytes | BinaryIO, longest: int) -> BinaryIO:
    """Bytes as a file. Raises MessageTooLarge at once where the length is known."""
    if isinstance(content, bytes):
        if len(content) > longest:
            raise too_large(longest)
        return io.BytesIO(content)
    return content


def elements(
    content: bytes | BinaryIO, message: str, tag: str, longest: int
) -> Generator[Element, None, None]:
    """Each element `tag` of a message as it ends, and last the root. What was yielded is emptied afterwards.

    A file must be able to seek. Raises UnreadableMessage, at the latest after the last element; MessageTooLarge.
    """
    file = opened(content, longest)
    start = file.tell()
    root_tag, wanted = qualified(message, "Document"), qualified(message, tag)
    _check_root(file, message, root_tag, longest)
    file.seek(start)
    complete = False
    number = 0
    try:
        found = etree.iterparse(
            _Limited(file, longest), events=("end",), tag=(root_tag, wanted), schema=schema(message), **_SAFE
        )
        for _, element in found:
            if element.tag == wanted:
                number += 1
                yield element
                _forget(element)
            else:
                complete = True
                yield element
    except etree.LxmlError as error:
        file.seek(start)
        raise _diagnosis(file, message, error, longest) from None
    except MessageTooLarge:
        raise
    except BankingError as error:
        # A reader was not content with the element just yielded.
        file.seek(start)
        place: dict[str, Any] = {"number": number} if number else {}
        if line := _line(file, wanted, number):
            place["line"] = line
        raise located(error, **place) from None
    except UNREADABLE as error:
        # Against the schema in a way no reader expects, before the schema's verdict came.
        file.seek(start)
        raise _diagnosis(file, message, error, longest) from None
    if not complete:
        file.seek(start)
        raise _diagnosis(file, message, None, longest)


def qualified(message: str, tag: str) -> str:
    """The tag as lxml writes it."""
    return f"{{{namespace(message)}}}{tag}"


def validate(content: bytes | BinaryIO, message: str, *, longest: int = 1 << 40) -> None:
    """Hold a whole message to its schema, in little memory. Raises UnreadableMessage, MessageTooLarge."""
    unit = {PAIN_001: "CdtTrfTxInf", PAIN_002: "TxInfAndSts", CAMT_053: "Ntry"}[message]
    for _ in elements(content, message, unit, longest):
        pass


def _forget(element: Element) -> None:
    element.clear()
    parent = element.getparent()
    before = element.getprevious()
    while before is not None and before.tag == element.tag:
        parent.remove(before)
        before = element.getprevious()


def _check_root(file: BinaryIO, message: str, root_tag: str, longest: int) -> None:
    """Raises UnreadableMessage unless the first element is the right one and no DTD stands before it."""
    try:
        _, root = next(iter(etree.iterparse(_Limited(file, longest), events=("start",), **_SAFE)))
    except (etree.LxmlError, StopIteration) as error:
        raise _broken(error) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableMessage(
            "has a document type definition (DTD), which no bank message has; it was not read",
            message_zh="含有文档类型定义（DTD），银行报文不应有此内容，未予读取",
            line=1,
        )
    if root.tag != root_tag:
        found = etree.QName(root).namespace or etree.QName(root).localname
        found = found.rpartition(":")[2]
        raise UnreadableMessage(
            f"expected {message}, found {found[:80]}",
            message_zh=f"应为 {message} 报文，实际为 {found[:80]}",
            line=root.sourceline or 1,
            field="Document",
        )


def _broken(error: BaseException) -> UnreadableMessage:
    line = getattr(error, "lineno", None) or 1
    text = str(error) or "no element found"
    return UnreadableMessage(
        f"broken XML: {text[:300]}", message_zh=f"XML 不完整或有错误：{text[:300]}", line=line
    )


def _diagnosis(file: BinaryIO, message: str, error: BaseException | None, longest: int) -> UnreadableMessage:
    """What is wrong and where: the parser that validates on the way knows no lines."""
    start = file.tell()
    try:
        for _, element in etree.iterparse(_Limited(file, longest), events=("end",), **_SAFE):
            element.clear()
    except etree.LxmlError as broken:
        return _broken(broken)
    size = file.tell() - start
    if size <= _LINES_UP_TO:
        file.seek(start)
        tree = etree.parse(file, etree.XMLParser(**_SAFE))
        judge = schema(message)
        if not judge.validate(tree):
            entry = judge.error_log[0]
            text = entry.message.replace(f"{{{namespace(message)}}}", "")
            field = entry.path.rpartition("/")[2].rpartition(":")[2] if entry.path else ""
            return UnreadableMessage(
                f"against the schema {message}: {text[:300]}",
                message_zh=f"不符合 {message} 报文规范：{text[:300]}",
                line=entry.line,
                field=text.split("'")[1] if text.startswith("Element '") else field,
            )
    if error is None:
        return _broken(ValueError("the document ends too early"))
    text = str(error).replace(f"{{{namespace(message)}}}", "").removesuffix(" (<string>, line 0)")
    return UnreadableMessage(
        f"against the schema {message}: {text[:300]}", message_zh=f"不符合 {message} 报文规范：{text[:300]}"
    )


def _line(file: BinaryIO, tag: str, number: int) -> int | None:
    """The line at which the so-manieth element of a name begins."""
    if not number:
        return None
    try:
        for each, (_, element) in enumerate(etree.iterparse(file, events=("start",), tag=(tag,), **_SAFE), 1):
            if each == number:
                line: int | None = element.sourceline
                return line
            before = element.getprevious()
            if before is not None:
                before.clear()
    except etree.LxmlError:
        return None
    return None
