"""Several items in one go 一表多项: begun together, completed on one page, handed in together or not at all.

A bundle is a number its claims share; once they are handed in, each has a life of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.rules.errors import DomainError

from ..errors import BundleNotFound, InvalidBundle, NotInBundle
from ..models import Claim, ItemTerms
from ..reach import CONFIRM, OWN, load, own_party
from .add_material import add_file, promise_material, remove_material, reuse_file, use_known
from .begin_claim import begin_claim, terms_for
from .submit_claim import submit_claim
from .withdraw_claim import confirm_as_representative

MODES = ("online", "instant", "once")
"""The modes several of which can be applied for on one page: an automatic one needs no application."""


@transaction.atomic
def begin_bundle(*, actor: Actor, party_id: int, codes: Collection[str], now: datetime) -> str:
    """Drafts for several items, which share a number; a draft there is already is taken in. All of them or none.

    Raises PartyNotFound, InvalidBundle, and for an item what `begin_claim` raises.
    """
    party_id = own_party(actor, party_id)
    chosen = sorted(set(codes))
    if len(chosen) < 2:
        raise InvalidBundle(
            "choose at least two items; a single one is applied for from its own page",
            message_zh="请至少选择两个事项；只申请一个事项的，从该事项页面申请",
            field="codes",
        )
    if len(chosen) > 20:
        raise InvalidBundle("choose at most 20 items", message_zh="一次最多选择 20 个事项", field="codes")
    claims = []
    for code in chosen:
        terms = terms_for(code)
        if terms.mode not in MODES:
            raise NotInBundle(
                f"{code} cannot be applied for together with others (it is {terms.mode})",
                message_zh="免申即享的事项不用申请，不能一并申请",
                value=code,
            )
        number = begin_claim(actor=actor, party_id=party_id, code=code, now=now)
        claims.append(load(actor, number, OWN))
    bundle = f"YB{claims[0].number.removeprefix('DX')}"
    if Claim.objects.filter(bundle=bundle).exclude(pk__in=[each.pk for each in claims]).exists():
        # What was applied for with that draft before has a number of its own already.
        bundle = f"{bundle}-{now:%H%M%S%f}"[:40]
    for claim in claims:
        claim.bundle = bundle
        claim.save(update_fields=["bundle"])
    _note(bundle, claims, "bundle_begun", actor=actor, now=now)
    return bundle


@transaction.atomic
def add_file_to_bundle(
    *, actor: Actor, bundle: str, material: str, content: Any, name: str, now: datetime
) -> None:
    """A file once, for every draft that asks for a material of this name.

    Raises BundleNotFound, RefusedFile, InvalidBundle.
    """
    (first, code), *others = _asking(actor, bundle, material)
    row = add_file(actor=actor, claim_id=first.pk, code=code, content=content, name=name, now=now)
    for claim, code in others:
        reuse_file(actor=actor, claim_id=claim.pk, code=code, material_id=row, now=now)


@transaction.atomic
def reuse_in_bundle(*, actor: Actor, bundle: str, material: str, material_id: int, now: datetime) -> None:
    """A file of an earlier claim, for every draft that asks for it.

    Raises BundleNotFound, InvalidBundle, InvalidClaim.
    """
    for claim, code in _asking(actor, bundle, material):
        reuse_file(actor=actor, claim_id=claim.pk, code=code, material_id=material_id, now=now)


@transaction.atomic
def use_known_in_bundle(*, actor: Actor, bundle: str, material: str, now: datetime) -> None:
    """What the register knows, for every draft that asks for it.

    Raises BundleNotFound, InvalidBundle, InvalidClaim.
    """
    for claim, code in _asking(actor, bundle, material):
        use_known(actor=actor, claim_id=claim.pk, code=code, now=now)


@transaction.atomic
def promise_in_bundle(*, actor: Actor, bundle: str, material: str, now: datetime) -> None:
    """A promise for every draft that asks for the material.

    Raises BundleNotFound, InvalidBundle, InvalidClaim.
    """
    for claim, code in _asking(actor, bundle, material):
        promise_material(actor=actor, claim_id=claim.pk, code=code, now=now)


@transaction.atomic
def remove_from_bundle(*, actor: Actor, bundle: str, material: str, now: datetime) -> None:
    """Take a material off every draft. Raises BundleNotFound, InvalidBundle."""
    for claim, code in _asking(actor, bundle, material):
        for number in list(claim.materials.filter(code=code).values_list("pk", flat=True)):
            remove_material(actor=actor, claim_id=claim.pk, material_id=number, now=now)


@transaction.atomic
def confirm_bundle(*, actor: Actor, bundle: str, now: datetime) -> None:
    """The legal representative stands by every draft, at once. Raises NotAllowed, BundleNotFound."""
    for claim in drafts_of(actor, bundle, permission=CONFIRM):
        confirm_as_representative(actor=actor, claim_id=claim.pk, now=now)


@transaction.atomic
def submit_bundle(
    *,
    actor: Actor,
    bundle: str,
    account_id: int,
    visits: Mapping[int, tuple[int, datetime]] | None = None,
    now: datetime,
) -> dict[int, str]:
    """Hand every draft in, with one account: all of them or none. Claim → its state then.

    `visits`: agency → window and time, for what somebody comes to a window for; everything of one agency comes with
    one visit, and takes one place. Raises BundleNotFound, and of the first that cannot be handed in what `submit_claim`
    raises, saying which it is.
    """
    found = drafts_of(actor, bundle)
    states, first = {}, dict[int, int]()
    # Windows are locked in one order, whoever hands in at the same moment.
    for claim in sorted(found, key=lambda each: (each.mode == "once", each.agency_id, each.pk)):
        window_id, starts_at = (visits or {}).get(claim.agency_id, (None, None))
        given: dict[str, Any] = {"actor": actor, "claim_id": claim.pk, "account_id": account_id, "now": now}
        if claim.mode == "once":
            if claim.agency_id in first:
                given["with_claim"] = first[claim.agency_id]
            else:
                given |= {"window_id": window_id, "starts_at": starts_at}
                first[claim.agency_id] = claim.pk
        states[claim.pk] = _named(claim, partial(submit_claim, **given))
    _note(bundle, found, "bundle_submitted", actor=actor, now=now)
    return states


@transaction.atomic
def leave_bundle(*, actor: Actor, claim_id: int, now: datetime) -> None:
    """Go on with one draft alone. Raises ClaimNotFound, BundleNotFound."""
    claim = load(actor, claim_id, OWN)
    if claim.state != "draft" or not claim.bundle:
        raise _not_found(claim.bundle or str(claim_id))
    bundle, claim.bundle = claim.bundle, ""
    claim.save(update_fields=["bundle"])
    _note(bundle, [claim], "bundle_left", actor=actor, now=now)


def drafts_of(actor: Actor, bundle: str, *, permission: str = OWN) -> list[Claim]:
    """The drafts of a bundle within the actor's reach, locked in one order. Raises BundleNotFound."""
    scope = actor.require(permission)
    rows = Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into")
    found = list(
        scope.filter(rows, region="region_path", party="party")
        .filter(bundle=bundle, state="draft")
        .exclude(bundle="")
        .order_by("pk")
    )
    if not found:
        raise _not_found(bundle)
    return found


