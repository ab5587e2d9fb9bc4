"""Recordings: what they are and how long they play, found by going through them to their last byte. Pure.

Nothing is played. A recording that ends before its file does is two files at once; one with pictures is a film. Every
step goes forward and there are only so many: what consists of more pieces than any note does is not gone through. How
long it plays is measured where the file lets one: what it says of itself counts only when it says more.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MOST_PIECES = 200_000
"""Frames, pages, boxes, elements, samples of one recording: an hour in the smallest of them."""

_UNTOLD = 0xFFFFFFFF
"""What a recorder writes for a size it does not know yet."""


class NotThis(ValueError):
    """The content is something else."""


class Damaged(ValueError):
    """It is cut off, or its parts contradict each other."""


class More(ValueError):
    """Behind the recording stands something that is no part of it."""


class Pictures(ValueError):
    """It is a film, or carries files."""


class TooMany(ValueError):
    """It consists of more pieces than are gone through."""


class _Pieces:
    """Counts what is gone through."""

    def __init__(self) -> None:
        self.left = MOST_PIECES

    def take(self, many: int = 1) -> None:
        self.left -= many
        if self.left < 0:
            raise TooMany


# --- AMR (RFC 4867, section 5) ----------------------------------------------------------------------------------------

_NARROW, _WIDE = b"#!AMR\n", b"#!AMR-WB\n"
_NARROW_SIZES = {**dict(enumerate((12, 13, 15, 17, 19, 20, 26, 31, 5))), 15: 0}
_WIDE_SIZES = {**dict(enumerate((17, 23, 32, 36, 40, 46, 50, 58, 60, 5))), 14: 0, 15: 0}
_AMR_FRAME = 0.02


def amr(data: bytes) -> float:
    """Frames of 20 milliseconds, one after the other."""
    wide = data.startswith(_WIDE)
    if not wide and not data.startswith(_NARROW):
        raise NotThis
    at, sizes, frames = (len(_WIDE), _WIDE_SIZES, 0) if wide else (len(_NARROW), _NARROW_SIZES, 0)
    while at < len(data):
        if frames == MOST_PIECES:
            raise TooMany
        size = sizes.get((data[at] >> 3) & 15)
        if size is None or data[at] & 0x83:
            raise More if frames else NotThis
        at += 1 + size
        frames += 1
    if at != len(data) or not frames:
        raise Damaged
    return frames * _AMR_FRAME


# --- WAV --------------------------------------------------------------------------------------------------------------


_BY_BITS = {1, 3, 6, 7}
"""PCM, fractions, A-law, µ-law: every sample has the bits that are told."""
_EXTENSIBLE, _GSM = 0xFFFE, 0x31
_GSM_BYTES_PER_SAMPLE = 65 / 320
_MOST_PACKED = 40_000
"""Bytes a second of what packs its samples more tightly: MP3 at its best."""


def wav(data: bytes) -> float:
    """Chunks within one that is as long as the file."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise NotThis
    told = struct.unpack_from("<I", data, 4)[0]
    end = len(data) if told in (0, _UNTOLD) else 8 + told
    if end > len(data):
        raise Damaged
    if end + (end & 1) < len(data):
        raise More
    at, played, found, pieces = 12, 0, False, _Pieces()
    rates: list[float] = []
    while at + 8 <= end:
        pieces.take()
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind == b"data":
            size = end - at - 8 if size in (0, _UNTOLD) else size
            played += size
            found = True
        elif kind == b"fmt " and at + 24 <= end:
            rates.append(_bytes_a_second(data, at + 8, min(size, end - at - 8)))
        at += 8 + size + (size & 1)
    if not rates or not all(rates) or not found or not end <= at <= end + 1:
        raise Damaged
    return played / min(rates)


def _bytes_a_second(data: bytes, at: int, size: int) -> float:
    """Of one form of samples. What it says of its own rate counts where its samples do not tell it, as telephone
    systems write them, and only up to what such a form can need.
    """
    kind, channels, hertz, average, _, bits = struct.unpack_from("<HHIIHH", data, at)
    if kind == _EXTENSIBLE and size >= 26:
        kind = struct.unpack_from("<H", data, at + 24)[0]
    samples = int(channels * hertz)
    if kind == _GSM:
        return samples * _GSM_BYTES_PER_SAMPLE
    by_bits = samples * int(bits) / 8
    if kind in _BY_BITS or not samples:
        return by_bits
    told = float(min(average, _MOST_PACKED))
    return min(told or by_bits, by_bits or told)


