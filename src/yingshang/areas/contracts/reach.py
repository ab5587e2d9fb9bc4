"""Whose contracts an actor reaches; used by every action and every read."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import PartyNotFound

from .errors import ContractNotFound, NotYours, ObligationNotFound
from .models import Contract, Obligation

VIEW_OWN, STATE_OWN = "contracts.view_own", "contracts.state_own"
VIEW, VIEW_SECRET = "contracts.view", "contracts.view_secret"
REGISTER, REVIEW, HEAD = "contracts.register", "contracts.review", "contracts.head"
SUPERVISE, TRANSFER, RECEIVE = "contracts.supervise", "contracts.transfer", "contracts.receive"
PUBLISH = "contracts.publish"

OPEN_TO_ALL = "open"
"""The secrecy of a contract that every reader of contracts may read."""
HIDDEN_FROM_OWN = ("draft", "submitted", "void")
"""States in which the other side does not see a contract: nobody has reviewed what was written down."""


def own_party(actor: Actor, party_id: int, permission: str = VIEW_OWN) -> int:
    """The enterprise somebody speaks for: the entry that is kept, of a merged one. Raises NotAllowed, PartyNotFound."""
    scope = actor.require(permission)
    party_id = actor.kept_entry(party_id, permission)
    if not (scope.everywhere or party_id in scope.parties):
        raise PartyNotFound(
            f"no enterprise {party_id} of {actor.name}",
            message_zh="没有这家企业，或者您没有查看它的合同的授权",
            value=party_id,
        )
    return party_id


def own_contracts(actor: Actor, permission: str = VIEW_OWN) -> QuerySet[Contract]:
    """The reviewed contracts of the enterprises somebody acts for. Raises NotAllowed."""
    scope = actor.require(permission)
    return Contract.objects.filter(party__in=scope.parties).exclude(state__in=HIDDEN_FROM_OWN)


def on_desk(actor: Actor, permission: str = VIEW) -> QuerySet[Contract]:
    """The contracts of an official's reach. Without the permission for it those that are not open are left out, but for
    the official's own agencies. Raises NotAllowed.
    """
    rows = actor.require(permission).filter(Contract.objects.all(), region="region_path", agency="agency_id")
    return rows.filter(readable(actor))


def readable(actor: Actor, prefix: str = "") -> Q:
    """The condition that somebody may read the contract itself; `prefix` leads to it ("contract__")."""
    open_ones = Q(**{f"{prefix}secrecy": OPEN_TO_ALL})
    if actor.kind == "system":
        return Q()
    return open_ones | Q(**{f"{prefix}agency__in": agencies_of(actor, VIEW)}) | _secret(actor, prefix)


def _secret(actor: Actor, prefix: str) -> Q:
    if not actor.may(VIEW_SECRET):
        return Q(pk__in=())
    scope = actor.scope(VIEW_SECRET)
    if scope.everywhere:
        return Q()
    condition = Q(**{f"{prefix}agency__in": agencies_of(actor, VIEW_SECRET)})
    for path in scope.subtrees:
        condition |= Q(**{f"{prefix}region_path__startswith": path})
    return condition


def obligations_on_desk(actor: Actor, permission: str = VIEW) -> QuerySet[Obligation]:
    """The obligations of contracts in an official's reach. Raises NotAllowed."""
    rows = actor.require(permission).filter(
        Obligation.objects.all(), region="region_path", agency="agency_id"
    )
    return rows.filter(readable(actor, "contract__"))


def own_obligations(actor: Actor, permission: str = VIEW_OWN) -> QuerySet[Obligation]:
    """Those of contracts of the enterprises somebody acts for. Raises NotAllowed."""
    scope = actor.require(permission)
    return Obligation.objects.filter(contract__party__in=scope.parties).exclude(
        contract__state__in=HIDDEN_FROM_OWN
    )


def agencies_of(actor: Actor, permission: str) -> frozenset[int]:
    """The agencies in which somebody holds a role with this permission."""
    return frozenset(
        grant.agency_id
        for grant in actor.grants
        if permission in grant.permissions and grant.agency_id is not None
    )


def load(actor: Actor, contract_id: int, permission: str) -> Contract:
    """One contract within the reach of a permission, locked. Raises NotAllowed, ContractNotFound."""
    found = on_desk(actor, permission).filter(pk=contract_id).values_list("pk", flat=True).first()
    if found is None:
        raise not_found(contract_id)
    return lock(found)


def load_own(actor: Actor, contract_id: int, permission: str = STATE_OWN) -> Contract:
    """One contract of an enterprise somebody acts for, locked. Raises NotAllowed, ContractNotFound."""
    found = own_contracts(actor, permission).filter(pk=contract_id).values_list("pk", flat=True).first()
    if found is None:
        raise not_found(contract_id)
    return lock(found)


def load_obligation(actor: Actor, obligation_id: int, permission: str) -> Obligation:
    """One obligation within the reach of a permission; its contract is locked, then itself, in this order everywhere.

    Raises NotAllowed, ObligationNotFound.
    """
    rows = obligations_on_desk(actor, permission).filter(pk=obligation_id)
    return _locked_obligation(rows, obligation_id)


def load_own_obligation(actor: Actor, obligation_id: int, permission: str = STATE_OWN) -> Obligation:
    """One of an enterprise somebody acts for, locked as by `load_obligation`. Raises NotAllowed, ObligationNotFound."""
    rows = own_obligations(actor, permission).filter(pk=obligation_id)
    return _locked_obligation(rows, obligation_id)


def _locked_obligation(rows: QuerySet[Obligation], obligation_id: int) -> Obligation:
    found = rows.values_list("contract", flat=True).first()
    if found is None:
        raise obligation_not_found(obligation_id)
    contract = lock(found)
    row = Obligation.objects.select_for_update(of=("self",)).select_related("agency").get(pk=obligation_id)
    row.contract = contract
    return row


def lock(contract_id: int) -> Contract:
    """The contract, locked."""
    rows = Contract.objects.select_for_update(of=("self",)).select_related("agency", "party__merged_into")
    return rows.get(pk=contract_id)


def ensure_of_unit(actor: Actor, contract: Contract, permission: str) -> None:
    """That somebody holds the permission in the very unit that signed: nobody writes for another. Raises NotYours."""
    if actor.kind == "system" or contract.agency_id in agencies_of(actor, permission):
        return
    raise NotYours(
        f"{contract.number} is a contract of {contract.agency.name}",
        message_zh=f"该合同由“{contract.agency.name}”登记和履行，请由该单位操作",
        value=contract.number,
    )


def not_found(contract_id: int | str) -> ContractNotFound:
    """The refusal for a contract that is not there, or not for this actor."""
    return ContractNotFound(
        f"no contract {contract_id}", message_zh="没有这份合同，或者您不能查看", value=contract_id
    )


def obligation_not_found(obligation_id: int | str) -> ObligationNotFound:
    """The refusal for an obligation that is not there, or not for this actor."""
    return ObligationNotFound(
        f"no obligation {obligation_id}",
        message_zh="没有这项履约义务，或者您不能查看",
        value=obligation_id,
    )
