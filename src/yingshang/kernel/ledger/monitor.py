"""How the log stands: for checks, pages and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from .cosigning import note_of
from .errors import LogNotFound
from .keys import log_key
from .models import Checkpoint, LogKey
from .sequencer import settled_transaction
from .store import consistency_proof, log_size, root_at
from .tree import is_consistent


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A signed statement of the log. `note` is what is verified, cosignatures in it."""

    id: int
    size: int
    root: bytes
    origin: str
    note: str
    issued_at: datetime
    cosigners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyView:
    """A public key of the log, and from which size on it has signed."""

    key: str
    fingerprint: str
    first_size: int
    introduced_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class LogStatus:
    """Size, newest checkpoint, and what waits. `consistent` says whether the last two checkpoints agree."""

    size: int
    checkpoint: CheckpointView | None
    waiting: int
    oldest_waiting: datetime | None
    consistent: bool


def latest_checkpoint() -> CheckpointView | None:
    """The newest checkpoint."""
    row = _checkpoints().order_by("-size", "-id").first()
    return _view(row) if row else None


def get_checkpoint(size: int) -> CheckpointView:
    """The checkpoint over so many leaves. Raises LogNotFound: not every size has one."""
    row = _checkpoints().filter(size=size).order_by("-id").first()
    if row is None:
        raise LogNotFound(f"there is no checkpoint of size {size}", message_zh=f"没有条数为 {size} 的检查点")
    return _view(row)


def checkpoints(*, page: int = 1, per_page: int = 20) -> tuple[tuple[CheckpointView, ...], int]:
    """Checkpoints, newest first, and how many there are."""
    rows = _checkpoints().order_by("-size", "-id")
    first = (page - 1) * per_page
    return tuple(_view(row) for row in rows[first : first + per_page]), rows.count()


def key_views() -> tuple[KeyView, ...]:
    """Every key the log has signed with, newest first."""
    rows = list(LogKey.objects.order_by("-id"))
    found = []
    for row in rows:
        key = log_key(row.origin, bytes(row.public_key))
        found.append(KeyView(key.text, key.fingerprint, row.first_size, row.introduced_at, row == rows[0]))
    return tuple(found)


def consistency(first: int, second: int) -> bool:
    """Whether the tree of the first size is the beginning of the second's, as the nodes stand. Raises NoSuchProof."""
    steps = consistency_proof(first, second)
    return is_consistent(first, second, root_at(first), root_at(second), steps)


def monitor() -> LogStatus:
    """How the log stands. Cheap: it looks at the newest checkpoints and at what waits."""
    newest = list(_checkpoints().order_by("-size", "-id")[:2])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), min(recorded_at) FROM ledger_auditevent event
            WHERE transaction >= %s AND NOT EXISTS (SELECT FROM ledger_leaf WHERE event_id = event.id)
            """,
            [settled_transaction()],
        )
        waiting, oldest = cursor.fetchone()
    return LogStatus(
        size=log_size(),
        checkpoint=_view(newest[0]) if newest else None,
        waiting=int(waiting),
        oldest_waiting=oldest,
        consistent=all(_agrees(row) for row in newest)
        and (len(newest) < 2 or consistency(newest[1].size, newest[0].size)),
    )


def _agrees(row: Checkpoint) -> bool:
    try:
        return root_at(row.size) == bytes(row.root)
    except LogNotFound:
        return False


def _checkpoints() -> QuerySet[Checkpoint]:
    return Checkpoint.objects.select_related("key").prefetch_related("cosignatures__cosigner")


def _view(row: Checkpoint) -> CheckpointView:
    return CheckpointView(
        id=row.pk,
        size=row.size,
        root=bytes(row.root),
        origin=row.key.origin,
        note=note_of(row),
        issued_at=row.issued_at,
        cosigners=tuple(each.cosigner.name for each in row.cosignatures.all()),
    )
