"""Receipts: what somebody takes home to prove that an event is in the log as it was."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from .cosigning import cosigner_keys, note_of
from .errors import LogNotFound
from .keys import check_signature, log_key
from .leaves import CANONICAL, SEALED, VALUES, field_salt
from .models import AuditEvent, Checkpoint, Leaf, LogKey
from .standalone import verify_receipt as standalone
from .standalone.verify_receipt import Verdict, VerifierKey
from .store import inclusion_proof, log_size

SHOWN = ("name",)
"""What a receipt opens unless told otherwise: the name of the thing the event was about."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TAG_BYTES = 8
_NUMBER_BYTES = 5


@dataclass(frozen=True, slots=True)
class EventState:
    """Where an event stands: recorded, in the log, under a checkpoint. `altered` when it is not what its leaf says."""

    event_id: int
    index: int | None
    checkpoint_size: int | None
    altered: bool = False


def receipt(event_id: int, *, disclose: Sequence[str] = SHOWN) -> dict[str, Any] | None:
    """The receipt of an event as JSON-ready data, under the newest checkpoint; None while it is not sequenced.

    `disclose` names what is opened of `after`, `before`, `details`, `name` and `reason`: only what whoever gets the
    receipt may know. Raises LogNotFound when there is no such event.
    """
    if unknown := set(disclose) - set(SEALED):
        raise ValueError(f"a receipt can open {', '.join(SEALED)}, not {', '.join(sorted(unknown))}")
    event = AuditEvent.objects.filter(pk=event_id).first()
    if event is None:
        raise LogNotFound(f"no event {event_id}", message_zh=f"没有编号为{event_id}的记录", value=event_id)
    leaf = Leaf.objects.filter(event_id=event_id).first()
    checkpoint = Checkpoint.objects.select_related("key").order_by("-size", "-id").first()
    if leaf is None or checkpoint is None or checkpoint.size <= leaf.index:
        return None
    text, values = _content(leaf)
    proof = inclusion_proof(leaf.index, checkpoint.size)
    return {
        "format": standalone.FORMAT,
        "code": _code(event),
        "leaf": text,
        "index": leaf.index,
        "proof": [base64.b64encode(each).decode("ascii") for each in proof.hashes],
        "checkpoint": note_of(checkpoint),
        "disclosed": {
            field: {"salt": field_salt(leaf.salt, field).hex(), "value": values[field]}
            for field in sorted(set(disclose))
            if values[field] is not None
        },
        "keys": [log_key(checkpoint.key.origin, bytes(checkpoint.key.public_key)).text],
    }


def receipt_code(event_id: int) -> str:
    """A short code for a receipt, to be printed and scanned. It exists from the moment the event is recorded.

    Nobody can guess the code of an event, and it is the code of what the event is: after a restore, another event of
    the same number has another one. Raises LogNotFound.
    """
    event = AuditEvent.objects.filter(pk=event_id).first()
    if event is None:
        raise LogNotFound(f"no event {event_id}", message_zh=f"没有编号为{event_id}的记录", value=event_id)
    return _code(event)


