"""What an enterprise supplies to have an item decided: of itself for good, or of its application for this item."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import declare_fact, may_declare, value_from_text
from yingshang.kernel.reference.api import UnknownFact, get_fact

from ..errors import CannotDeclare, ItemNotFound
from ..matching.live import own_subject
from ..models import Declaration, ItemVersion
from ..tasks import rematch_soon


@transaction.atomic
def supply_fact(*, actor: Actor, party_id: int, code: str, column: str, text: str, now: datetime) -> None:
    """Record a fact that the catalogue leaves to the enterprise, and have the enterprise matched again.

    One about the enterprise holds for everything (`parties.declare_fact`); one about an application for this item
    alone. Raises PartyNotFound, ItemNotFound, CannotDeclare, and InvalidFact for a value that is none.
    """
    subject = own_subject(actor, party_id)
    version = ItemVersion.objects.filter(item__code=code, state="published").select_related("item").first()
    if version is None or not subject.place.startswith(version.region_path):
        raise ItemNotFound(f"no policy item {code!r} there", message_zh=f"没有政策事项“{code}”", value=code)
    try:
        definition = get_fact(column)
    except UnknownFact:
        definition = None
    if definition is None or column not in version.facts or not may_declare(column):
        raise CannotDeclare(
            f"{column} is not for the enterprise to declare here",
            message_zh="该项数据不由企业填报；如有缺漏或错误，请提出异议",
            value=column,
        )
    if definition.about == "party":
        declare_fact(actor=actor, party_id=subject.party_id, column=column, text=text, now=now)
    else:
        value = value_from_text(definition, text)
        Declaration.objects.update_or_create(
            party_id=subject.party_id,
            item=version.item,
            column=column,
            defaults={"value": value, "declared_at": now, "declared_by_name": actor.name},
        )
        record(
            actor=actor,
            action="policies.fact_declared",
            target=Target(
                "policy_item",
                code,
                f"{code} {version.name}",
                region_path=version.region_path,
                party_id=subject.party_id,
            ),
            now=now,
            after={"column": column, "value": None if definition.sensitivity == "personal" else value},
        )
    rematch_soon(now, party_id=subject.party_id)