def _asking(actor: Actor, bundle: str, material: str) -> list[tuple[Claim, str]]:
    """The drafts that ask for a material of this name, each with its own code for it."""
    found = drafts_of(actor, bundle)
    terms = {
        row.item_code: row
        for row in ItemTerms.objects.filter(item_code__in=[claim.item_code for claim in found])
    }
    asking = [
        (claim, str(each["code"]))
        for claim in found
        if claim.item_code in terms
        for each in terms[claim.item_code].materials
        if each["name"] == material
    ]
    if not asking:
        raise InvalidBundle(
            f"none of these items asks for {material}",
            message_zh=f"这些事项都不需要“{material}”",
            field="materials",
            value=material,
        )
    return asking


def _named(claim: Claim, act: Callable[[], str]) -> str:
    """What an action comes to; its refusal says which item it is about."""
    try:
        return act()
    except DomainError as refusal:
        refusal.message = f"{claim.item_name}: {refusal.message}"
        refusal.message_zh = f"“{claim.item_name}”：{refusal.message_zh}"
        raise


def _not_found(bundle: str) -> BundleNotFound:
    return BundleNotFound(
        f"no drafts {bundle} to be handed in together",
        message_zh="没有这组一并办理的草稿，可能已经提交",
        value=bundle,
    )


def _note(bundle: str, claims: list[Claim], what: str, *, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "claim_bundle",
            bundle,
            bundle,
            region_path=claims[0].region_path,
            agency_id=claims[0].agency_id,
            party_id=claims[0].party_id,
        ),
        now=now,
        after={"claims": [claim.number for claim in claims], "items": [claim.item_code for claim in claims]},
    )
