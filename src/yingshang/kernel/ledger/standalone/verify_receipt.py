#!/usr/bin/env python3
"""Verify a receipt of a Yingshang platform offline: one file, Python 3.9 or newer, nothing to install.

    python3 verify_receipt.py receipt.json --key 'name+0123abcd+AQ…'
    python3 verify_receipt.py receipt.json --fingerprint 9f86d0…

What it checks: the receipt's entry is in the log with the root of the checkpoint (RFC 9162 inclusion proof), the
checkpoint is signed by the log's key (C2SP signed note, Ed25519 by RFC 8032), every cosignature by a cosigner you name
(C2SP tlog-cosignature), and everything the receipt discloses is what the entry was made from.

The key must come from somewhere else than the receipt: whoever forges a receipt brings a key of their own along.

Exit codes: 0 valid, under a key you gave; 1 not valid; 2 wrongly called; 4 consistent, but under a key nobody
vouched for.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

FORMAT = "yingshang-receipt/1"
MAX_BYTES = 256 * 1024
MAX_PROOF = 64
MAX_SIGNATURES = 64
SIGNATURE_TYPE_LOG = 0x01
SIGNATURE_TYPE_COSIGNER = 0x04
HASH = re.compile(r"[0-9a-f]{64}\Z")

LEAF_FIELDS = (
    "action",
    "after",
    "before",
    "details",
    "event",
    "name",
    "reason",
    "recorded",
    "target",
    "time",
    "v",
)
SEALED_FIELDS = ("after", "before", "details", "name", "reason")

CheckSignature = Callable[[bytes, bytes, bytes], bool]


# --- Ed25519, RFC 8032 section 5.1, as it stands there; only verification, so constant time is of no account ----------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def _multiply(scalar: int, point: Point) -> Point:
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _recover_x(y: int, sign: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_M1 % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def _decode(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _recover_x(_BASE_Y, 0) or 0
BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is right."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _decode(public)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or scalar >= Q:
        return False
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    negative = (P - key[0], key[1], key[2], P - key[3])
    return _encode(_add(_multiply(scalar, BASE), _multiply(hashed, negative))) == signature[:32]


# --- the tree, RFC 9162 section 2.1 -----------------------------------------------------------------------------------


def leaf_hash(content: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + content).digest()


def root_from_proof(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root an inclusion proof leads to, or None when it is too long or too short."""
    if not 0 <= index < size:
        return None
    number, last, root = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return None
        if number & 1 or number == last:
            root = hashlib.sha256(b"\x01" + each + root).digest()
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            root = hashlib.sha256(b"\x01" + root + each).digest()
        number >>= 1
        last >>= 1
    return root if last == 0 else None


# --- signed notes and checkpoints, c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature ----------------------------


class Unreadable(ValueError):
    """Something is not of the form it should have; the words say what, in both languages."""

    def __init__(self, message: str, message_zh: str, code: str = "malformed") -> None:
        super().__init__(message)
        self.message = message
        self.message_zh = message_zh
        self.code = code


class VerifierKey:
    """A public key with its name: `name+id+base64(type || key)`."""

    def __init__(self, name: str, kind: int, public: bytes) -> None:
        self.name = name
        self.kind = kind
        self.public = public
        self.identifier = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]

    @property
    def text(self) -> str:
        """The key as it is written."""
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode("ascii")
        return f"{self.name}+{self.identifier.hex()}+{encoded}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key: what is compared by eye or by telephone."""
        return hashlib.sha256(self.public).hexdigest()


def parse_key(text: str) -> VerifierKey:
    """Read a verifier key. Raises Unreadable."""
    parts = text.strip().split("+", 2)
    try:
        name, identifier, encoded = parts
        data = base64.b64decode(encoded, validate=True)
        key = VerifierKey(name, data[0], data[1:])
        right = bool(name) and not re.search(r"\s", name) and key.identifier.hex() == identifier
    except (ValueError, IndexError, binascii.Error):
        right = False
    if not right or len(key.public) != 32 or key.kind not in (SIGNATURE_TYPE_LOG, SIGNATURE_TYPE_COSIGNER):
        raise Unreadable(
            f"{text[:80]!r} is no verifier key: write it as name+id+base64",
            f"“{text[:80]}”不是有效的公钥：应写作 名称+编号+base64",
        )
    return key


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a signed note, and its signatures as (name, 4 bytes of key number and the signature)."""
    wrong = Unreadable("the checkpoint is no signed note", "检查点不是有效的签名文本（signed note）")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n") or any(ord(each) < 32 and each != "\n" for each in note):
        raise wrong
    text, lines = note[: at + 1], note[at + 2 : -1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise wrong
    found = []
    for line in lines:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not parts[1] or "+" in parts[1]:
            raise wrong
        data = decode64(parts[2])
        if len(data) < 5:
            raise wrong
        found.append((parts[1], data))
    return text, found


def parse_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint's text. Raises Unreadable."""
    lines = text.split("\n")
    if (
        len(lines) < 4
        or lines[-1]
        or not all(lines[:-1])
        or not re.match(r"(0|[1-9][0-9]{0,18})\Z", lines[1])
    ):
        raise Unreadable("the checkpoint lacks origin, size or root", "检查点缺少来源、条数或根哈希")
    root = decode64(lines[2])
    if len(root) != 32:
        raise Unreadable("the root of the checkpoint is no SHA-256 hash", "检查点的根哈希不是 SHA-256")
    return lines[0], int(lines[1]), root


