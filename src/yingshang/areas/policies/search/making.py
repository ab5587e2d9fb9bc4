"""An index that is missing and takes too long to make while somebody waits is made by the worker."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from .index import make_if_missing


@app.task(name="policies.make_search", queueing_lock="policies.make_search")
def make_search() -> None:
    """Nothing if another has made it meanwhile."""
    make_if_missing(day=timezone.localdate())


def make_soon() -> None:
    """Have the index made, once for all who miss it."""

    def queue() -> None:
        with suppress(AlreadyEnqueued):
            make_search.defer()

    transaction.on_commit(queue)
