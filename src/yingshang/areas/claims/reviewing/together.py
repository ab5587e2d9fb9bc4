"""Which claims can be approved together, and the batches there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import CaseDetail, case_progress

from ..assessing.standing import plainly_assessed
from ..errors import ApprovalNotFound
from ..models import ApprovalBatch, ApprovalEntry, Claim, Trip
from ..reach import VIEW
from .evidence import evidence

APPROVE = "claims.approve"
MOST = 100
"""So many at once: each is decided again while one waits."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim that waits for its approval and can be approved with others like it."""

    claim_id: int
    number: str
    party_name: str
    credit_code: str
    expected_fen: int | None
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApprovalSummary:
    """A batch of claims that are approved together."""

    id: int
    number: str
    item_code: str
    item_name: str
    state: str
    claims: int
    sampled: int
    drawn_at: datetime
    drawn_by_name: str


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A claim of a batch. `sound` is None until somebody looked; `outcome` says why it was left out."""

    claim_id: int
    number: str
    party_name: str
    state: str
    expected_fen: int | None
    sampled: bool
    sound: bool | None
    note: str
    looked_by_name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class ApprovalDetail:
    """A batch with its claims, the drawn ones first, and what the sample was drawn by."""

    summary: ApprovalSummary
    rows: tuple[ApprovalRow, ...]
    percent: int
    seed: str
    checkpoint_size: int
    checkpoint_root: str

    @property
    def ready(self) -> bool:
        """Whether the whole sample was found sound."""
        return self.summary.state == "drawn" and all(each.sound for each in self.rows if each.sampled)


def approvable(*, actor: Actor, item_code: str, now: datetime) -> tuple[Candidate, ...]:
    """The claims of an item that can be approved together, the earliest `MOST` looked at. Needs `claims.approve`."""
    scope = actor.require(APPROVE)
    rows = scope.filter(Claim.objects.filter(item_code=item_code, state="reviewing"), region="region_path")
    rows = rows.exclude(reviewed_by="").filter(reason="").select_related("party__merged_into")
    found = list(rows.order_by("submitted_at", "pk")[:MOST])
    tasks = plain_tasks(found, now=now)
    return tuple(
        Candidate(
            each.pk,
            each.number,
            each.enterprise.name,
            each.enterprise.credit_code or "",
            each.expected_fen,
            each.submitted_at,
        )
        for each in found
        if identical(each, tasks.get(each.pk), actor=actor, now=now)
    )


def approvals(*, actor: Actor) -> tuple[ApprovalSummary, ...]:
    """The newest batches within the actor's reach. Needs `claims.view`."""
    rows = actor.require(VIEW).filter(ApprovalBatch.objects.all(), region="region_path")
    return tuple(_summary(row) for row in rows.prefetch_related("entries")[:50])


def get_approval(*, actor: Actor, batch_id: int) -> ApprovalDetail:
    """One batch. Needs `claims.view`. Raises ApprovalNotFound."""
    rows = actor.require(VIEW).filter(ApprovalBatch.objects.all(), region="region_path")
    row = rows.filter(pk=batch_id).first()
    if row is None:
        raise ApprovalNotFound(
            f"no batch {batch_id}", message_zh="没有这个批次，或者您不能查看", value=batch_id
        )
    entries = row.entries.select_related("claim__party__merged_into").order_by("-sampled", "pk")
    return ApprovalDetail(
        _summary(row),
        tuple(
            ApprovalRow(
                each.claim_id,
                each.claim.number,
                each.claim.enterprise.name,
                each.claim.state,
                each.claim.expected_fen,
                each.sampled,
                each.sound,
                each.note,
                each.looked_by_name,
                each.outcome,
            )
            for each in entries
        ),
        row.percent,
        row.seed,
        row.checkpoint_size,
        row.checkpoint_root,
    )


def plain_tasks(claims: Iterable[Claim], *, now: datetime) -> dict[int, int]:
    """Claim → the open task of its approval, of those in whose review nobody had a remark."""
    found = {}
    for claim in claims:
        detail = case_progress(kind="claim", identifier=str(claim.pk), now=now)
        task = _plain_task(detail) if detail else None
        if task is not None:
            found[claim.pk] = task
    return found


def identical(claim: Claim, task: int | None, *, actor: Actor, now: datetime) -> bool:
    """Whether a claim can be approved with others: it waits for that, nobody had a remark, nothing is promised or
    stopped, and its decision stands on facts that nobody changed since, to the same fen.
    """
    if task is None or claim.state != "reviewing" or claim.reason:
        return False
    if ApprovalEntry.objects.filter(claim=claim, sound=False).exists():
        # Somebody found it not to be sound: nobody draws until the sample is another one.
        return False
    if not plainly_assessed(claim):
        return False
    if claim.materials.filter(origin="promised").exclude(kept=True).exists():
        return False
    stopped = Trip.objects.filter(state="open")
    if stopped.filter(claim=claim).exists() or stopped.filter(item_code=claim.item_code).exists():
        return False
    return evidence(claim, actor=actor, now=now).as_it_was


def _plain_task(detail: CaseDetail) -> int | None:
    if detail.corrections or detail.debts or detail.commitments:
        return None
    if any(each.stance in {"objects", "conditional"} for each in detail.opinions):
        return None
    if any(each.outcome == "opposed" for each in detail.tasks):
        return None
    waiting = [each for each in detail.tasks if each.open]
    return waiting[0].id if len(waiting) == 1 and waiting[0].step == "approve" else None


def _summary(row: ApprovalBatch) -> ApprovalSummary:
    entries = list(row.entries.all())
    return ApprovalSummary(
        row.pk,
        row.number,
        row.item_code,
        row.item_name,
        row.state,
        len(entries),
        sum(each.sampled for each in entries),
        row.drawn_at,
        row.drawn_by_name,
    )
