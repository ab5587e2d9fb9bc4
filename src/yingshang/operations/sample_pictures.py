"""Pictures that stand for photos: drawn by code, and marked as what they are."""

from __future__ import annotations

import struct
import zlib
from functools import cache

WIDTH, HEIGHT = 480, 320
Colour = tuple[int, int, int]
# What the mark says, five dots wide and seven high for each letter.
LETTERS = {
    "D": ("####.", "#...#", "#...#", "#...#", "#...#", "#...#", "####."),
    "E": ("#####", "#....", "#....", "####.", "#....", "#....", "#####"),
    "M": ("#...#", "##.##", "#.#.#", "#...#", "#...#", "#...#", "#...#"),
    "O": (".###.", "#...#", "#...#", "#...#", "#...#", "#...#", ".###."),
}
DOT = 6


@cache
def picture(number: int) -> bytes:
    """A house of `number` storeys more than two, with DEMO across its sky, as PNG."""
    rows = [bytearray(WIDTH * 3) for _ in range(HEIGHT)]
    _fill(rows, 0, 0, WIDTH, HEIGHT, (190, 214, 235))
    _fill(rows, 0, 270, WIDTH, 50, (122, 140, 112))
    storeys = 2 + number
    top = 270 - 42 * storeys
    _fill(rows, 250, top, 180, 270 - top, (176, 120, 92))
    for storey in range(storeys):
        for window in range(4):
            lit = (storey + window * number) % 3 == 0
            _fill(
                rows,
                266 + 40 * window,
                top + 10 + 42 * storey,
                24,
                22,
                (250, 226, 150) if lit else (90, 110, 130),
            )
    _fill(rows, 328, 240, 24, 30, (70, 52, 44))
    for place, letter in enumerate("DEMO"):
        for y, line in enumerate(LETTERS[letter]):
            for x, dot in enumerate(line):
                if dot == "#":
                    _fill(rows, 30 + place * 6 * DOT + x * DOT, 40 + y * DOT, DOT, DOT, (160, 30, 30))
    body = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _fill(rows: list[bytearray], left: int, top: int, width: int, height: int, colour: Colour) -> None:
    for row in rows[top : top + height]:
        row[left * 3 : (left + width) * 3] = bytes(colour) * width


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
