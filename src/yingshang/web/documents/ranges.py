"""Byte ranges (RFC 9110, section 14): what a caller asks for, of a file of this size."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_RANGES = 16

_ONE = re.compile(r"(?:(\d+)-(\d*)|-(\d+))\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Range:
    """`length` bytes from `start`."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """The header that names it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class NotSatisfiable(Exception):
    """None of the ranges has a byte of this file in it."""


def parse(header: str, size: int) -> tuple[Range, ...] | None:
    """The ranges asked for, in their order; None when the whole file is to be sent.

    That is so for what is no range set of bytes, for very many ranges, and for ranges that together are more than the
    file: they would cost more than they save. Raises NotSatisfiable.
    """
    unit, equals, listed = header.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    # Empty elements of a list are to be passed over.
    asked = [each.strip(" \t") for each in listed.split(",")]
    asked = [each for each in asked if each]
    if not asked:
        return None
    found: list[Range] = []
    for each in asked:
        match = _ONE.match(each)
        # Python refuses to read numbers of thousands of digits; so may we.
        if match is None or len(each) > 64:
            return None
        first, last, suffix = match.groups()
        if suffix is not None:
            length = min(int(suffix), size)
            if length:
                found.append(Range(size - length, length))
            continue
        start = int(first)
        if last and int(last) < start:
            return None
        if start < size:
            end = min(int(last), size - 1) if last else size - 1
            found.append(Range(start, end - start + 1))
    if not found:
        raise NotSatisfiable
    if len(asked) > MOST_RANGES or (len(found) > 1 and sum(each.length for each in found) > size):
        return None
    return tuple(found)
