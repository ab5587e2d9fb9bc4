"""Situations of scoring and field checks: a register of experts, a claim that waits for them, photos with a place."""

from __future__ import annotations

import base64
import struct
from typing import Any

from tests.areas.claims.factories import Claimed, Desk, done, submitted_claim
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, Person, agency, official
from yingshang.areas.claims.assessing.actions.keep_experts import add_expert
from yingshang.areas.claims.models import Expert

SCORING: dict[str, Any] = {
    "experts": 3,
    "fields": [],
    "result": "mean",
    "working_days": 5,
    "criteria": [
        {"code": "novel", "name": "创新性", "weight": 60, "maximum": 10},
        {"code": "sound", "name": "可行性", "weight": 40, "maximum": 5},
    ],
}
FIELD: dict[str, Any] = {
    "photos": 2,
    "working_days": 5,
    "points": [{"code": "plant", "name": "设备是否安装"}, {"code": "staff", "name": "人员是否在岗"}],
}

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWG"
    "kJ6jq62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk"
    "pKSkpKSkpKSkpKSkpKT/wAARCAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAUEAEAAAAAAAAAAAAA"
    "AAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABP/EABgRAAIDAAAAAAAAAAAAAAAAAAAFQoHB/9oADAMBAAIRAxEAPwCBCBiq"
    "daPZRvD/2Q=="
)
"""Red on the left and blue on the right, 16 × 8 dots."""


def photo(*, latitude: str = "", longitude: str = "", remark: bytes = b"Somebody's telephone") -> bytes:
    """A JPEG as a telephone writes it: with EXIF that names the device, and the place if there is one.

    A place is degrees, minutes and seconds: "45 45 30.5".
    """
    gps = b""
    if latitude:
        gps = _directory(
            [
                (1, 2, 2, b"N\0\0\0"),
                (2, 5, 3, struct.pack("<I", 200)),
                (3, 2, 2, b"E\0\0\0"),
                (4, 5, 3, struct.pack("<I", 224)),
            ]
        )
    entries = [(0x010F, 2, len(remark), struct.pack("<I", 300))]
    if gps:
        entries.append((0x8825, 4, 1, struct.pack("<I", 100)))
    block = (b"II*\0" + struct.pack("<I", 8) + _directory(entries)).ljust(100, b"\0") + gps
    block = block.ljust(200, b"\0") + _degrees(latitude or "0 0 0") + _degrees(longitude or "0 0 0")
    block = b"Exif\0\0" + block.ljust(300, b"\0") + remark
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + JPEG[2:]


def _directory(entries: list[tuple[int, int, int, bytes]]) -> bytes:
    rows = b"".join(struct.pack("<HHI", tag, kind, count) + value for tag, kind, count, value in entries)
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", 0)


def _degrees(text: str) -> bytes:
    return b"".join(struct.pack("<II", round(float(each) * 100), 100) for each in text.split())


def an_expert(*, fields: tuple[str, ...] = ("装备制造",), employer_code: str = "", **more: Any) -> Person:
    """Somebody of the register, with the role and an account."""
    who = official("expert", HARBIN)
    add_expert(
        actor=SYSTEM,
        agency_id=agency(HARBIN).pk,
        user_id=who.id,
        fields=fields,
        employer_code=employer_code,
        contact="13800001234",
        now=NOW,
        **more,
    )
    return who


def experts(count: int) -> dict[str, Person]:
    """So many of them, by their numbers."""
    people = [an_expert() for _ in range(count)]
    numbers = dict(Expert.objects.values_list("user_id", "number"))
    return {numbers[each.id]: each for each in people}


def reviewed_claim(*, experts: bool = True, field: bool = False, **more: Any) -> tuple[Claimed, Desk]:
    """A claim whose substance was reviewed, and which waits for scores, a visit, or both."""
    reviews = [name for name, wanted in (("experts", experts), ("field", field)) if wanted]
    claim, people = submitted_claim(
        reviews=reviews,
        **{"scoring": SCORING if experts else {}, "field_check": FIELD if field else {}, **more},
    )
    accepted(claim, people)
    return claim, people


def accepted(claim: Claimed, people: Desk) -> None:
    """Accepted and reviewed."""
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
