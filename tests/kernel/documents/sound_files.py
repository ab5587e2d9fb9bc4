"""Recordings of every kind, as telephones and browsers write them, of silence."""

from __future__ import annotations

import io
import struct
import wave


def wav(seconds: float = 1.0) -> bytes:
    """16 bits, 8,000 a second."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * int(8000 * seconds))
    return out.getvalue()


def amr(seconds: float = 1.0) -> bytes:
    """Frames of the highest quality, 12.2 kbit/s."""
    return b"#!AMR\n" + (b"\x3c" + b"\0" * 31) * int(seconds * 50)


def mp3(seconds: float = 1.0, *, tag: bytes = b"") -> bytes:
    """128 kbit/s, 44,100 a second, behind a tag."""
    head = (
        b"ID3\x03\0\0" + bytes((len(tag) >> shift) & 0x7F for shift in (21, 14, 7, 0)) + tag if tag else b""
    )
    return head + (b"\xff\xfb\x90\x00" + b"\0" * 413) * round(seconds * 44100 / 1152)


def ogg(seconds: float = 1.0, first: bytes = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0") -> bytes:
    """Opus in two pages."""

    def page(flags: int, granule: int, number: int, content: bytes) -> bytes:
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 7, number, 0, 1)
        return head + bytes([len(content)]) + content

    return page(2, 0, 0, first) + page(4, int(seconds * 48000), 1, b"\xfc\xff\xfe")


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of MPEG-4."""
    inner = b"".join(content)
    return struct.pack(">I4s", len(inner) + 8, kind) + inner


def live_m4a(seconds: float = 1.0, *, each: bool = True) -> bytes:
    """As it is recorded live: in fragments of a second, whose samples say how long they are, each or all together."""
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, 0), b"\0" * 4),
        box(b"hdlr", b"\0" * 8, b"soun", b"\0" * 13),
    )
    usual = box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 100, 0, 0)))
    head = box(b"moov", box(b"mvhd", b"\0" * 100), box(b"trak", media), usual)
    run = struct.pack(">II10I", 0x100, 10, *[100] * 10) if each else struct.pack(">II", 0, 10)
    piece = box(b"moof", box(b"traf", box(b"tfhd", struct.pack(">II", 0, 1)), box(b"trun", run)))
    return box(b"ftyp", b"iso5") + head + (piece + box(b"mdat", b"\0" * 8)) * int(seconds)


def m4a(seconds: float = 1.0, *, track: bytes = b"soun", samples: bytes = b"") -> bytes:
    """One track that says it plays so long; `samples` is what its media says of them."""
    head = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, int(seconds * 1000)), b"\0" * 80)
    scale = struct.pack(">IIIIII", 0, 0, 0, 1000, 0, 0)
    media = box(b"mdia", box(b"mdhd", scale), box(b"hdlr", b"\0" * 8, track, b"\0" * 13), samples)
    film = box(b"moov", head, box(b"trak", box(b"tkhd", b"\0" * 84), media))
    return box(b"ftyp", b"M4A \0\0\0\0M4A mp42") + film + box(b"mdat", b"\0" * 64)


def element(number: int, content: bytes, *, untold: bool = False) -> bytes:
    """An element of WebM; `untold`: of unknown size, as recorded live."""
    size = b"\x01" + b"\xff" * 7 if untold else (len(content) | 1 << 56).to_bytes(8)
    return number.to_bytes((number.bit_length() + 7) // 8) + size + content


def webm(seconds: float = 1.0, *, track: int = 2, live: bool = True, until: float = 0) -> bytes:
    """One track in a cluster; `live` as a browser records, which knows neither sizes nor the length. It plays `until`,
    or as long as it says."""
    info = element(0x2AD7B1, (1_000_000).to_bytes(3))
    if not live:
        info += element(0x4489, struct.pack(">d", seconds * 1000))
    block = element(0xA3, b"\x81" + struct.pack(">h", 0) + b"\x80" + b"\0" * 8)
    cluster = element(0xE7, int((until or seconds) * 1000).to_bytes(4)) + block
    parts = (
        element(0x1549A966, info),
        element(0x1654AE6B, element(0xAE, element(0xD7, b"\x01") + element(0x83, bytes([track])))),
        element(0x1F43B675, cluster, untold=live),
    )
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, b"".join(parts), untold=live)
