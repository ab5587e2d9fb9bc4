"""A system, or somebody who answers a hotline, hands in what a caller said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...actions.add_file import keep_file, prove_file
from ...actions.have_the_word import keep_addition
from ...actions.submit_appeal import Reporter, Submitted, submit_appeal
from ...lifecycle import APPEAL
from ...models import Appeal
from ...reach import not_found
from ..reach import REGISTER, enterprises, no_enterprise
from ..selectors import followed, own_reference

NOBODY = Reporter()


@transaction.atomic
def register_appeal(
    *,
    actor: Actor,
    title: str,
    body: str,
    region_code: str = "",
    credit_code: str = "",
    reporter: Reporter = NOBODY,
    urgency: str = "normal",
    reference: str = "",
    now: datetime,
) -> Submitted:
    """Hand an appeal in for who said it. Under one `reference` of one system it is taken in once. An enterprise is
    named by its credit code, and must be registered within the actor's reach. Needs `appeals.register`.

    Raises NotAllowed, InvalidText, InvalidAppeal, NobodyToAsk.
    """
    actor.require(REGISTER)
    party_id = None
    if credit_code:
        code = credit_code.strip().upper()
        party = enterprises(actor, [code]).get(code)
        if party is None:
            raise no_enterprise(code)
        party_id = party.id
    return submit_appeal(
        actor=actor,
        title=title,
        body=body,
        region_code=region_code,
        channel="api",
        party_id=party_id,
        anonymous=party_id is None and reporter == NOBODY,
        reporter=reporter,
        urgency=urgency,
        reference=own_reference(actor, reference.strip()) if reference.strip() else "",
        now=now,
    )


@transaction.atomic
def add_by_number(*, actor: Actor, number: str, body: str, now: datetime) -> None:
    """Add to one's own appeal, or to one of other channels within the actor's reach, named by its number.

    Raises AppealNotFound, NotPossibleNow, InvalidText.
    """
    keep_addition(_locked(actor, number), actor=actor, body=body, by=actor.name, now=now)


@transaction.atomic
def add_file_by_number(*, actor: Actor, number: str, content: Any, name: str, now: datetime) -> int:
    """A file of one's own appeal, or of one of other channels within the actor's reach: a picture, a document, what a
    caller said. Its number.

    Raises AppealNotFound, NotPossibleNow, InvalidAppeal, RefusedFile.
    """
    file = prove_file(content, name)
    appeal = _locked(actor, number)
    APPEAL.after(appeal.state, "added")
    return keep_file(appeal, actor, file, now)


def _locked(actor: Actor, number: str) -> Appeal:
    found = followed(actor).filter(number=number.strip().upper()).values_list("pk", flat=True).first()
    if found is None:
        raise not_found(number)
    rows = Appeal.objects.select_for_update(of=("self",)).select_related(
        "party__merged_into", "agency", "desk"
    )
    return rows.get(pk=found)
