"""Which characters the fonts can show. What they cannot is written as its code point, never left out in silence."""

from __future__ import annotations

import re
import struct
import unicodedata
from bisect import bisect_right
from functools import cache

from .typesetting import font_folder

# Characters that steer how others are shown: a value could turn a sentence around with them.
_STEERING = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u00ad]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SPACES = re.compile("[\t\u00a0\u2000-\u200a\u202f\u205f]")


def clean(text: str) -> str:
    """A text as it can be set: no control or steering characters, line breaks as \\n, what has no glyph as 〔U+…〕."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _SPACES.sub(" ", _CONTROL.sub("", _STEERING.sub("", text)))
    if text.isascii():
        return text
    # A letter and its accent as the one character the fonts have.
    text = unicodedata.normalize("NFC", text)
    starts, ends = _coverage()
    return "".join(
        each if each == "\n" or _covered(ord(each), starts, ends) else f"〔U+{ord(each):04X}〕"
        for each in text
    )


def _covered(point: int, starts: list[int], ends: list[int]) -> bool:
    at = bisect_right(starts, point) - 1
    return at >= 0 and point <= ends[at]


@cache
def _coverage() -> tuple[list[int], list[int]]:
    """The ranges of code points that at least one of the fonts has a glyph for, from their character maps."""
    ranges: list[tuple[int, int]] = []
    for path in sorted(font_folder().glob("*.otf")):
        ranges += _ranges(path.read_bytes())
    merged: list[list[int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return [start for start, _ in merged], [end for _, end in merged]


def _ranges(font: bytes) -> list[tuple[int, int]]:
    """The segments of the font's format 12 character map (OpenType, table cmap)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    cmap = next(
        struct.unpack_from(">I", font, 12 + 16 * index + 8)[0]
        for index in range(tables)
        if font[12 + 16 * index : 16 + 16 * index] == b"cmap"
    )
    for index in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        start = cmap + struct.unpack_from(">I", font, cmap + 4 + 8 * index + 4)[0]
        if struct.unpack_from(">H", font, start)[0] == 12:
            count = struct.unpack_from(">I", font, start + 12)[0]
            groups = (struct.unpack_from(">III", font, start + 16 + 12 * each) for each in range(count))
            return [(first, last) for first, last, _ in groups]
    raise ValueError("no character map of format 12")
