"""Personal data of a party in the clear, for those who may see it and say why.

The caller writes down who saw what for which purpose (`access.api.note_personal_view`) in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from yingshang.kernel.access.api import Actor, NotAllowed

from .portraits import portrait
from .scope import may_see_personal, visible_party


@dataclass(frozen=True, slots=True)
class PersonalDatum:
    """One piece of personal data. `name` is what the record of views calls it."""

    name: str
    label: str
    text: str


def personal_data(*, actor: Actor, party_id: int, now: datetime) -> tuple[PersonalDatum, ...]:
    """Contact, identity number and personal facts of a party; what is not known is left out.

    Raises PartyNotFound outside the actor's scope, NotAllowed where personal data of this party are not theirs to see.
    """
    party = visible_party(actor, party_id)
    if not may_see_personal(actor, party_id):
        raise NotAllowed(
            "personal data of this party may not be shown to this actor",
            message_zh="没有查看该主体个人信息的权限",
        )
    registered = (
        PersonalDatum("contact_email", _("登记联系邮箱"), party.contact_email),
        PersonalDatum("contact_phone", _("登记联系电话"), party.contact_phone),
        PersonalDatum("identity_number", _("证件号码"), party.identity_number),
    )
    facts = portrait(actor=actor, party_id=party_id, now=now, show_personal=True).facts
    told = (
        PersonalDatum(fact.column, fact.label, fact.text) for fact in facts if fact.sensitivity == "personal"
    )
    return tuple(each for each in (*registered, *told) if each.text)