def decode64(text: str) -> bytes:
    """Standard base64, written the one way it can be. Raises Unreadable."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        data = None
    if data is None or base64.b64encode(data).decode("ascii") != text:
        raise Unreadable(f"{text[:40]!r} is not base64", f"“{text[:40]}”不是 base64")
    return data


def cosigned_message(timestamp: int, text: str) -> bytes:
    """What a cosigner signs."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


# --- the receipt ------------------------------------------------------------------------------------------------------


class Verdict:
    """What came of it. `ok` only when everything holds under a key that was given."""

    def __init__(self, code: str, message: str, message_zh: str) -> None:
        self.code = code
        self.message = message
        self.message_zh = message_zh
        self.entry: dict[str, Any] = {}
        self.disclosed: dict[str, str] = {}
        self.origin = ""
        self.index = -1
        self.size = -1
        self.root = ""
        self.key = ""
        self.fingerprint = ""
        self.cosignatures: list[dict[str, Any]] = []

    @property
    def ok(self) -> bool:
        """Valid, under a key that was given."""
        return self.code == "valid"

    @property
    def consistent(self) -> bool:
        """Nothing contradicts itself; `ok` is more."""
        return self.code in ("valid", "key_not_pinned")

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"ok": self.ok, **self.__dict__}


def seal(salt: bytes, value: str) -> str:
    """The digest by which an entry holds a value without showing it."""
    return hashlib.sha256(salt + value.encode("utf-8", "surrogatepass")).hexdigest()


def verify(
    receipt: Any,
    keys: Sequence[VerifierKey] = (),
    cosigners: Sequence[VerifierKey] = (),
    fingerprints: Sequence[str] = (),
    origin: str | None = None,
    event: int | None = None,
    check: CheckSignature = ed25519_verify,
) -> Verdict:
    """Verify a receipt, given as text, bytes or parsed JSON.

    `keys` are the log's public keys one trusts, or `fingerprints` of the key that the receipt carries. Without either
    the verdict is at best "key_not_pinned". `event` is the number of the event one expects. Never raises for what is
    wrong with the receipt.
    """
    try:
        return _verify(_read(receipt), keys, cosigners, fingerprints, origin, event, check)
    except Unreadable as error:
        return Verdict(error.code, error.message, error.message_zh)


def _read(receipt: Any) -> dict[str, Any]:
    if isinstance(receipt, (str, bytes)):
        if len(receipt) > MAX_BYTES:
            raise Unreadable(
                f"no receipt has more than {MAX_BYTES} bytes",
                f"回执不会超过 {MAX_BYTES} 字节",
                "too_large",
            )
        try:
            text = receipt.decode("utf-8-sig") if isinstance(receipt, bytes) else receipt
            receipt = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Unreadable(
                "this is no JSON: perhaps a part is missing", "不是完整的 JSON，可能缺少一部分"
            ) from None
    if not isinstance(receipt, dict):
        raise Unreadable("a receipt is a JSON object", "回执应是一个 JSON 对象")
    if receipt.get("format") != FORMAT:
        raise Unreadable(
            f"only receipts of the form {FORMAT} are known", f"只认识 {FORMAT} 格式的回执", "unsupported"
        )
    return receipt


