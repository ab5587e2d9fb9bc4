"""What fields begin with: what the platform knows of the enterprise, and what it wrote the last time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.parties.api import FactValue, PartyNotFound, PortraitView, get_party, portrait
from yingshang.kernel.reference.api import get_fact

from .problems import fits
from .schemas import PARTY_FACTS
from .selectors import last_values, may_fill_for, user_of
from .specification import FieldSpec
from .values import FormVersionView, Prefilled

REGISTER = ("登记信息", "The register")


def prefill(*, actor: Actor, form: FormVersionView, party_id: int, now: datetime) -> dict[str, Prefilled]:
    """Field → what it begins with, with its source and day.

    A fact that is held wins over an earlier submission. A value that the field itself would refuse is left out, and so
    is personal data that is hidden from the actor: what stays empty is filled in by the person.
    """
    may_fill_for(actor, party_id)
    # What is known of an enterprise is known of the entry that is kept.
    party_id = actor.kept_entry(party_id, "parties.view_own")
    found: dict[str, Prefilled] = {}
    wanted = [field for field in form.fields.values() if field.fact or field.last]
    if not wanted:
        return found
    known = _known(actor, party_id, now) if any(field.fact for field in wanted) else {}
    last = last_values(party_id, user_of(actor)) if any(field.last for field in wanted) else {}
    for field in wanted:
        offered = known.get(field.fact) if field.fact else None
        if offered is None and field.last and field.code in last:
            value, day, name, name_en, kind, _ = last[field.code]
            if kind == field.kind:
                offered = Prefilled(
                    value, f"上次填报：{name}", day, "submission", f"Last filled in: {name_en}"
                )
        if offered is not None and (fitting := _fitting(field, offered)) is not None:
            found[field.code] = fitting
    return found


def _known(actor: Actor, party_id: int, now: datetime) -> Mapping[str, Prefilled]:
    try:
        view = portrait(actor=actor, party_id=party_id, now=now)
        party = get_party(actor=actor, party_id=party_id)
    except (NotAllowed, PartyNotFound):
        return {}
    known = {fact.column: _of_fact(fact) for fact in view.facts if not fact.hidden and fact.value is not None}
    for fact in view.facts:
        if fact.year is not None and fact.code not in known:
            newest = _newest(view, fact.code)
            if newest is not None:
                known[fact.code] = _of_fact(newest)
    today = party.as_of or timezone.localdate(party.updated_at)
    for code, value in zip(PARTY_FACTS, (party.name, party.credit_code, party.region_code), strict=True):
        if value:
            known[code] = Prefilled(value, REGISTER[0], today, "fact", REGISTER[1])
    return known


def _newest(view: PortraitView, code: str) -> FactValue | None:
    years = [fact for fact in view.series(code) if not fact.hidden and fact.value is not None]
    return years[-1] if years else None


def _of_fact(fact: FactValue) -> Prefilled:
    return Prefilled(_plain(fact), fact.source, fact.as_of, "fact", fact.source, stale=fact.stale)


def _plain(fact: FactValue) -> Any:
    value = fact.value
    if isinstance(value, Decimal):
        places = get_fact(fact.column).decimals or 0
        return f"{value:.{places}f}" if places else format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def _fitting(field: FieldSpec, offered: Prefilled) -> Prefilled | None:
    """The value as the field takes it, or None when it does not."""
    value: Any = offered.value
    if field.kind == "integer" and isinstance(value, str):
        value = int(Decimal(value)) if Decimal(value) == int(Decimal(value)) else None
    elif (
        field.kind == "money" and isinstance(value, str) and "." not in value and value.lstrip("-").isdigit()
    ):
        value = f"{value}.00"
    elif field.kind in ("text", "long_text", "choice") and isinstance(value, list):
        value = "、".join(str(each) for each in value)
    if value is None:
        return None
    if not fits(field, value):
        return None
    return Prefilled(value, offered.source, offered.as_of, offered.from_, offered.source_en, offered.stale)