def event_of_code(code: str) -> int | None:
    """The event a code belongs to, or None. Case, blanks and hyphens do not count, nor do O for 0 and I or L for 1."""
    clean = code.strip().upper().translate(str.maketrans("OIL", "011", "- "))
    length = -(-(_TAG_BYTES + _NUMBER_BYTES) * 8 // 5)
    if len(clean) != length or set(clean) - set(_ALPHABET):
        return None
    number = 0
    for each in clean:
        number = number * 32 + _ALPHABET.index(each)
    if number >> 8 * (_TAG_BYTES + _NUMBER_BYTES):
        return None
    event_id = number >> 8 * _TAG_BYTES
    event = AuditEvent.objects.filter(pk=event_id).first()
    if event is None or not hmac.compare_digest(_code(event).replace("-", ""), clean):
        return None
    return event_id


def event_state(event_id: int) -> EventState:
    """Where an event stands in the log. Raises LogNotFound when there is none."""
    if not AuditEvent.objects.filter(pk=event_id).exists():
        raise LogNotFound(f"no event {event_id}", message_zh=f"没有编号为{event_id}的记录", value=event_id)
    leaf = Leaf.objects.filter(event_id=event_id).first()
    if leaf is None:
        return EventState(event_id, None, None)
    checkpoint = Checkpoint.objects.filter(size__gt=leaf.index).order_by("size").first()
    text, _ = _content(leaf)
    altered = standalone.leaf_hash(text.encode()) != bytes(leaf.hash)
    return EventState(event_id, leaf.index, checkpoint.size if checkpoint else None, altered)


def log_keys() -> tuple[VerifierKey, ...]:
    """Every public key the log has signed with, newest first."""
    return tuple(log_key(row.origin, bytes(row.public_key)) for row in LogKey.objects.order_by("-id"))


def verify_receipt(
    given: str | bytes | Mapping[str, Any],
    *,
    keys: Sequence[VerifierKey] | None = None,
    event_id: int | None = None,
) -> Verdict:
    """What a receipt is worth: by this log's own keys and cosigners, or by `keys`. Never raises for a bad receipt.

    With this log's own keys a key vouches only for the sizes it was used for: who steals an old one makes nothing new.
    """
    own = keys is None
    verdict = standalone.verify(
        dict(given) if isinstance(given, Mapping) else given,
        keys=log_keys() if keys is None else keys,
        cosigners=cosigner_keys() if own else (),
        event=event_id,
        check=check_signature,
    )
    if not own or not verdict.ok:
        return verdict
    return _against_ours(verdict)


def _against_ours(verdict: Verdict) -> Verdict:
    """A receipt that is valid by itself must also be of this log as it is now."""
    used = {log_key(row.origin, bytes(row.public_key)).text: row for row in LogKey.objects.order_by("id")}
    row = used[verdict.key]
    later = LogKey.objects.filter(pk__gt=row.pk).order_by("id").first()
    if verdict.size < row.first_size or (later is not None and verdict.size >= later.first_size):
        return _refused(
            verdict,
            "key_out_of_use",
            f"the log did not sign with this key when it had {verdict.size} entries",
            f"日志有 {verdict.size} 条时并不使用这把密钥签名",
        )
    leaf = Leaf.objects.filter(index=verdict.index).first()
    if verdict.size > log_size() or leaf is None:
        return _refused(
            verdict,
            "not_here",
            "it is correctly signed, but this log does not go so far: it was restored from an older backup, or the key "
            "was used elsewhere",
            "签名正确，但本日志没有这么多记录：可能从较旧的备份恢复过，或密钥曾在别处使用",
        )
    if leaf.event_id != verdict.entry["event"]:
        return _refused(
            verdict,
            "not_here",
            "it is correctly signed, but this log has another event in that place",
            "签名正确，但本日志的这个位置是另一条记录",
        )
    return verdict


def _refused(verdict: Verdict, code: str, message: str, message_zh: str) -> Verdict:
    verdict.code, verdict.message, verdict.message_zh = code, message, message_zh
    return verdict


def _content(leaf: Leaf) -> tuple[str, dict[str, str | None]]:
    """The text of a leaf as the event is now, and the values behind its digests."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {CANONICAL}, {VALUES} FROM "
            "(SELECT *, %s::uuid AS salt FROM ledger_auditevent WHERE id = %s) event",
            [leaf.salt, leaf.event_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise LogNotFound(
            f"event {leaf.event_id} is in the log and has gone",
            message_zh=f"日志中的记录 {leaf.event_id} 已不在数据库中",
            value=leaf.event_id,
        )
    return str(row[0]), dict(zip(SEALED, row[1:], strict=True))


def _code(event: AuditEvent) -> str:
    told = json.dumps(
        [
            event.pk,
            event.occurred_at.timestamp(),
            event.recorded_at.timestamp(),
            event.action,
            event.target_kind,
            event.target_id,
        ]
    )
    # A key of its own from the one that stays for good: LOOKUP_KEY is never exchanged.
    key = hmac.digest(bytes.fromhex(settings.LOOKUP_KEY), b"ledger receipt code", hashlib.sha256)
    tag = hmac.digest(key, told.encode(), hashlib.sha256)[:_TAG_BYTES]
    number = int.from_bytes(event.pk.to_bytes(_NUMBER_BYTES, "big") + tag, "big")
    digits = -(-(_TAG_BYTES + _NUMBER_BYTES) * 8 // 5)
    plain = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(digits)))
    return "-".join(plain[at : at + 7] for at in range(0, digits, 7))


def issued_at(checkpoint_size: int) -> datetime | None:
    """When the checkpoint of a size was signed, by our clock."""
    found = Checkpoint.objects.filter(size=checkpoint_size).order_by("id").first()
    return found.issued_at if found else None