# --- MP3 --------------------------------------------------------------------------------------------------------------

_FIRST = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_SECOND = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_FEWEST_FRAMES = 2


def mp3(data: bytes) -> float:
    """Tags, then frames of layer III, then at most a tag of the older kind."""
    at, pieces = 0, _Pieces()
    while data[at : at + 3] == b"ID3" and at + 10 <= len(data):
        pieces.take()
        size = 0
        for each in data[at + 6 : at + 10]:
            if each & 0x80:
                raise NotThis
            size = size << 7 | each
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    frames, seconds = 0, 0.0
    while at < len(data):
        pieces.take()
        found = _frame(data, at)
        if found is None:
            if frames < _FEWEST_FRAMES:
                raise NotThis
            if not _is_last_tag(data, at):
                raise More
            break
        at += found[0]
        seconds += found[1]
        frames += 1
    if frames < _FEWEST_FRAMES:
        raise NotThis
    return seconds


def _frame(data: bytes, at: int) -> tuple[int, float] | None:
    """How long a frame is, in bytes and in seconds."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    bits, rate = data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version not in _RATES or layer != 1 or not 0 < bits < 15 or rate == 3:
        return None
    hertz = _RATES[version][rate]
    kilobits = (_FIRST if version == 3 else _SECOND)[bits - 1]
    size = (144 if version == 3 else 72) * kilobits * 1000 // hertz + (data[at + 2] >> 1 & 1)
    return size, (1152 if version == 3 else 576) / hertz


def _is_last_tag(data: bytes, at: int) -> bool:
    """An ID3v1 or APE tag, or the nothing with which some recorders fill up."""
    rest = len(data) - at
    if data[at : at + 3] == b"TAG":
        return rest == 128
    if data[at : at + 8] == b"APETAGEX" and rest >= 32:
        size = struct.unpack_from("<I", data, at + 12)[0] + 32
        return size == rest or (size + 128 == rest and data[at + size : at + size + 3] == b"TAG")
    return not data[at:].strip(b"\0")


# --- Ogg (RFC 3533) ---------------------------------------------------------------------------------------------------


def ogg(data: bytes) -> float:
    """Pages, one behind the other; every stream in it is Opus, Vorbis or Speex."""
    if data[:4] != b"OggS":
        raise NotThis
    rates: dict[int, int] = {}
    played: dict[int, int] = {}
    at, pieces = 0, _Pieces()
    while at < len(data):
        pieces.take()
        if data[at : at + 4] != b"OggS":
            raise More
        if at + 27 > len(data):
            raise Damaged
        flags, granule, serial = struct.unpack_from("<xBqI", data, at + 4)
        head = 27 + data[at + 26]
        size = head + sum(data[at + 27 : at + head])
        if at + size > len(data):
            raise Damaged
        if flags & 2:
            rates[serial] = _rate_of_stream(data[at + head : at + size])
        elif serial not in rates:
            raise Damaged
        played[serial] = max(granule, played.get(serial, 0))
        at += size
    return max(played[serial] / rate for serial, rate in rates.items())


def _rate_of_stream(first: bytes) -> int:
    if first.startswith(b"OpusHead"):
        return 48_000
    for beginning, place in ((b"\x01vorbis", 12), (b"Speex   ", 36)):
        if first.startswith(beginning) and len(first) >= place + 4:
            rate = int(struct.unpack_from("<I", first, place)[0])
            if not rate:
                raise Damaged
            return rate
    raise Pictures


# --- MPEG-4 (ISO/IEC 14496-12) ----------------------------------------------------------------------------------------


def m4a(data: bytes) -> float:
    """Boxes, one behind the other; the tracks are sound. What was recorded live tells its length piece by piece."""
    if data[4:8] != b"ftyp":
        raise NotThis
    counted = _Pieces()
    seconds, pieces, each_piece = 0.0, 0, 0
    tracks: set[bytes] = set()
    scales: list[int] = []
    for kind, start, end in _boxes(data, 0, len(data), counted):
        if kind == b"moof":
            pieces += _length_of_piece(data, start, end, each_piece, counted)
        if kind != b"moov":
            continue
        for inner, first, last in _boxes(data, start, end, counted):
            if inner == b"mvhd":
                seconds = max(seconds, _length_of_film(data[first:last]))
            elif inner == b"trak":
                for handler, scale, length in _media(data, first, last, counted):
                    tracks.add(handler)
                    if scale:
                        scales.append(scale)
                        seconds = max(seconds, length / scale)
            elif inner == b"mvex":
                for each, at, _ in _boxes(data, first, last, counted):
                    if each == b"trex":
                        each_piece = max(each_piece, _four(data, at + 12))
    if b"vide" in tracks:
        raise Pictures
    if b"soun" not in tracks:
        raise NotThis
    return max(seconds, pieces / min(scales) if scales else 0.0)


def _four(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", data, at)[0])


def _length_of_piece(data: bytes, at: int, end: int, usual: int, counted: _Pieces) -> int:
    """Of one fragment: how long its samples play, each as it says, or else as all of them do."""
    total = 0
    for kind, start, last in _boxes(data, at, end, counted):
        if kind != b"traf":
            continue
        for inner, first, stop in _boxes(data, start, last, counted):
            flags = _four(data, first)
            if inner == b"tfhd" and flags & 8:
                before = 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
                usual = _four(data, first + before)
            elif inner == b"trun":
                count = _four(data, first + 4)
                place = first + 8 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
                width = 4 * sum(1 for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit)
                if place + count * width > stop:
                    raise Damaged
                if flags & 0x100:
                    counted.take(count)
                    total += sum(_four(data, place + n * width) for n in range(count))
                else:
                    total += count * usual
    return total


def _boxes(data: bytes, at: int, end: int, counted: _Pieces) -> Iterator[tuple[bytes, int, int]]:
    outermost = end == len(data) and at == 0
    while at < end:
        counted.take()
        if at + 8 > end:
            raise More if outermost else Damaged
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0 and outermost:
            size = end - at
        if not kind.isascii() or not kind.decode("ascii").isprintable():
            raise More if outermost else Damaged
        if size < head or at + size > end:
            raise Damaged
        yield kind, at + head, at + size
        at += size


def _media(data: bytes, at: int, end: int, counted: _Pieces) -> Iterator[tuple[bytes, int, int]]:
    """What the media of a track is, in how many parts it counts a second, and how many parts its samples play."""
    for kind, start, last in _boxes(data, at, end, counted):
        if kind == b"mdia":
            handler, scale, length = b"", 0, 0
            for inner, first, stop in _boxes(data, start, last, counted):
                if inner == b"hdlr" and stop - first >= 12:
                    handler = data[first + 8 : first + 12]
                elif inner == b"mdhd":
                    scale = _four(data, first + (20 if data[first : first + 1] == b"\x01" else 12))
                elif inner == b"minf":
                    length += _length_of_samples(data, first, stop, counted)
            yield handler, scale, length


def _length_of_samples(data: bytes, at: int, end: int, counted: _Pieces) -> int:
    """So many samples of such a length, and so on."""
    total = 0
    for kind, start, last in _boxes(data, at, end, counted):
        if kind != b"stbl":
            continue
        for inner, first, stop in _boxes(data, start, last, counted):
            if inner == b"stts":
                count = _four(data, first + 4)
                if first + 8 + 8 * count > stop:
                    raise Damaged
                counted.take(count)
                for n in range(count):
                    many, long = struct.unpack_from(">II", data, first + 8 + 8 * n)
                    total += many * long
    return total


def _length_of_film(head: bytes) -> float:
    form, place = (">IQ", 20) if head[:1] == b"\x01" else (">II", 12)
    if len(head) < place + struct.calcsize(form):
        raise Damaged
    scale, length = struct.unpack_from(form, head, place)
    return float(length / scale) if scale and length != _UNTOLD else 0.0


# --- WebM -------------------------------------------------------------------------------------------------------------

_EBML, _DOCUMENT_TYPE, _SEGMENT = 0x1A45DFA3, 0x4282, 0x18538067
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _TRACK_TYPE = 0x1654AE6B, 0xAE, 0x83
_CLUSTER, _TIME, _BLOCK, _BLOCK_GROUP, _BLOCK_IN_GROUP = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1
_VOID, _CHECK = 0xEC, 0xBF
# Index, cues, tags, chapters.
_OF_SEGMENT = {_INFO, _TRACKS, _CLUSTER, _VOID, _CHECK, 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1043A770}
_OF_CLUSTER = {_TIME, _BLOCK, _BLOCK_GROUP, _VOID, _CHECK, 0xA7, 0xAB, 0x5854}
_INNER = frozenset(_OF_SEGMENT | _OF_CLUSTER)
_ATTACHED = 0x1941A469


def webm(data: bytes) -> float:
    """Elements of one segment; the tracks are sound. A browser that records does not know sizes before the end."""
    if not data.startswith(_EBML.to_bytes(4)):
        raise NotThis
    counted = _Pieces()
    _, at, size = _element(data, 0)
    if size is None or at + size > len(data):
        raise Damaged
    kinds = [
        data[first:last]
        for each, first, last in _elements(data, at, at + size, counted)
        if each == _DOCUMENT_TYPE
    ]
    number, at, size = _element(data, at + size)
    if kinds != [b"webm"] or number != _SEGMENT:
        raise NotThis
    if size is not None and at + size != len(data):
        raise More if at + size < len(data) else Damaged
    told, latest, cluster = 0.0, 0, 0
    scales: set[int] = set()
    tracks: set[int] = set()
    while at < len(data):
        counted.take()
        number, start, size = _element(data, at)
        if number == _ATTACHED:
            raise Pictures
        if number not in _INNER:
            raise More
        if number == _CLUSTER:
            at = start
            continue
        if size is None or start + size > len(data):
            raise Damaged
        at = start + size
        if number == _INFO:
            for each, first, last in _elements(data, start, at, counted):
                if each == _SCALE:
                    scales.add(_number(data[first:last]))
                elif each == _DURATION:
                    told = max(told, _fraction(data[first:last]))
        elif number == _TRACKS:
            tracks |= set(_types_of_tracks(data, start, at, counted))
        elif number == _TIME:
            cluster = _number(data[start:at])
            latest = max(latest, cluster)
        elif number == _BLOCK:
            latest = max(latest, cluster + _moment(data, start, at))
        elif number == _BLOCK_GROUP:
            for each, first, last in _elements(data, start, at, counted):
                if each == _BLOCK_IN_GROUP:
                    latest = max(latest, cluster + _moment(data, first, last))
    if 1 in tracks:
        raise Pictures
    if 2 not in tracks:
        raise NotThis
    # Of several scales another program may take another.
    if len(scales) > 1 or 0 in scales:
        raise Damaged
    return max(told, latest) * (scales.pop() if scales else 1_000_000) / 1e9


def _types_of_tracks(data: bytes, at: int, end: int, counted: _Pieces) -> Iterator[int]:
    for each, start, last in _elements(data, at, end, counted):
        if each == _TRACK:
            for inner, first, stop in _elements(data, start, last, counted):
                if inner == _TRACK_TYPE:
                    yield _number(data[first:stop])


def _elements(data: bytes, at: int, end: int, counted: _Pieces) -> Iterator[tuple[int, int, int]]:
    while at < end:
        counted.take()
        number, start, size = _element(data, at)
        if size is None or start + size > end:
            raise Damaged
        yield number, start, start + size
        at = start + size


def _element(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Its number, where its content begins, and how long that is; None where that is not told."""
    length = 9 - (data[at].bit_length() if at < len(data) else 0)
    if length > 4 or at + length >= len(data):
        raise Damaged
    number = int.from_bytes(data[at : at + length])
    at += length
    length = 9 - data[at].bit_length()
    if length > 8 or at + length > len(data):
        raise Damaged
    size = int.from_bytes(data[at : at + length]) & ((1 << 7 * length) - 1)
    return number, at + length, None if size == (1 << 7 * length) - 1 else size


def _number(content: bytes) -> int:
    if len(content) > 8:
        raise Damaged
    return int.from_bytes(content)


def _fraction(content: bytes) -> float:
    if len(content) not in (4, 8):
        raise Damaged
    found = float(struct.unpack(">f" if len(content) == 4 else ">d", content)[0])
    return found if 0 < found < 1e15 else 0.0


def _moment(data: bytes, at: int, end: int) -> int:
    """When a block is played, counted from its cluster."""
    length = 9 - (data[at].bit_length() if at < end else 0)
    if length > 8 or at + length + 2 > end:
        raise Damaged
    return int(struct.unpack_from(">h", data, at + length)[0])
