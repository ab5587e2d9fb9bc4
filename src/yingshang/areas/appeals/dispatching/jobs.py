"""In the worker: proposals every minute, learning every night."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from .actions.learn import learn
from .actions.propose_waiting import propose_waiting

ACTOR = "appeals"


@app.periodic(cron="25 2 * * *")
@app.task(name="appeals.learn", queueing_lock="appeals.learn")
def learn_job(timestamp: int = 0) -> None:
    """From what was closed since yesterday, and before."""
    learn(actor=system_actor(ACTOR), now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="appeals.propose", queueing_lock="appeals.propose")
def propose_job(timestamp: int = 0) -> None:
    """For what came in since."""
    propose_waiting(actor=system_actor(ACTOR), now=timezone.now())
