"""Files of a visit: pictures, minutes. They are for the steward, those after them, and who manages them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, documents_of, store

from ...actions.add_file import file_limits
from ...errors import InvalidStep
from ...models import Visit
from ..reach import MANAGE, STEWARD, load_own, not_found, reached
from ..rules import steward_rules
from .keep_stewards import note_stewardship

FILES = "visit_file"


@transaction.atomic
def add_visit_file(*, actor: Actor, visit_id: int, content: Any, name: str, now: datetime) -> int:
    """A file of a visit to one's own enterprise; its number.

    Raises NotAllowed, StepNotFound, InvalidStep, RefusedFile.
    """
    visit = Visit.objects.filter(pk=visit_id).only("stewardship_id").first()
    if visit is None:
        raise not_found(visit_id)
    row = load_own(actor, visit.stewardship_id)
    owner = Owner(FILES, str(visit_id))
    most, limits = steward_rules().most_files, file_limits()
    if len(documents_of(owner)) >= most:
        raise InvalidStep(
            f"a visit has at most {most} files; put several into one",
            message_zh=f"一次走访最多 {most} 个附件，请合并后上传",
            field="files",
        )
    document = store(
        actor=actor,
        content=content,
        name=name,
        owner=owner,
        party_id=row.party_id,
        region_path=row.region_path,
        agency_id=row.agency_id,
        allowed=limits["kinds"],
        largest=int(limits["largest_bytes"]),
        told_by_owner=True,
        now=now,
    )
    note_stewardship(
        row,
        "visit_file_added",
        actor=actor,
        now=now,
        after={"visit": visit_id, "sha256": document.sha256, "name": document.name},
    )
    return int(document.id)


def may_read_visit_file(actor: Actor, identifier: str) -> bool:
    """Who reaches the enterprise as its steward, or manages stewards there."""
    if not identifier.isdigit() or not (actor.may(STEWARD) or actor.may(MANAGE)):
        return False
    visit = Visit.objects.filter(pk=int(identifier)).select_related("stewardship").first()
    if visit is None:
        return False
    # What was said to those before is for those after them, too.
    since = Q(until__isnull=True) | Q(until__gte=visit.at)
    return reached(actor).filter(since, party=visit.stewardship.party_id).exists()
