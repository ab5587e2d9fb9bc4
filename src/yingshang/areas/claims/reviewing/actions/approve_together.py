"""Identical decided claims are approved together: a sample is drawn, somebody looks at it, then all are approved."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.flow.api import complete_tasks
from yingshang.kernel.ledger.api import Target, latest_checkpoint, record

from ...actions.begin_claim import terms_for
from ...errors import ApprovalNotFound, InvalidApproval, NotPossibleNow
from ...lifecycle import APPROVAL
from ...models import ApprovalBatch, ApprovalEntry, Claim
from ..drawing import sample_of, seed_of
from ..together import APPROVE, MOST, identical, plain_tasks

LONGEST_NOTE = 400


@dataclass(frozen=True, slots=True)
class ApprovedTogether:
    """What came of a batch: the claims approved, and those that were not, with the reason in Chinese."""

    approved: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]


@transaction.atomic
def draw_sample(*, actor: Actor, claim_ids: Collection[int], now: datetime) -> int:
    """Put claims that are decided alike into a batch and draw its sample; the number of the batch.

    Each has to wait for the approval, be entitled to a certain amount by facts that nobody changed since it was handed
    in, and have had no remarks. Needs `claims.approve`. Raises InvalidApproval with `claims` that do not fit.
    """
    scope = actor.require(APPROVE)
    numbers = sorted(set(claim_ids))
    if not 2 <= len(numbers) <= MOST:
        raise _wrong(f"choose 2 to {MOST} claims", f"请选择 2 到 {MOST} 件申请")
    rows = list(
        scope.filter(
            Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into"),
            region="region_path",
        )
        .filter(pk__in=numbers)
        .order_by("pk")
    )
    if len(rows) < len(numbers):
        raise _wrong("not all of them are within your reach", "部分申请不存在，或者您不能核准")
    if len({(each.item_code, each.version_id) for each in rows}) > 1:
        raise _wrong("they are of one item and version", "只能选择同一事项、同一版本的申请")
    tasks = plain_tasks(rows, now=now)
    strange = [each.number for each in rows if not identical(each, tasks.get(each.pk), actor=actor, now=now)]
    if strange:
        raise _wrong(
            f"these have to be looked at one by one: {', '.join(strange)}",
            "以下申请须逐件办理：" + "、".join(strange),
            claims=strange,
        )
    terms = terms_for(rows[0].item_code)
    checkpoint = latest_checkpoint()
    root = checkpoint.root.hex() if checkpoint else ""
    seed = seed_of([each.number for each in rows], root)
    drawn = sample_of([each.number for each in rows], seed, terms.sample_percent)
    batch = ApprovalBatch.objects.create(
        number=uuid4().hex,
        item_code=terms.item_code,
        item_name=rows[0].item_name,
        region_path=terms.region_path,
        percent=terms.sample_percent,
        checkpoint_size=checkpoint.size if checkpoint else 0,
        checkpoint_root=root,
        seed=seed,
        drawn_at=now,
        drawn_by=reference_of(actor),
        drawn_by_name=actor.name,
    )
    batch.number = f"PL{timezone.localdate(now):%Y%m%d}{batch.pk:06d}"
    batch.save(update_fields=["number"])
    try:
        with transaction.atomic():
            ApprovalEntry.objects.bulk_create(
                ApprovalEntry(batch=batch, claim=each, task_id=tasks[each.pk], sampled=each.number in drawn)
                for each in rows
            )
    except IntegrityError:
        raise _wrong(
            "some of them are in another batch already", "部分申请已在另一批次中，请先办完那一批"
        ) from None
    _note(
        batch,
        "sample_drawn",
        actor=actor,
        now=now,
        after={
            "claims": [each.number for each in rows],
            "sample": sorted(drawn),
            "seed": seed,
            "checkpoint": batch.checkpoint_size,
        },
    )
    return int(batch.pk)


@transaction.atomic
def look_at_sampled(
    *, actor: Actor, batch_id: int, claim_id: int, sound: bool, note: str = "", now: datetime
) -> str:
    """Say what one found of a drawn claim; the state of the batch then. One that is not sound stops it: its claims are
    dealt with one by one. Needs `claims.approve`. Raises ApprovalNotFound, NotPossibleNow, InvalidApproval.
    """
    batch = load_approval(actor, batch_id)
    APPROVAL.after(batch.state, "looked_at")
    entry = batch.entries.select_for_update(of=("self",)).filter(claim=claim_id, sampled=True).first()
    if entry is None:
        raise _none(claim_id)
    note = note.strip()
    if len(note) > LONGEST_NOTE or (not sound and not note):
        raise _wrong(
            f"say what is wrong, in at most {LONGEST_NOTE} characters",
            f"核对有误须写明情况（不超过 {LONGEST_NOTE} 字）",
            field="note",
        )
    if (entry.sound, entry.note, entry.looked_by) == (sound, note, reference_of(actor)):
        # Sent once more, since nobody answered: it is noted already.
        return batch.state
    entry.sound, entry.note, entry.looked_at = sound, note, now
    entry.looked_by, entry.looked_by_name = reference_of(actor), actor.name
    entry.save()
    if not sound:
        _end(batch, "stopped", now)
    _note(
        batch,
        "sample_looked_at",
        actor=actor,
        now=now,
        after={"claim": entry.claim.number, "sound": sound, "state": batch.state},
        reason=note,
    )
    return batch.state


@transaction.atomic
def approve_together(*, actor: Actor, batch_id: int, opinion: str = "", now: datetime) -> ApprovedTogether:
    """Approve the claims of a batch whose whole sample was found sound, each by its own task of the flow.

    One whose facts changed meanwhile, or that the flow refuses, is left to be dealt with by itself. Needs
    `claims.approve`. Raises ApprovalNotFound, NotPossibleNow.
    """
    batch = load_approval(actor, batch_id)
    APPROVAL.after(batch.state, "approved")
    entries = list(batch.entries.select_related("claim__party__merged_into"))
    waiting = [each for each in entries if each.sampled and not each.sound]
    if waiting:
        raise NotPossibleNow(
            f"{len(waiting)} drawn claims were not looked at yet",
            message_zh=f"还有 {len(waiting)} 件抽中的申请没有核对",
            value=batch.number,
        )
    tasks = plain_tasks([each.claim for each in entries], now=now)
    left: dict[int, str] = {}
    for each in entries:
        if not identical(each.claim, tasks.get(each.claim_id), actor=actor, now=now):
            left[each.claim_id] = "抽查后情况有变化，请逐件办理"
    ready = {each.task_id: each.claim_id for each in entries if each.claim_id not in left}
    done = complete_tasks(
        actor=actor,
        task_ids=ready,
        outcome="approved",
        opinion=opinion.strip() or f"批量核准 {batch.number}",
        now=now,
    )
    left |= {ready[task]: (words[0] or words[1]) for task, words in done.refused.items()}
    for each in entries:
        each.outcome = left.get(each.claim_id, "")[:400]
    _end(batch, "approved", now)
    ApprovalEntry.objects.bulk_update(entries, ["outcome"])
    approved = tuple(ready[task] for task in done.done)
    _note(
        batch,
        "approved_together",
        actor=actor,
        now=now,
        after={"approved": len(approved), "left": len(left), "state": batch.state},
    )
    return ApprovedTogether(approved, tuple(sorted(left.items())))


def load_approval(actor: Actor, batch_id: int) -> ApprovalBatch:
    """A batch within the actor's reach, locked. Raises ApprovalNotFound."""
    scope = actor.require(APPROVE)
    rows = ApprovalBatch.objects.select_for_update(of=("self",))
    found = scope.filter(rows, region="region_path").filter(pk=batch_id).first()
    if found is None:
        raise _none(batch_id)
    return found


def _end(batch: ApprovalBatch, event: str, now: datetime) -> None:
    batch.state = APPROVAL.after(batch.state, event)
    batch.ended_at = now
    batch.save()
    batch.entries.update(waiting=False)


def _note(
    batch: ApprovalBatch,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, object],
    reason: str = "",
) -> None:
    record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "claim_approval",
            str(batch.pk),
            f"{batch.number} {batch.item_name}",
            region_path=batch.region_path,
        ),
        now=now,
        after=after,
        reason=reason,
    )


def _wrong(message: str, message_zh: str, **details: object) -> InvalidApproval:
    return InvalidApproval(message, message_zh=message_zh, **{"field": "claims", **details})


def _none(number: int) -> ApprovalNotFound:
    return ApprovalNotFound(
        f"no batch or drawn claim {number}",
        message_zh="没有这个批次或抽中的申请，或者您不能办理",
        value=number,
    )
