"""Recordings: what they are by their content, how long they play, and what only calls itself one."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.kernel.documents.factories import PNG, plain_pdf, word_document
from tests.kernel.documents.sound_files import amr, box, element, live_m4a, m4a, mp3, ogg, wav, webm
from yingshang.kernel.documents import sounds
from yingshang.kernel.documents.api import RefusedFile, check_upload

KINDS = ("amr", "m4a", "mp3", "ogg", "wav", "webm")
MADE: dict[str, Callable[..., bytes]] = {
    "amr": amr,
    "m4a": m4a,
    "mp3": mp3,
    "ogg": ogg,
    "wav": wav,
    "webm": webm,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_is_taken_and_its_length_known(kind: str) -> None:
    content = MADE[kind](3.0)
    assert getattr(sounds, kind)(content) == pytest.approx(3.0, abs=0.05)
    check_upload(content=content, name=f"录音.{kind}", allowed=KINDS, longest=4)
    with pytest.raises(RefusedFile) as refused:
        check_upload(content=MADE[kind](90.0), name=f"a.{kind}", allowed=KINDS, longest=60)
    assert refused.value.details["reason"] == "length"
    assert refused.value.message_zh == "录音长 1.5 分钟，最长 1 分钟，请分段上传"
    # Nobody takes one in who has not asked for it.
    with pytest.raises(RefusedFile):
        check_upload(content=content, name=f"a.{kind}")


def test_other_ways_in_which_they_are_written() -> None:
    assert sounds.mp3(mp3(1, tag=b"TIT2" + b"\0" * 60) + b"TAG" + b"\0" * 125) == pytest.approx(1, abs=0.05)
    assert sounds.webm(webm(2, live=False)) == 2
    assert sounds.amr(b"#!AMR-WB\n" + (b"\x44" + b"\0" * 60) * 100) == pytest.approx(2)
    assert sounds.ogg(ogg(1, b"\x01vorbis\0\0\0\0\x01" + (48000).to_bytes(4, "little"))) == 1
    # Written piece by piece its length is not told in front.
    assert sounds.m4a(live_m4a(7)) == sounds.m4a(live_m4a(7, each=False)) == 7
    with pytest.raises(RefusedFile, match="plays for"):
        check_upload(content=live_m4a(61), name="a.m4a", allowed=KINDS, longest=60)
    streamed = bytearray(wav(2))
    streamed[4:8] = streamed[40:44] = b"\xff" * 4
    assert sounds.wav(bytes(streamed)) == 2


@pytest.mark.parametrize(
    ("reason", "name", "content"),
    [
        *(("content", f"a.{kind}", b"MZ\x90\x00" + b"\0" * 200) for kind in KINDS),
        ("content", "a.mp3", b"\xff\xfb\x90\x00 and then words, no second frame"),
        ("content", "a.mp3", mp3(tag=b"x" * 20)[:30]),
        ("content", "a.m4a", box(b"ftyp", b"mp42") + box(b"moov", box(b"mvhd", b"\0" * 100))),
        ("content", "a.wav", b"RIFF\0\0\0\0AVI "),
        ("content", "a.amr", b"#!AMR\n" + b"#!/bin/sh\nrm -rf /\n"),
        ("content", "a.wav", mp3()),
        # A film is no voice note; neither are files in its clothes.
        ("pictures", "a.m4a", m4a(track=b"vide")),
        ("pictures", "a.webm", webm(track=1)),
        ("pictures", "a.ogg", ogg(first=b"\x80theora" + b"\0" * 30)),
        ("pictures", "a.webm", webm() + element(0x1941A469, b"\0" * 20)),
        # Something else behind it, or in front.
        *(("two_formats", f"a.{kind}", MADE[kind]() + word_document()) for kind in KINDS),
        ("two_formats", "a.amr", amr() + b"\x7fELF"),
        ("two_formats", "a.wav", wav() + PNG),
        ("two_formats", "a.ogg", ogg() + PNG),
        ("two_formats", "a.mp3", mp3() + b"<?php system('id') ?>"),
        ("two_formats", "a.mp3", mp3(tag=plain_pdf()[:100])),
        ("two_formats", "a.webm", webm(live=False) + PNG),
        ("two_formats", "a.m4a", box(b"ftyp", b"M4A ") + box(b"free", b"<script>alert(1)</script>") + m4a()[24:]),
        # Cut off.
        ("damaged", "a.wav", wav()[:-10]),
        ("damaged", "a.amr", amr()[:-5]),
        ("damaged", "a.ogg", ogg()[:-2]),
        ("damaged", "a.m4a", m4a()[:-2]),
        ("damaged", "a.m4a", live_m4a().replace(struct.pack(">II", 0x100, 10), struct.pack(">II", 0x100, 11))),
        ("damaged", "a.webm", webm(live=False)[:-3].replace(b"\x18\x53\x80\x67", b"\x18\x53\x80\x67", 1)),
    ],
)  # fmt: skip
def test_what_only_calls_itself_a_recording(reason: str, name: str, content: bytes) -> None:
    with pytest.raises(RefusedFile) as refused:
        check_upload(content=content, name=name, allowed=KINDS)
    assert refused.value.details["reason"] == reason, refused.value.message
    assert refused.value.message_zh != refused.value.message


@settings(max_examples=examples(150))
@given(st.data())
def test_a_changed_recording_is_taken_or_refused_and_nothing_else(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    whole = live_m4a() if kind == "m4a" and data.draw(st.booleans()) else MADE[kind](0.1)
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = whole[:at] + data.draw(st.binary(max_size=12)) + whole[at + data.draw(st.integers(0, 12)) :]
    with contextlib.suppress(RefusedFile):
        check_upload(content=broken, name=f"a.{kind}", allowed=KINDS, longest=60)


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content


def riff(*chunks: bytes) -> bytes:
    inner = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def packed(kind: int, average: int, size: int, *, bits: int = 0, hertz: int = 8000) -> bytes:
    """As telephone systems write it: the length of a sample is not told."""
    form = struct.pack("<HHIIHHH", kind, 1, hertz, average, 65, bits, 0)
    return riff(chunk(b"fmt ", form), chunk(b"data", b"\0" * size))


@pytest.mark.parametrize(
    ("kind", "average", "size", "bits", "seconds"),
    [
        (0x31, 1625, 16250, 0, 10),  # GSM 6.10
        (0x31, 1_000_000, 16250, 0, 10),  # which has one rate, whatever it says
        (0x55, 2000, 20000, 0, 10),  # MP3
        (0x83, 1000, 10000, 0, 10),  # G.729
        (0x11, 4055, 40000, 4, 10),  # ADPCM
        (0x55, 4_000_000, 400_000, 0, 10),  # nothing packed needs so much
        (6, 1, 80000, 8, 10),  # A-law is told by its samples
    ],
)
def test_recordings_of_telephone_systems_are_measured(
    kind: int, average: int, size: int, bits: int, seconds: float
) -> None:
    made = packed(kind, average, size, bits=bits)
    check_upload(content=made, name="a.wav", allowed=KINDS, longest=60)
    assert sounds.wav(made) == pytest.approx(seconds, rel=0.02)


def test_a_recording_that_tells_no_rate_is_damaged() -> None:
    for made in (packed(0x55, 0, 100), packed(1, 16000, 100), packed(0x31, 1625, 100, hertz=0)):
        with pytest.raises(sounds.Damaged):
            sounds.wav(made)


VOID = b"\xec\x80"
MANY = 2_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.webm", webm() + VOID * MANY),
        ("a.amr", b"#!AMR\n" + b"\x78" * MANY),
        ("a.m4a", m4a() + box(b"free") * MANY),
        ("a.wav", riff(wav()[12:], chunk(b"junk", b"") * MANY)),
        ("a.mp3", b"ID3\x03\0\0\0\0\0\0" * MANY + mp3()),
        ("a.ogg", ogg() + (struct.pack("<4sBBqIII", b"OggS", 0, 0, 0, 7, 2, 0) + b"\0") * MANY),
    ],
    ids=["webm", "amr", "m4a", "wav", "mp3", "ogg"],
)  # fmt: skip
def test_what_consists_of_endlessly_many_pieces_is_not_gone_through(
    name: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A note of ten minutes has some 30,000; an hour in the smallest frames is still measured.
    assert 30_000 < sounds.MOST_PIECES < 1_000_000
    monkeypatch.setattr(sounds, "MOST_PIECES", MANY - 1)
    with pytest.raises(RefusedFile) as refused:
        check_upload(content=content, name=name, allowed=KINDS)
    assert refused.value.details["reason"] == "length"
    assert "请分段录制后上传" in refused.value.message_zh


def test_how_long_it_plays_is_measured_and_not_believed() -> None:
    """A header that says one second before an hour of sound is not what the file plays."""
    hour = 3600.0
    assert sounds.webm(webm(1, live=False, until=hour)) == hour
    samples = box(
        b"minf", box(b"stbl", box(b"stts", struct.pack(">IIII", 0, 1, 3600, 1000)))
    )  # 3,600 samples of a second
    assert sounds.m4a(m4a(1, samples=samples)) == hour
    # So many bytes a second as its samples have, and all of its sound.
    honest = wav(4)
    boastful = honest[:28] + struct.pack("<I", 64_000) + honest[32:]
    assert sounds.wav(boastful) == 4
    assert sounds.wav(riff(honest[12:], chunk(b"data", b"\0" * 1600))) == pytest.approx(4.1)
    for broken in (honest[:34] + b"\0\0" + honest[36:], honest[:22] + b"\0\0" + honest[24:]):
        with pytest.raises(sounds.Damaged):
            sounds.wav(broken)
    # Told twice in different ways it could be either.
    with pytest.raises(sounds.Damaged):
        sounds.webm(webm() + element(0x1549A966, element(0x2AD7B1, b"\x01")))
