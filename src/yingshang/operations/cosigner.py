"""The second key holder's side: sign what a log says, if it agrees with what was signed before.

It needs no database and nothing of the platform but its public addresses: run it on another machine, under somebody
else's authority, every few minutes. What was signed last is kept in a file of one's own, written before the signature
leaves the house; so there are never two signatures for two histories, whatever dies in between.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingshang.kernel.ledger import tree
from yingshang.kernel.ledger.keys import Signer, check_signature, private_key
from yingshang.kernel.ledger.standalone.verify_receipt import (
    SIGNATURE_TYPE_COSIGNER,
    Unreadable,
    parse_checkpoint,
    parse_key,
    split_note,
)
from yingshang.rules.errors import DomainError

TIMEOUT = 30
MAX_ANSWER = 1 << 20

Ask = Callable[[str, dict[str, Any] | None], dict[str, Any]]
"""(address below /api/v1/log/, what to send or None) → the answer."""


class CosigningRefused(DomainError):
    """The log does not agree with what was signed before, or is not the log one knows."""

    code = "cosigner.refused"


class LogUnreachable(DomainError):
    """The platform does not answer, or not as it should."""

    code = "cosigner.unreachable"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What was signed, and whether it is further than the last time."""

    origin: str
    size: int
    before: int


def new_key(file: Path, name: str) -> str:
    """Draw a key into a file only its owner can read, and return the public one. The file must not exist."""
    if not name or any(each.isspace() or each == "+" for each in name):
        raise CosigningRefused(
            f"{name!r} cannot be a name: no blanks and no plus signs, best like example.org/witness",
            message_zh=f"“{name}”不能用作名称：不含空格和加号，最好形如 example.org/witness",
        )
    secret = secrets.token_hex(32)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as written:
        written.write(json.dumps({"name": name, "secret": secret}, ensure_ascii=False) + "\n")
    return Signer(name, private_key(secret), SIGNATURE_TYPE_COSIGNER).public.text


def read_key(file: Path) -> Signer:
    """The key of a file that `new_key` made."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return Signer(str(data["name"]), private_key(str(data["secret"])), SIGNATURE_TYPE_COSIGNER)
    except (ValueError, KeyError, TypeError) as error:
        raise CosigningRefused(
            f"{file} is no key file of `yingshang cosign --new-key`",
            message_zh=f"{file} 不是由 yingshang cosign --new-key 生成的密钥文件",
        ) from error


def cosign(*, signer: Signer, state: Path, ask: Ask, now: int, log_key: str = "") -> Cosigned:
    """Look at the newest checkpoint, check it against what was signed last, sign it and hand the signature in.

    `log_key` is the log's public key, learnt by another way; needed the first time and when the log changes its key.
    Raises CosigningRefused with nothing signed, LogUnreachable.
    """
    with _kept(state) as seen:
        answer = ask("checkpoint", None)
        note = answer.get("note")
        try:
            text, signatures = split_note(note if isinstance(note, str) else "")
            origin, size, root = parse_checkpoint(text)
            last = seen.get(origin, {})
            key = parse_key(log_key or str(last.get("key", "")))
        except Unreadable as error:
            if not log_key and not seen:
                raise CosigningRefused(
                    "give the log's public key with --log-key the first time; /verify shows it, ask by telephone",
                    message_zh="首次签名须用 --log-key 给出日志的公钥；公钥见平台“核验”页，请另行核对",
                ) from None
            raise CosigningRefused(error.message, message_zh=error.message_zh) from None
        own = [data[4:] for name, data in signatures if (name, data[:4]) == (key.name, key.identifier)]
        if origin != key.name or not any(check_signature(key.public, each, text.encode()) for each in own):
            raise CosigningRefused(
                f"the checkpoint of {origin} is not signed by the key you know",
                message_zh=f"{origin} 的检查点不是由您所知的公钥签名",
            )
        before = int(last.get("size", 0))
        old = base64.b64decode(last["root"]) if last else tree.EMPTY_ROOT
        _agree(ask, origin, before, size, old, root)
        # First the promise, then the signature: a second history can no longer be signed even if we die here.
        seen[origin] = {"size": size, "root": base64.b64encode(root).decode("ascii"), "key": key.text}
        _write(state, seen)
        ask("cosignatures", {"note": f"{note}{signer.cosign(text, timestamp=now)}"})
        return Cosigned(origin, size, before)


def _agree(ask: Ask, origin: str, before: int, size: int, old: bytes, root: bytes) -> None:
    """Raises CosigningRefused unless the new tree continues the old one."""
    if size < before:
        raise CosigningRefused(
            f"{origin} had {before} entries when it was signed last, and says {size} now: its end has been cut off",
            message_zh=f"{origin} 上次签名时有 {before} 条，现在只有 {size} 条：日志末尾被截去",
            size=size,
            before=before,
        )
    proof: list[bytes] = []
    if 0 < before < size:
        answer = ask(f"proofs/consistency?first={before}&second={size}", None)
        try:
            proof = [base64.b64decode(each, validate=True) for each in answer["hashes"]]
        except (KeyError, TypeError, ValueError):
            proof = []
    if not tree.is_consistent(before, size, old, root, proof):
        raise CosigningRefused(
            f"{origin} is not what was signed at {before} entries: history was changed. Keep both checkpoints, "
            "they are the evidence",
            message_zh=f"{origin} 与 {before} 条时签名的内容不一致：历史被改动。请保留两个检查点作为证据",
            size=size,
            before=before,
        )


def asking(url: str) -> Ask:
    """How the platform at an address is asked."""
    base = f"{url.rstrip('/')}/api/v1/log/"
    if not base.startswith(("http://", "https://")):
        raise LogUnreachable(f"{url} is no http address", message_zh=f"{url} 不是 http 地址")

    def ask(path: str, content: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        data = None
        if content is not None:
            data = json.dumps(content).encode()
            headers |= {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        try:
            request = urllib.request.Request(base + path, data=data, headers=headers)
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                found = json.loads(answer.read(MAX_ANSWER))
        except urllib.error.HTTPError as error:
            told = error.read(2000).decode("utf-8", "replace")
            raise LogUnreachable(
                f"{url} answered {error.code}: {told}", message_zh=f"{url} 返回 {error.code}：{told}"
            ) from error
        except (OSError, ValueError) as error:
            raise LogUnreachable(
                f"{url} does not answer: {error}", message_zh=f"{url} 没有应答：{error}"
            ) from error
        if not isinstance(found, dict):
            raise LogUnreachable(f"{url} answered something else", message_zh=f"{url} 的回答无法识别")
        return found

    return ask


@contextlib.contextmanager
def _kept(state: Path) -> Iterator[dict[str, Any]]:
    """What was signed, held by one process at a time."""
    state.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(state.with_name(f"{state.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            seen = json.loads(state.read_text(encoding="utf-8"))
        except FileNotFoundError:
            seen = {}
        except ValueError as error:
            raise CosigningRefused(
                f"{state} cannot be read: what was signed last is unknown, and nothing is signed before it is restored",
                message_zh=f"{state} 无法读取：不知道上次签名的内容，恢复之前不再签名",
            ) from error
        yield seen
    finally:
        os.close(handle)


def _write(state: Path, seen: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=state.parent, prefix=f".{state.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as temporary:
        json.dump(seen, temporary, ensure_ascii=False, indent=1)
        temporary.flush()
        os.fsync(handle)
    Path(name).replace(state)