def _verify(
    receipt: dict[str, Any],
    keys: Sequence[VerifierKey],
    cosigners: Sequence[VerifierKey],
    fingerprints: Sequence[str],
    origin: str | None,
    event: int | None,
    check: CheckSignature,
) -> Verdict:
    leaf, note = _text(receipt, "leaf"), _text(receipt, "checkpoint")
    index = receipt.get("index")
    proof = receipt.get("proof")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < 1 << 63:
        raise Unreadable("“index” must be a number", "“index”应为非负整数")
    if (
        not isinstance(proof, list)
        or len(proof) > MAX_PROOF
        or not all(isinstance(each, str) for each in proof)
    ):
        raise Unreadable("“proof” must be a list of hashes", "“proof”应为哈希列表")
    hashes = [decode64(each) for each in proof]
    if any(len(each) != 32 for each in hashes):
        raise Unreadable("a hash of the proof has not 32 bytes", "证明中的哈希长度不是 32 字节")
    entry = _entry(leaf)
    text, signatures = split_note(note)
    claimed, size, root = parse_checkpoint(text)
    verdict = Verdict("valid", "", "")
    verdict.entry, verdict.origin, verdict.index, verdict.size = entry, claimed, index, size
    verdict.root = base64.b64encode(root).decode("ascii")

    def refuse(code: str, message: str, message_zh: str) -> Verdict:
        verdict.code, verdict.message, verdict.message_zh = code, message, message_zh
        return verdict

    names = {key.name for key in keys} if keys else set()
    if (origin is not None and claimed != origin) or (names and claimed not in names):
        expected = origin if origin is not None else ", ".join(sorted(names))
        return refuse(
            "wrong_origin",
            f"the checkpoint is of another log: {claimed}, not {expected}",
            f"检查点属于另一份日志：{claimed}，而不是 {expected}",
        )
    carried = [parse_key(each) for each in _key_texts(receipt)]
    wanted = {each.replace(":", "").replace(" ", "").lower() for each in fingerprints}
    pinned = list(keys) or [key for key in carried if key.fingerprint in wanted]
    if wanted and not pinned:
        return refuse(
            "wrong_key",
            "the key in the receipt has another fingerprint than the one you gave",
            "回执所带公钥的指纹与您给出的不同",
        )
    signer = _signer(text, signatures, pinned or carried, SIGNATURE_TYPE_LOG, check)
    if signer is None:
        return refuse(
            "wrong_key",
            "the checkpoint is not signed by %s" % ("a key you trust" if pinned else "the key it carries"),
            "检查点不是由%s签名的" % ("您信任的公钥" if pinned else "所附公钥"),
        )
    if signer is False or signer.name != claimed:
        return refuse(
            "bad_signature",
            "the signature under the checkpoint is wrong: the checkpoint was altered or forged",
            "检查点的签名不正确：检查点被改动，或系伪造",
        )
    verdict.key, verdict.fingerprint = signer.text, signer.fingerprint
    if root_from_proof(index, size, leaf_hash(leaf.encode("utf-8")), hashes) != root:
        return refuse(
            "not_in_log",
            "the proof does not lead from this entry to the signed root: entry, number or proof were altered",
            "由这条记录按证明计算，得不到签名的根哈希：记录、序号或证明被改动",
        )
    for field, value in _disclosures(receipt):
        if entry[field] is None or seal(value[0], value[1]) != entry[field]:
            return refuse(
                "altered",
                f"“{field}” is not what was recorded",
                f"“{field}”与当时记录的内容不符",
            )
        verdict.disclosed[field] = value[1]
    for cosigner in cosigners:
        found = [
            data for name, data in signatures if name == cosigner.name and data[:4] == cosigner.identifier
        ]
        for data in found:
            timestamp = int.from_bytes(data[4:12], "big")
            if len(data) != 76 or not check(cosigner.public, data[12:], cosigned_message(timestamp, text)):
                return refuse(
                    "bad_cosignature",
                    f"the cosignature of {cosigner.name} is wrong",
                    f"见证方 {cosigner.name} 的签名不正确",
                )
            verdict.cosignatures.append({"name": cosigner.name, "timestamp": timestamp})
    if event is not None and entry["event"] != event:
        return refuse(
            "another_event",
            f"a valid receipt, but for another event: {entry['event']}, not {event}",
            f"回执有效，但属于另一条记录：{entry['event']}，而不是 {event}",
        )
    if not pinned:
        return refuse(
            "key_not_pinned",
            f"the receipt agrees with itself; whether its key is the platform's you must compare: {signer.fingerprint}",
            f"回执自身一致；所附公钥是否属于该平台，须与公布的指纹核对：{signer.fingerprint}",
        )
    return refuse(
        "valid",
        f"the receipt is valid: the entry is number {index} of the log {claimed} with {size} entries",
        f"回执有效：该记录是日志 {claimed} 中的第 {index} 条（从 0 起），签名时日志共 {size} 条",
    )


def _signer(
    text: str,
    signatures: Sequence[tuple[str, bytes]],
    keys: Sequence[VerifierKey],
    kind: int,
    check: CheckSignature,
) -> Any:
    """The key a text is signed by; None when by none of them, False when such a signature is wrong."""
    for key in keys:
        for name, data in signatures:
            if key.kind == kind and name == key.name and data[:4] == key.identifier:
                return key if check(key.public, data[4:], text.encode("utf-8")) else False
    return None


