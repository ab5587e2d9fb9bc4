"""Work of registering that runs in the worker."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yingshang.kernel.jobs.api import Run, job

from .actions.register_many import TO_REVIEW, register_contracts, tell_outcome


@job(name="contracts.register", attempts=3)
def register_contracts_job(run: Run, **arguments: Any) -> None:
    """Register `contract_ids`, or what waits of the batch `batch_id`; taken up again, it goes on with what waits."""
    batch_id = arguments.get("batch_id")
    run.points_to(TO_REVIEW if batch_id is None else f"{TO_REVIEW}&batch={batch_id}")
    found = register_contracts(
        actor=run.actor,
        contract_ids=arguments.get("contract_ids") or (),
        batch_id=batch_id,
        now=timezone.now(),
        progress=lambda done, total: run.report(done=done, total=total),
    )
    run.report(message=f"登记 {found.registered}，未登记 {found.refused_count}")
    if run.actor.kind == "user":
        tell_outcome(found, to=int(run.actor.identifier), batch_id=batch_id, now=timezone.now())
