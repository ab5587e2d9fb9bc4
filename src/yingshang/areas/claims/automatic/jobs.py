"""Lists in the worker: drawn up, offered, told of; and what happens when the time to answer is over."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import Run, job

from .drawing import draw_up
from .ending import end_offers
from .offering import offer_list, tell_offered
from .removing import empty_list

ACTOR = "claim-lists"


@job(name="claims.draw_up_list", attempts=3, wait=5)
def draw_up_list_job(run: Run, **arguments: Any) -> None:
    """The list with `list_id`."""
    list_id = int(arguments["list_id"])
    run.points_to(f"/desk/claims/lists/{list_id}/")
    draw_up(
        actor=run.actor,
        list_id=list_id,
        now=timezone.now(),
        progress=lambda done, total: run.report(done=done, total=total),
    )


@job(name="claims.offer_list", attempts=3, wait=5)
def offer_list_job(run: Run, **arguments: Any) -> None:
    """Ask the enterprises of the list with `list_id`, and tell them."""
    list_id = int(arguments["list_id"])
    run.points_to(f"/desk/claims/lists/{list_id}/")
    offer_list(
        actor=run.actor,
        list_id=list_id,
        now=timezone.now(),
        progress=lambda done, total: run.report(done=done, total=total),
    )
    tell_offered(list_id=list_id, now=timezone.now())


@job(name="claims.empty_list", attempts=3, wait=5)
def empty_list_job(run: Run, **arguments: Any) -> None:
    """End the claims of the list with `list_id`, which is being discarded for a `reason`."""
    list_id = int(arguments["list_id"])
    run.points_to(f"/desk/claims/lists/{list_id}/")
    empty_list(
        actor=run.actor,
        list_id=list_id,
        reason=str(arguments["reason"]),
        now=timezone.now(),
        progress=lambda done, total: run.report(done=done, total=total),
    )


# A little after midnight, and again during the day for what an earlier run has left.
@app.periodic(cron="20 0,6,12 * * *")
@app.task(name="claims.end_offers", queueing_lock="claims.end_offers")
def end_offers_job(timestamp: int = 0) -> None:
    """Offers whose time to answer is over."""
    end_offers(actor=system_actor(ACTOR), now=timezone.now())