def _entry(leaf: str) -> dict[str, Any]:
    wrong = Unreadable("“leaf” is no entry of a log", "“leaf”不是日志记录")
    try:
        entry = json.loads(leaf, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(entry, dict) or sorted(entry) != sorted(LEAF_FIELDS) or entry["v"] != 1:
        raise wrong
    texts = all(isinstance(entry[each], str) for each in ("action", "recorded", "target", "time"))
    sealed = all(
        entry[each] is None or (isinstance(entry[each], str) and HASH.match(entry[each]))
        for each in SEALED_FIELDS
    )
    if not texts or not sealed or not isinstance(entry["event"], int) or isinstance(entry["event"], bool):
        raise wrong
    return entry


def _disclosures(receipt: dict[str, Any]) -> list[tuple[str, tuple[bytes, str]]]:
    wrong = Unreadable("“disclosed” is not as it should be", "“disclosed”的格式不正确")
    given = receipt.get("disclosed", {})
    if not isinstance(given, dict):
        raise wrong
    found = []
    for field, value in sorted(given.items()):
        if (
            field not in SEALED_FIELDS
            or not isinstance(value, dict)
            or not isinstance(value.get("value"), str)
        ):
            raise wrong
        salt = value.get("salt")
        if not isinstance(salt, str) or not HASH.match(salt):
            raise wrong
        found.append((field, (bytes.fromhex(salt), value["value"])))
    return found


def _key_texts(receipt: dict[str, Any]) -> list[str]:
    keys = receipt.get("keys", [])
    if not isinstance(keys, list) or len(keys) > 16 or not all(isinstance(each, str) for each in keys):
        raise Unreadable("“keys” must be a list of public keys", "“keys”应为公钥列表")
    return keys


def _text(receipt: dict[str, Any], name: str) -> str:
    value = receipt.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"“{name}” is missing", f"缺少“{name}”")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise Unreadable(f"“{name}” is no text", f"“{name}”不是有效文本") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


# --- the command ------------------------------------------------------------------------------------------------------

PROVES_ZH = (
    "证明：这条记录当时写入了该日志，此后内容没有改动；公开的内容与当时写入的一致。",
    "不证明：记录所说的事本身合法或真实；时间由平台写入，只有见证方的签名另行证明“不晚于”某时。",
)
PROVES = (
    "It proves: this entry was written to the log and has not changed since; what is disclosed is what was written.",
    "It does not prove: that what the entry says was lawful or true; the times are the platform's own, and only a"
    " cosignature says independently “not later than”.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("file", help="the receipt; - for standard input")
    parser.add_argument(
        "--key", action="append", default=[], metavar="KEY", help="the log's public key: name+id+base64"
    )
    parser.add_argument(
        "--fingerprint", action="append", default=[], help="SHA-256 of the key the receipt carries"
    )
    parser.add_argument(
        "--cosigner", action="append", default=[], metavar="KEY", help="a cosigner's public key"
    )
    parser.add_argument("--origin", help="the log's name")
    parser.add_argument("--event", type=int, help="the number of the event it should be for")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    given = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        keys = [parse_key(each) for each in given.key]
        cosigners = [parse_key(each) for each in given.cosigner]
    except Unreadable as error:
        parser.error(error.message)
    try:
        if given.file == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(given.file, "rb") as file:  # noqa: PTH123 (as plain as it gets)
                content = file.read(MAX_BYTES + 1)
    except OSError as error:
        parser.error(f"{given.file}: {error.strerror}")
    verdict = verify(content, keys, cosigners, given.fingerprint, given.origin, given.event)
    if given.json:
        print(json.dumps(verdict.as_dict(), ensure_ascii=False, indent=2))
    else:
        show(verdict, given.language == "zh")
    return 0 if verdict.ok else 4 if verdict.code == "key_not_pinned" else 1


def show(verdict: Verdict, chinese: bool) -> None:
    """The verdict in words, on standard output."""
    mark = "OK" if verdict.ok else "?" if verdict.consistent else "X"
    print(f"[{mark}] {verdict.message_zh if chinese else verdict.message}")
    if not verdict.consistent:
        return
    words = (
        (("event", "记录编号"), ("time", "时间"), ("action", "动作"), ("target", "对象类型"))
        if chinese
        else (("event", "event"), ("time", "time"), ("action", "action"), ("target", "kind of thing"))
    )
    for field, name in words:
        print(f"  {name}: {_shown(verdict.entry[field])}")
    for field, value in sorted(verdict.disclosed.items()):
        print(f"  {field}: {_shown(value)}")
    print("  {}: {}".format("公钥指纹" if chinese else "fingerprint", verdict.fingerprint))
    for each in verdict.cosignatures:
        print("  {}: {} ({})".format("见证方" if chinese else "cosigned by", each["name"], each["timestamp"]))
    for line in PROVES_ZH if chinese else PROVES:
        print(line)


def _shown(value: Any) -> str:
    """Nothing of a receipt may move the cursor or colour the screen."""
    return "".join(each if each.isprintable() else "?" for each in str(value))


if __name__ == "__main__":
    sys.exit(main())
