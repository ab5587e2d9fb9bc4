"""Evidence of what was performed: files of either side, kept with the obligation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, documents_of, store

from ..errors import InvalidStep
from ..ladder._steps import ensure_outside
from ..lifecycle import OBLIGATION
from ..models import Obligation, PublishedPortrait
from ..obligations.rules import obligation_rules
from ..reach import (
    REGISTER,
    STATE_OWN,
    SUPERVISE,
    VIEW,
    VIEW_OWN,
    ensure_of_unit,
    load_obligation,
    load_own_obligation,
    obligations_on_desk,
    own_obligations,
)
from ..registering.rules import contract_rules

EVIDENCE = "contract_evidence"


@transaction.atomic
def add_evidence(*, actor: Actor, obligation_id: int, content: Any, name: str, now: datetime) -> int:
    """A file of who registers for the unit, of the other side where somebody acts for it, or of who supervises and
    corrects it; its number. It is named when something is said of the obligation.

    Raises NotAllowed, ObligationNotFound, NotYours, NotPossibleNow, InvalidStep, RefusedFile.
    """
    # Somebody may sit in a unit and act for an enterprise, too.
    own = actor.may(STATE_OWN) and own_obligations(actor, STATE_OWN).filter(pk=obligation_id).exists()
    mine = actor.may(REGISTER) and obligations_on_desk(actor, REGISTER).filter(pk=obligation_id).exists()
    if actor.may(SUPERVISE) and not (own or mine):
        row = load_obligation(actor, obligation_id, SUPERVISE)
        ensure_outside(actor, row.agency_id)
    elif actor.may(REGISTER) and not own:
        row = load_obligation(actor, obligation_id, REGISTER)
        ensure_of_unit(actor, row.contract, REGISTER)
    else:
        row = load_own_obligation(actor, obligation_id, STATE_OWN)
    OBLIGATION.after(row.state, "withdrawn")
    return keep_evidence(
        Owner(EVIDENCE, str(row.pk)), of=row, actor=actor, content=content, name=name, now=now
    )


def keep_evidence(
    owner: Owner, *, of: Obligation | PublishedPortrait, actor: Actor, content: Any, name: str, now: datetime
) -> int:
    """A file of the kinds and sizes that contracts take, as many as the rules allow; its number. Raises InvalidStep,
    RefusedFile.
    """
    most = obligation_rules().most_documents
    if len(documents_of(owner)) >= most:
        raise InvalidStep(
            f"there are {most} files at most; put several into one",
            message_zh=f"最多 {most} 个证据材料，请合并后上传",
            field="documents",
        )
    limits = contract_rules().file_limits
    document = store(
        actor=actor,
        content=content,
        name=name,
        owner=owner,
        party_id=of.party_id,
        region_path=of.region_path,
        agency_id=of.agency_id,
        allowed=list(limits["kinds"]),
        largest=min(int(limits["largest_bytes"]), settings.DOCUMENT_UPLOAD_LIMIT),
        now=now,
    )
    return int(document.id)


def may_read_evidence(actor: Actor, identifier: str) -> bool:
    """Both sides, and officials who may read the contract."""
    if not identifier.isdigit():
        return False
    number = int(identifier)
    if actor.may(VIEW_OWN) and own_obligations(actor).filter(pk=number).exists():
        return True
    return actor.may(VIEW) and obligations_on_desk(actor).filter(pk=number).exists()


def ensure_evidence(row: Obligation, document_ids: Sequence[int], *, of_contract: bool = True) -> list[int]:
    """That these files are with the obligation, or (`of_contract`) its contract, of which the other side may not read
    every one. Raises InvalidStep.
    """
    wanted = list(dict.fromkeys(document_ids))
    if not wanted:
        return []
    there = {each.id for each in documents_of(Owner(EVIDENCE, str(row.pk)))}
    if of_contract and not set(wanted) <= there:
        there |= {each.id for each in documents_of(Owner("contract_file", str(row.contract_id)))}
    if not set(wanted) <= there:
        raise InvalidStep(
            "a file named as evidence is not with this obligation; upload it there first",
            message_zh="所选证据材料不属于这项义务，请重新上传",
            field="documents",
        )
    return wanted
