"""Files that go with an objection, or with what is asked for a repair: of whose portrait it is, for who decides.

The owner of such a file is named "<number of the portrait>:<number of the obligation>". Who decides opens those that
were named when something was asked, and no others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import DocumentView, Owner, documents_of, documents_of_each

from ..errors import InvalidStep
from ..models import PortraitObjection, Repair
from ..performing.evidence import keep_evidence
from ..reach import SUPERVISE
from .actions._steps import counted_in
from .reach import ensure_own, load, reached, speaks_for

PORTRAIT_EVIDENCE = "contract_portrait_evidence"


@transaction.atomic
def add_portrait_evidence(
    *, actor: Actor, portrait_id: int, obligation_id: int, content: Any, name: str, now: datetime
) -> int:
    """A file of whose portrait it is, about an obligation that counts in it; its number. It is named when something is
    asked (`object_to_portrait`, `ask_repair`).

    Raises StepNotFound, NotYours, InvalidStep, RefusedFile.
    """
    row = load(actor, portrait_id)
    ensure_own(actor, row)
    if not counted_in(row, obligation_id):
        raise InvalidStep(
            f"the portrait does not count obligation {obligation_id}",
            message_zh="该画像没有计入这项义务，请从画像的明细中选择",
            field="obligation_id",
        )
    owner = owner_of(portrait_id, obligation_id)
    return keep_evidence(owner, of=row, actor=actor, content=content, name=name, now=now)


def owner_of(portrait_id: int, obligation_id: int) -> Owner:
    """Under which name files about an obligation of a portrait are kept."""
    return Owner(PORTRAIT_EVIDENCE, f"{portrait_id}:{obligation_id}")


def ensure_named(portrait_id: int, obligation_id: int, document_ids: Sequence[int]) -> list[int]:
    """That these files were added for this obligation of the portrait. Raises InvalidStep."""
    wanted = list(dict.fromkeys(document_ids))
    if wanted and not set(wanted) <= {each.id for each in documents_of(owner_of(portrait_id, obligation_id))}:
        raise InvalidStep(
            "a file named as evidence was not added for this; upload it there first",
            message_zh="所选证据材料不是为这项义务上传的，请重新上传",
            field="documents",
        )
    return wanted


def may_read_added(actor: Actor, identifier: str) -> bool:
    """Whose portrait it is."""
    portrait, _, obligation = identifier.partition(":")
    if not (portrait.isdigit() and obligation.isdigit()):
        return False
    row = reached(actor).filter(pk=int(portrait)).first()
    return row is not None and speaks_for(actor, row)


def may_read_named(actor: Actor, identifier: str, document_id: int) -> bool:
    """Who supervises the region, of what was named in something that was asked there."""
    portrait, _, obligation = identifier.partition(":")
    if not (portrait.isdigit() and obligation.isdigit() and actor.may(SUPERVISE)):
        return False
    scope = actor.scope(SUPERVISE)
    asked = {"portrait": int(portrait), "obligation": int(obligation), "document_ids__contains": document_id}
    return any(
        scope.filter(model.objects.filter(**asked), region="region_path").exists()
        for model in (PortraitObjection, Repair)
    )


def files_of(rows: Collection[PortraitObjection | Repair]) -> dict[tuple[int, int], tuple[DocumentView, ...]]:
    """The files of what was asked, by portrait and obligation. One query, none where nothing was named."""
    wanted = [each for each in rows if each.document_ids]
    if not wanted:
        return {}
    names = {
        (each.portrait_id, each.obligation_id): f"{each.portrait_id}:{each.obligation_id}" for each in wanted
    }
    there = documents_of_each(PORTRAIT_EVIDENCE, list(names.values()))
    return {key: there.get(name, ()) for key, name in names.items()}
