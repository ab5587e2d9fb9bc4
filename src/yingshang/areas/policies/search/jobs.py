"""When the index is written: after whatever changed what everybody may see, and anew every night."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from ..models import ItemVersion, PolicyDocument, PolicyItem
from .digests import send_digests
from .index import rebuild, update


@app.task(name="policies.index_search")
def index_search(items: list[int], documents: list[int]) -> None:
    """Items and documents that have changed, as they are now."""
    update(items=items, documents=documents, day=timezone.localdate())


@app.periodic(cron="23 1 * * *")
@app.task(name="policies.rebuild_search", queueing_lock="policies.rebuild_search")
def rebuild_search(timestamp: int = 0) -> None:
    """Everything: amounts and windows hang on the day."""
    rebuild(day=timezone.localdate())


def index_version(row: ItemVersion, now: datetime) -> None:
    """A version was published or withdrawn: queued in the same transaction."""
    index_search.defer(items=[row.item_id], documents=[])


def index_document(row: PolicyDocument, now: datetime) -> None:
    """A document was added or changed. What nobody may see is taken out, so this is for every one."""
    index_search.defer(items=list(row.items.values_list("pk", flat=True)), documents=[row.pk])


def index_interpreted(item: PolicyItem | None, document: PolicyDocument | None, now: datetime) -> None:
    """What is said of it in plain words was published, or taken down."""
    index_search.defer(
        items=[item.pk] if item is not None else [], documents=[document.pk] if document is not None else []
    )


@app.periodic(cron="10 8 * * *")
@app.task(name="policies.send_search_digests", queueing_lock="policies.send_search_digests")
def send_search_digests(timestamp: int = 0) -> None:
    """Once a day, in the morning."""
    send_digests(actor=system_actor("policy-library"), now=timezone.now())
