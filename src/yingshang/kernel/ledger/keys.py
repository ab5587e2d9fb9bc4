"""The key the log signs with, and the words of C2SP signed notes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from .errors import SigningKeyMissing
from .standalone.verify_receipt import (
    SIGNATURE_TYPE_COSIGNER,
    SIGNATURE_TYPE_LOG,
    VerifierKey,
    cosigned_message,
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under a name. `kind` is its signature type: the log's own, or a cosigner's."""

    name: str
    private: Ed25519PrivateKey
    kind: int = SIGNATURE_TYPE_LOG

    @property
    def public(self) -> VerifierKey:
        """The key others verify with."""
        data = self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return VerifierKey(self.name, self.kind, data)

    def sign_note(self, text: str) -> str:
        """The signature line under a text."""
        return signature_line(self.name, self.public.identifier + self.private.sign(text.encode()))

    def cosign(self, text: str, *, timestamp: int) -> str:
        """The line of a cosignature under a checkpoint's text."""
        signature = self.private.sign(cosigned_message(timestamp, text))
        return cosignature_line(self.public, timestamp, signature)


def signature_line(name: str, data: bytes) -> str:
    """A signature as it stands in a note."""
    return f"\u2014 {name} {base64.b64encode(data).decode('ascii')}\n"


def cosignature_line(key: VerifierKey, timestamp: int, signature: bytes) -> str:
    """A cosignature as it stands in a note."""
    return signature_line(key.name, key.identifier + struct.pack(">Q", timestamp) + signature)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text of a checkpoint, as in c2sp.org/tlog-checkpoint."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n"


def private_key(text: str) -> Ed25519PrivateKey:
    """A private key from 64 hexadecimal digits. Raises SigningKeyMissing."""
    try:
        return Ed25519PrivateKey.from_private_bytes(binascii.unhexlify(text.strip()))
    except ValueError:
        raise SigningKeyMissing(
            "a signing key is 64 hexadecimal digits, as from `openssl rand -hex 32`",
            message_zh="签名密钥应为 64 位十六进制数字，例如由 openssl rand -hex 32 生成",
        ) from None


def platform_key() -> Ed25519PrivateKey:
    """The key of the settings. Raises SigningKeyMissing."""
    if not settings.LEDGER_SIGNING_KEY:
        raise SigningKeyMissing(
            "LEDGER_SIGNING_KEY is not set: the log cannot be signed. Set 64 hexadecimal digits, as from "
            "`openssl rand -hex 32`, and keep them apart from the data",
            message_zh="没有设置 LEDGER_SIGNING_KEY，无法签署日志。请设置 64 位十六进制数字"
            "（例如由 openssl rand -hex 32 生成），并与数据分开保管",
        )
    return private_key(settings.LEDGER_SIGNING_KEY)


def check_signing_key() -> None:
    """Raises SigningKeyMissing when the log cannot be signed."""
    platform_key()


def default_origin(public: bytes) -> str:
    """The name of a log that was given none: nobody else's has it."""
    return f"yingshang-{hashlib.sha256(public).hexdigest()[:12]}/log"


def check_signature(public: bytes, signature: bytes, message: bytes) -> bool:
    """Ed25519 by the library: what the standalone verifier does by itself, a hundred times faster."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def log_key(origin: str, public: bytes) -> VerifierKey:
    """A key of the log."""
    return VerifierKey(origin, SIGNATURE_TYPE_LOG, public)


def cosigner_key(name: str, public: bytes) -> VerifierKey:
    """A key of a cosigner."""
    return VerifierKey(name, SIGNATURE_TYPE_COSIGNER, public)
