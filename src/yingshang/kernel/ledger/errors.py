"""Refusals of this room."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class SigningKeyMissing(DomainError):
    """LEDGER_SIGNING_KEY is not set, or is no key."""

    code = "ledger.signing_key_missing"


class LogNotFound(DomainError):
    """No such checkpoint, leaf or receipt."""

    code = "ledger.not_found"


class NoSuchProof(DomainError):
    """The sizes asked for do not lie in the log."""

    code = "ledger.no_such_proof"


class InvalidCosigner(DomainError):
    """A cosigner's key cannot be used, or the name is taken."""

    code = "ledger.invalid_cosigner"


class InvalidCosignature(DomainError):
    """A cosignature is not one: unknown cosigner, wrong signature, wrong checkpoint, impossible time."""

    code = "ledger.invalid_cosignature"


class InconsistentLog(DomainError):
    """The log contradicts what it said before."""

    code = "ledger.inconsistent_conflict"
