"""Let somebody act for an enterprise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from yingshang.kernel.ledger.api import Target, record

from ..actors import Actor
from ..directory import user_not_found
from ..errors import AlreadyHeld, InvalidPeriod, InvalidPowers, NotAllowed, PartyNotFound
from ..models import Mandate, User
from ..permissions import get_permission
from ..roles_file import roles_file
from ._steps import refuse_oneself


def grant_mandate(
    *,
    actor: Actor,
    user_id: int,
    party_id: int,
    now: datetime,
    powers: Iterable[str] | None = None,
    legal_representative: bool = False,
    valid_until: date | None = None,
    reason: str = "",
) -> int:
    """Authorise a user for an enterprise, or change what they are authorised for; the number of the mandate.

    A legal representative, or a clerk to whom that was passed on, authorises clerks of their own enterprise, with no
    power they do not hold themselves. Who the legal representative is, is found out by the platform (binding), not
    granted by anybody. Who is authorised until a day authorises nobody for longer.
    """
    scope = actor.require("mandates.grant")
    refuse_oneself(actor, user_id)
    if legal_representative and actor.kind != "system":
        raise NotAllowed(
            "nobody grants the place of a legal representative",
            message_zh="法定代表人通过企业绑定确认，不能由他人授予",
        )
    wanted = _powers(powers, legal_representative)
    if valid_until is not None and (valid_until < timezone.localdate(now) or legal_representative):
        raise InvalidPeriod(
            f"it would end on {valid_until}", message_zh="有效期应不早于今天", field="valid_until"
        )
    with transaction.atomic():
        party = _load_party(party_id, actor, scope.parties)
        _refuse_more_than_held(actor, party, wanted, valid_until)
        user = User.objects.filter(pk=user_id, is_active=True).first()
        if user is None:
            raise user_not_found(user_id)
        former = Mandate.objects.filter(user=user, party_id=party_id, revoked_at__isnull=True).first()
        _refuse_overruling(former, party, legal_representative)
        if former is not None:
            former.revoked_at = now
            former.save(update_fields=["revoked_at"])
        mandate = Mandate.objects.create(
            user=user,
            party_id=party_id,
            legal_representative=legal_representative,
            powers=wanted,
            granted_by_id=int(actor.identifier) if actor.kind == "user" else None,
            granted_at=now,
            valid_until=valid_until,
        )
        record(
            actor=actor,
            action="access.mandate_granted",
            target=Target(
                "mandate",
                str(mandate.pk),
                f"{user} → {party}",
                region_path=party.region.path if party.region else "",
                party_id=party_id,
            ),
            now=now,
            before={"mandate": former.pk, "powers": former.powers} if former else None,
            after={
                "user_id": user_id,
                "powers": wanted,
                "legal_representative": legal_representative,
                "valid_until": valid_until,
            },
            reason=reason,
        )
    return mandate.pk


def _powers(powers: Iterable[str] | None, legal_representative: bool) -> list[str]:
    file = roles_file()
    if legal_representative:
        return list(file.legal_representative)
    wanted = list(dict.fromkeys(file.clerk if powers is None else powers))
    for power in wanted:
        get_permission(power)
    unknown = [power for power in wanted if power not in file.legal_representative]
    if unknown or not wanted:
        raise InvalidPowers(
            f"not to be passed on: {', '.join(unknown)}" if unknown else "a mandate without powers",
            message_zh="这些权限不能授予经办人：" + "、".join(unknown) if unknown else "请至少选择一项权限",
            powers=unknown,
        )
    return wanted


def _load_party(party_id: int, actor: Actor, own: frozenset[int]) -> Any:
    """The enterprise, locked, so that two mandates for it wait for each other."""
    rows = apps.get_model("parties", "Party")._default_manager.select_related("region")
    party = rows.select_for_update(of=("self",), no_key=True).filter(pk=party_id).first()
    if party is None or party.merged_into_id or (actor.kind != "system" and party_id not in own):
        raise PartyNotFound(
            f"no enterprise {party_id}", message_zh="没有这家企业，或者您未获其授权", value=party_id
        )
    return party


def _refuse_more_than_held(actor: Actor, party: Any, wanted: list[str], valid_until: date | None) -> None:
    """What was true when the request began may be over: the actor's own mandate is read again, locked."""
    if actor.kind == "system":
        return
    own = (
        Mandate.objects.select_for_update()
        .filter(user_id=int(actor.identifier), party_id=party.pk, revoked_at__isnull=True)
        .first()
    )
    if own is None:
        raise PartyNotFound(
            f"no enterprise {party.pk}", message_zh="没有这家企业，或者您未获其授权", value=party.pk
        )
    missing = [power for power in wanted if power not in own.powers]
    if missing:
        names = "、".join(get_permission(power).name for power in missing)
        raise NotAllowed(
            f"{actor.name} does not hold {', '.join(missing)} and cannot pass it on",
            message_zh=f"您自己没有“{names}”的权限，不能授予他人",
            powers=missing,
        )
    if own.valid_until is not None and (valid_until is None or valid_until > own.valid_until):
        raise InvalidPeriod(
            f"the actor's own mandate ends on {own.valid_until}",
            message_zh=f"您自己的授权到{own.valid_until}为止，授予他人的有效期不能更晚",
            field="valid_until",
        )


def _refuse_overruling(former: Mandate | None, party: Any, legal_representative: bool) -> None:
    if former is not None and former.legal_representative:
        raise AlreadyHeld(
            f"that is the legal representative of {party}", message_zh="此人是法定代表人，不需要授权"
        )
    if not legal_representative:
        return
    if Mandate.objects.filter(party_id=party.pk, legal_representative=True, revoked_at__isnull=True).exists():
        raise AlreadyHeld(
            f"{party} has a legal representative already", message_zh=f"{party}已有法定代表人，须先变更"
        )
