"""What a system sends is taken in at once: some contracts, or a package of releases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...errors import InvalidImport
from ...lifecycle import BATCH
from ...models import ImportBatch
from ...reach import REGISTER
from ...registering.actions._steps import user_of
from ...units import own_units
from ..files import PACKAGE, SYSTEM
from ..ocds import read_package
from ..rules import gathering_rules
from ..taking import Taker
from ..values import Gathered, Incoming


@transaction.atomic
def gather_contracts(*, actor: Actor, contracts: Sequence[Incoming], name: str, now: datetime) -> Gathered:
    """Take in what a system sends: contracts with mistakes are left out and told, the others are taken; sent again, by
    the same `source_reference`, they are the ones that are there. What a system sends is in force at once; what a
    person sends waits for the unit's reviewer.

    Needs `contracts.register`. Raises NotAllowed, InvalidImport for too many in one call.
    """
    actor.require(REGISTER)
    _ensure_few(len(contracts))
    said = "\n".join(f"{each.unit}|{each.source_reference}|{each.fields.title}" for each in contracts)
    return _take(actor, SYSTEM, contracts, name, hashlib.sha256(said.encode()).hexdigest(), now)


@transaction.atomic
def gather_package(*, actor: Actor, package: Any, name: str, now: datetime) -> Gathered:
    """The same of a release package of OCDS 1.1. Raises NotAllowed, InvalidImport."""
    actor.require(REGISTER)
    most = gathering_rules().most_in_call
    contracts = tuple(islice(read_package(package), most + 1))
    _ensure_few(len(contracts))
    digest = hashlib.sha256(json.dumps(package, sort_keys=True).encode()).hexdigest()
    return _take(actor, PACKAGE, contracts, name, digest, now)


def _ensure_few(count: int) -> None:
    most = gathering_rules().most_in_call
    if count > most:
        raise InvalidImport(
            f"a call takes {most} contracts at most; send several calls, or upload a file",
            message_zh=f"一次最多报送 {most} 份合同，请分次报送，或者上传文件",
            field="contracts",
        )
    if not count:
        raise InvalidImport("there is no contract in it", message_zh="没有合同", field="contracts")


def _take(
    actor: Actor, source: str, contracts: Sequence[Incoming], name: str, digest: str, now: datetime
) -> Gathered:
    scope = actor.scope(REGISTER)
    own = own_units(actor=actor, permission=REGISTER) if actor.grants else ()
    batch = ImportBatch.objects.create(
        agency_id=own[0].id if own else None,
        region_path=own[0].region_path if own else min(scope.subtrees | scope.regions, default=""),
        source=source,
        name=name[:200],
        content_hash=digest,
        state="running",
        row_count=len(contracts),
        started_by_id=user_of(actor),
        started_by_name=actor.name,
        started_at=now,
    )
    taker = Taker(actor=actor, batch=batch, now=now)
    taken = taker.take(contracts, seen=len(contracts))
    batch = taker.batch
    batch.state, batch.ended_at = BATCH.after(batch.state, "ended"), now
    batch.save(update_fields=["state", "ended_at"])
    most = gathering_rules().most_problems
    return Gathered(
        batch_id=batch.pk,
        numbers=tuple(taken.numbers),
        contract_count=taken.contracts,
        duplicate_count=taken.duplicates,
        problems=tuple(taken.problems[:most]),
        problem_count=len(taken.problems),
    )
