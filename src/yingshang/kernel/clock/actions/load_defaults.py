"""The ladders a platform begins with."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import NewEvent, Target, record_many

from ..ladders import default_ladders
from ..models import Ladder, LadderVersion


def load_defaults(*, actor: Actor, region_path: str, now: datetime) -> int:
    """Publish the ladders of data/ladders.yaml that are not there, and return how many. Changes nothing that is."""
    with transaction.atomic():
        present = set(Ladder.objects.values_list("code", flat=True))
        missing = [document for document in default_ladders() if document.code not in present]
        for document in missing:
            ladder = Ladder.objects.create(code=document.code, region_path=region_path, created_at=now)
            LadderVersion.objects.create(
                ladder=ladder,
                number=1,
                state=LadderVersion.PUBLISHED,
                name=document.name,
                name_en=document.name_en,
                source=document.source,
                rungs=[rung.as_dict() for rung in document.rungs],
                changed_at=now,
                changed_by=actor.name[:120],
                published_at=now,
            )
        record_many(
            actor=actor,
            events=[
                NewEvent(
                    "clock.ladder_published",
                    Target("ladder", document.code, document.name, region_path),
                    after={"number": 1, "rungs": [rung.as_dict() for rung in document.rungs]},
                )
                for document in missing
            ],
            now=now,
        )
        return len(missing)
