"""The door of the ledger. See README.md."""

from __future__ import annotations

from .auditing import AuditProgress, AuditReport, LogProblem, audit_log
from .cosigning import CosignerView, add_cosignature, add_cosigner, cosigner_keys, cosigners, retire_cosigner
from .errors import (
    InconsistentLog,
    InvalidCosignature,
    InvalidCosigner,
    LogNotFound,
    NoSuchProof,
    SigningKeyMissing,
)
from .guards import guarded_tables, install_guards, missing_guards
from .keys import check_signing_key
from .monitor import (
    CheckpointView,
    KeyView,
    LogStatus,
    checkpoints,
    consistency,
    get_checkpoint,
    key_views,
    latest_checkpoint,
    monitor,
)
from .receipts import (
    EventState,
    event_of_code,
    event_state,
    issued_at,
    log_keys,
    receipt,
    receipt_code,
    verify_receipt,
)
from .record import Acting, NewEvent, Target, record, record_many
from .selectors import (
    Event,
    EventDetail,
    EventPage,
    events_about_party,
    events_of,
    find_events,
    get_event,
    recorded_actions,
)
from .sequencer import Sequenced, sequence
from .standalone.verify_receipt import Verdict, VerifierKey
from .store import InclusionProof, consistency_proof, inclusion_proof, log_size

__all__ = [
    "Acting",
    "AuditProgress",
    "AuditReport",
    "CheckpointView",
    "CosignerView",
    "Event",
    "EventDetail",
    "EventPage",
    "EventState",
    "InclusionProof",
    "InconsistentLog",
    "InvalidCosignature",
    "InvalidCosigner",
    "KeyView",
    "LogNotFound",
    "LogProblem",
    "LogStatus",
    "NewEvent",
    "NoSuchProof",
    "Sequenced",
    "SigningKeyMissing",
    "Target",
    "Verdict",
    "VerifierKey",
    "add_cosignature",
    "add_cosigner",
    "audit_log",
    "check_signing_key",
    "checkpoints",
    "consistency",
    "consistency_proof",
    "cosigner_keys",
    "cosigners",
    "event_of_code",
    "event_state",
    "events_about_party",
    "events_of",
    "find_events",
    "get_checkpoint",
    "get_event",
    "guarded_tables",
    "inclusion_proof",
    "install_guards",
    "issued_at",
    "key_views",
    "latest_checkpoint",
    "log_keys",
    "log_size",
    "missing_guards",
    "monitor",
    "receipt",
    "receipt_code",
    "record",
    "record_many",
    "recorded_actions",
    "retire_cosigner",
    "sequence",
    "verify_receipt",
]
