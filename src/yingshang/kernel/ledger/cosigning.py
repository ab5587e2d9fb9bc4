"""A second key holder: who watches the log, and signs what is consistent with what they signed before.

The platform could sign two different histories for two different people. Somebody else's signature under each
checkpoint, by the rule of c2sp.org/tlog-cosignature, is what makes that impossible without them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from .errors import InvalidCosignature, InvalidCosigner, LogNotFound
from .keys import check_signature, cosignature_line, cosigner_key
from .models import Checkpoint, Cosignature, Cosigner, LogKey
from .record import Acting, Target, record
from .standalone.verify_receipt import (
    SIGNATURE_TYPE_COSIGNER,
    Unreadable,
    VerifierKey,
    cosigned_message,
    parse_key,
    split_note,
)

AHEAD = timedelta(minutes=5)
"""How far a cosigner's clock may be before ours."""


@dataclass(frozen=True, slots=True)
class CosignerView:
    """A cosigner, and how far they have signed."""

    id: int
    name: str
    key: str
    fingerprint: str
    description: str
    active: bool
    added_at: datetime
    signed_size: int | None
    signed_at: datetime | None


def add_cosigner(*, actor: Acting, key: str, description: str = "", now: datetime) -> int:
    """Take somebody's public key, `name+id+base64` with signature type 4, as a cosigner's. Raises InvalidCosigner."""
    try:
        verifier = parse_key(key)
    except Unreadable as error:
        raise InvalidCosigner(error.message, message_zh=error.message_zh) from None
    if verifier.kind != SIGNATURE_TYPE_COSIGNER:
        raise InvalidCosigner(
            "this is a key for plain notes; `yingshang cosign --new-key` prints one for cosigning",
            message_zh="这不是见证签名用的公钥；请用 yingshang cosign --new-key 生成",
        )
    with transaction.atomic():
        if LogKey.objects.filter(public_key=verifier.public).exists():
            raise InvalidCosigner(
                "this is the log's own key; a cosigner needs one of their own",
                message_zh="这是日志自己的公钥；见证方须使用自己的密钥",
            )
        try:
            with transaction.atomic():
                row = Cosigner.objects.create(
                    name=verifier.name,
                    public_key=verifier.public,
                    description=description.strip()[:200],
                    added_at=now,
                )
        except IntegrityError:
            raise InvalidCosigner(
                f"there is a cosigner {verifier.name} already, or this key is known",
                message_zh=f"已有名为“{verifier.name}”的见证方，或该公钥已登记",
            ) from None
        record(
            actor=actor,
            action="ledger.cosigner_added",
            target=Target("cosigner", str(row.pk), row.name),
            now=now,
            after={"key": verifier.text, "description": row.description},
        )
    return int(row.pk)


def retire_cosigner(*, actor: Acting, cosigner_id: int, now: datetime) -> None:
    """Expect nothing more from a cosigner; what they signed stays. Raises LogNotFound."""
    with transaction.atomic():
        row = Cosigner.objects.select_for_update().filter(pk=cosigner_id, active=True).first()
        if row is None:
            raise LogNotFound(
                f"no active cosigner {cosigner_id}", message_zh=f"没有编号为{cosigner_id}的在用见证方"
            )
        row.active = False
        row.save(update_fields=["active"])
        record(
            actor=actor,
            action="ledger.cosigner_retired",
            target=Target("cosigner", str(row.pk), row.name),
            now=now,
            before={"active": True},
            after={"active": False},
        )


def cosigners() -> tuple[CosignerView, ...]:
    """All of them, those in use first."""
    found = []
    for row in Cosigner.objects.order_by("-active", "name", "id"):
        last = (
            Cosignature.objects.filter(cosigner=row)
            .select_related("checkpoint")
            .order_by("-checkpoint__size", "-id")
            .first()
        )
        key = cosigner_key(row.name, bytes(row.public_key))
        found.append(
            CosignerView(
                id=row.pk,
                name=row.name,
                key=key.text,
                fingerprint=key.fingerprint,
                description=row.description,
                active=row.active,
                added_at=row.added_at,
                signed_size=last.checkpoint.size if last else None,
                signed_at=datetime.fromtimestamp(last.timestamp, UTC) if last else None,
            )
        )
    return tuple(found)


def cosigner_keys() -> tuple[VerifierKey, ...]:
    """The public keys of every cosigner there was."""
    return tuple(cosigner_key(row.name, bytes(row.public_key)) for row in Cosigner.objects.order_by("id"))


def add_cosignature(*, note: str, now: datetime) -> int:
    """Take a cosigned checkpoint that somebody hands in, and keep the cosignatures in it that are ours to know.

    Returns how many are new. Anybody may hand one in: what counts is the signature. Raises InvalidCosignature, with
    nothing kept, when the checkpoint is not one of ours, or a known cosigner's signature is wrong.
    """
    try:
        text, signatures = split_note(note)
    except Unreadable as error:
        raise InvalidCosignature(error.message, message_zh=error.message_zh) from None
    checkpoint = next(
        (each for each in Checkpoint.objects.filter(size=_size(text)) if each.note.startswith(f"{text}\n")),
        None,
    )
    if checkpoint is None:
        raise InvalidCosignature(
            "this is no checkpoint of this log; sign what /api/v1/log/checkpoint gives",
            message_zh="这不是本日志的检查点；请对 /api/v1/log/checkpoint 给出的内容签名",
        )
    known = {
        (row.name, cosigner_key(row.name, bytes(row.public_key)).identifier): row
        for row in Cosigner.objects.filter(active=True)
    }
    rows = []
    for name, data in signatures:
        row = known.get((name, data[:4]))
        if row is None:
            continue
        timestamp, signature = int.from_bytes(data[4:12], "big"), data[12:]
        if len(signature) != 64 or not check_signature(
            bytes(row.public_key), signature, cosigned_message(timestamp, text)
        ):
            raise InvalidCosignature(f"the signature of {name} is wrong", message_zh=f"{name} 的签名不正确")
        if timestamp > (now + AHEAD).timestamp():
            raise InvalidCosignature(
                f"the signature of {name} is from the future; set the clock",
                message_zh=f"{name} 的签名时间在未来；请校准时钟",
            )
        rows.append((row, timestamp, signature))
    if not rows:
        raise InvalidCosignature(
            "none of the signatures is of a cosigner we know; an administrator adds the public key first",
            message_zh="其中没有已登记见证方的签名；请先由管理员登记公钥",
        )
    with transaction.atomic():
        before = Cosignature.objects.filter(checkpoint=checkpoint).count()
        Cosignature.objects.bulk_create(
            (
                Cosignature(
                    checkpoint=checkpoint,
                    cosigner=row,
                    timestamp=timestamp,
                    signature=signature,
                    received_at=now,
                )
                for row, timestamp, signature in rows
            ),
            ignore_conflicts=True,
        )
        return Cosignature.objects.filter(checkpoint=checkpoint).count() - before


def note_of(checkpoint: Checkpoint) -> str:
    """A checkpoint with every cosignature under it."""
    lines = [
        cosignature_line(
            cosigner_key(each.cosigner.name, bytes(each.cosigner.public_key)),
            each.timestamp,
            bytes(each.signature),
        )
        for each in checkpoint.cosignatures.select_related("cosigner").order_by("id")
    ]
    return checkpoint.note + "".join(lines)


def _size(text: str) -> int:
    lines = text.split("\n")
    found = re.fullmatch(r"0|[1-9]\d{0,17}", lines[1], re.ASCII) if len(lines) > 2 else None
    return int(found[0]) if found else -1
