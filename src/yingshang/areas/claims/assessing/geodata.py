"""Where a photo was taken, as its camera wrote it: EXIF in a JPEG or PNG. Pure; anything unreadable is no place."""

from __future__ import annotations

import struct
from decimal import Decimal

Place = tuple[Decimal, Decimal]
"""Latitude and longitude in degrees, south and west below zero, to the sixth decimal (a hand's breadth)."""

_GPS_BLOCK, _DEGREES = 0x8825, Decimal("0.000001")
_SIXTY, _FEW = Decimal(60), 512


def place_of(content: bytes) -> Place | None:
    """Where the photo was taken, if it says so."""
    block = _exif_of(content)
    if block is None:
        return None
    try:
        return _place_in(block)
    except (struct.error, IndexError, ArithmeticError, ValueError, KeyError):
        return None


def _exif_of(content: bytes) -> bytes | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        at = 8
        while at + 8 <= len(content):
            (length,) = struct.unpack(">I", content[at : at + 4])
            if content[at + 4 : at + 8] == b"eXIf":
                return content[at + 8 : at + 8 + length]
            at += 12 + length
        return None
    at = 2
    while content.startswith(b"\xff\xd8") and at + 4 <= len(content) and content[at] == 0xFF:
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if content[at + 1] == 0xE1 and content[at + 4 : at + 10] == b"Exif\0\0":
            return content[at + 10 : at + 2 + length]
        at += 2 + max(length, 2)
    return None


def _place_in(block: bytes) -> Place | None:
    order = {b"II": "<", b"MM": ">"}[block[:2]]
    (first,) = struct.unpack(order + "I", block[4:8])
    pointer = _entries(block, first, order).get(_GPS_BLOCK)
    if pointer is None:
        return None
    gps = _entries(block, struct.unpack(order + "I", pointer)[0], order)
    found = []
    for letter, value, signs, most in ((1, 2, b"NS", 90), (3, 4, b"EW", 180)):
        sign = gps[letter][:1]
        if sign not in (signs[:1], signs[1:]):
            return None
        (at,) = struct.unpack(order + "I", gps[value])
        numbers = struct.unpack(order + "6I", block[at : at + 24])
        degrees, minutes, seconds = (Decimal(numbers[n]) / Decimal(numbers[n + 1]) for n in (0, 2, 4))
        whole = degrees + minutes / _SIXTY + seconds / _SIXTY / _SIXTY
        if not 0 <= whole <= most:
            return None
        found.append((-whole if sign == signs[1:] else whole).quantize(_DEGREES))
    return (found[0], found[1])


def _entries(block: bytes, at: int, order: str) -> dict[int, bytes]:
    """Tag → the four bytes that are its value, or say where it lies."""
    (count,) = struct.unpack(order + "H", block[at : at + 2])
    found = {}
    for number in range(min(count, _FEW)):
        begin = at + 2 + 12 * number
        (tag,) = struct.unpack(order + "H", block[begin : begin + 2])
        found[tag] = block[begin + 8 : begin + 12]
    return found
