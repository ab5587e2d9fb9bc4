"""The verifiable log: what anybody needs to check it without trusting this platform."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.ledger import api as ledger

from ..dispatch import only_reads
from ..errors import NothingHere

router = Router(tags=["存证日志 · Log"])

_ETERNAL = "public, max-age=31536000, immutable"


class CheckpointOut(Schema):
    """A signed statement: so many entries, with this root. `note` is what to verify (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: str
    note: str
    issued_at: datetime
    cosigners: list[str]


class LogKeyOut(Schema):
    """A public key of the log, and from which size on it has signed."""

    key: str
    fingerprint: str
    first_size: int
    introduced_at: datetime
    current: bool


class CosignerOut(Schema):
    """Somebody who signs checkpoints beside the log, and how far they have signed."""

    name: str
    key: str
    fingerprint: str
    active: bool
    signed_size: int | None
    signed_at: datetime | None


class KeysOut(Schema):
    """Every public key."""

    log: list[LogKeyOut]
    cosigners: list[CosignerOut]


class InclusionOut(Schema):
    """An inclusion proof of RFC 9162; hashes are base64."""

    index: int
    size: int
    leaf_hash: str
    hashes: list[str]


class ConsistencyOut(Schema):
    """A consistency proof of RFC 9162; hashes are base64."""

    first: int
    second: int
    hashes: list[str]


class InclusionQuery(Schema):
    """Which leaf, in which tree."""

    index: int = Field(ge=0, lt=1 << 62, description="从 0 起的序号 · number of the entry, from 0")
    size: int = Field(ge=1, lt=1 << 62, description="日志的条数 · size of the log")


class ConsistencyQuery(Schema):
    """Two sizes, the smaller one first."""

    first: int = Field(ge=1, lt=1 << 62)
    second: int = Field(ge=1, lt=1 << 62)


class ReceiptIn(Schema):
    """A receipt, as its file holds it."""

    receipt: dict[str, Any]


class VerdictOut(Schema):
    """What a receipt is worth. `ok` only when everything holds under the keys of this log."""

    ok: bool
    code: str
    message: str
    message_zh: str
    origin: str
    index: int
    size: int
    fingerprint: str
    entry: dict[str, Any]
    disclosed: dict[str, str]
    cosignatures: list[dict[str, Any]]


class CosignatureIn(Schema):
    """A checkpoint with cosignatures under it."""

    note: str = Field(max_length=20_000)


class CosignedOut(Schema):
    """How many cosignatures were new."""

    added: int


@router.get("/log/checkpoint", response=CheckpointOut, summary="最新检查点 · Newest checkpoint")
@open_to_everybody
def get_latest_checkpoint(request: HttpRequest) -> dict[str, Any]:
    """The newest checkpoint, with the cosignatures it has by now."""
    found = ledger.latest_checkpoint()
    if found is None:
        raise NothingHere("nothing has been signed yet", message_zh="还没有签署过检查点")
    return _checkpoint(found)


@router.get("/log/checkpoints/{int:size}", response=CheckpointOut, summary="某一检查点 · One checkpoint")
@open_to_everybody
def get_checkpoint_of_size(request: HttpRequest, size: int) -> dict[str, Any]:
    """The checkpoint over so many entries; not every size has one."""
    if size >= 1 << 62:
        raise NothingHere("there is no checkpoint of that size", message_zh="没有这么多条的检查点")
    return _checkpoint(ledger.get_checkpoint(size))


@router.get("/log/keys", response=KeysOut, summary="日志与见证方的公钥 · Public keys")
@open_to_everybody
def list_log_keys(request: HttpRequest) -> dict[str, Any]:
    """Every key the log has signed with, and every cosigner. Compare the fingerprints by another way once."""
    return {"log": ledger.key_views(), "cosigners": ledger.cosigners()}


@router.get("/log/proofs/inclusion", response=InclusionOut, summary="包含证明 · Inclusion proof")
@open_to_everybody
def get_inclusion_proof(
    request: HttpRequest, response: HttpResponse, query: Query[InclusionQuery]
) -> dict[str, Any]:
    """That an entry is among the first `size`. It never changes and may be kept for good."""
    proof = ledger.inclusion_proof(query.index, query.size)
    response["Cache-Control"] = _ETERNAL
    return {
        "index": proof.index,
        "size": proof.size,
        "leaf_hash": _text(proof.leaf_hash),
        "hashes": [_text(each) for each in proof.hashes],
    }


@router.get("/log/proofs/consistency", response=ConsistencyOut, summary="一致性证明 · Consistency proof")
@open_to_everybody
def get_consistency_proof(
    request: HttpRequest, response: HttpResponse, query: Query[ConsistencyQuery]
) -> dict[str, Any]:
    """That the log only grew between two sizes. It never changes and may be kept for good."""
    hashes = ledger.consistency_proof(query.first, query.second)
    response["Cache-Control"] = _ETERNAL
    return {"first": query.first, "second": query.second, "hashes": [_text(each) for each in hashes]}


@router.get("/log/receipts/{code}", response=dict[str, Any], summary="凭短码取回执 · A receipt by its code")
@open_to_everybody
def get_receipt(request: HttpRequest, code: str) -> dict[str, Any]:
    """The receipt a printed code stands for. Who has the code has the receipt; nobody can guess one."""
    event_id = ledger.event_of_code(code)
    found = None if event_id is None else ledger.receipt(event_id)
    if found is None:
        raise NothingHere(
            "there is no such receipt, or its event is to be sequenced within the next minutes",
            message_zh="没有这张回执；若刚刚办理，请几分钟后再试",
        )
    return found


@router.post("/log/verify", response=VerdictOut, summary="核验回执 · Verify a receipt")
@open_to_everybody
@only_reads
def verify_one_receipt(request: HttpRequest, given: ReceiptIn) -> dict[str, Any]:
    """What a receipt is worth by the keys of this log, and whether the log still says so."""
    return ledger.verify_receipt(given.receipt).as_dict()


@router.post("/log/cosignatures", response={201: CosignedOut}, summary="提交见证签名 · Hand in a cosignature")
@open_to_everybody
def add_cosignature(request: HttpRequest, given: CosignatureIn) -> Any:
    """A checkpoint that a known cosigner has signed. The signature says who it is from; no account is needed."""
    return Status(201, {"added": ledger.add_cosignature(note=given.note, now=timezone.now())})


def _checkpoint(found: ledger.CheckpointView) -> dict[str, Any]:
    return {
        "origin": found.origin,
        "size": found.size,
        "root": _text(found.root),
        "note": found.note,
        "issued_at": found.issued_at,
        "cosigners": list(found.cosigners),
    }


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
