"""Who is acting, and how far they reach.

An actor is made once for a request or a job and passed to everything that writes. There is no absent actor: what the
platform does by itself is done by a `SystemActor` with a name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeVar

from django.db.models import Model, Q, QuerySet

from .errors import NotAllowed
from .permissions import get_permission

Reach = Literal["agency", "region", "subtree", "everywhere"]
"""How far a role reaches from its agency: the agency itself, all agencies of its region, the region and everything
below it, or the whole platform."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Grant:
    """One role held in one agency."""

    role: str
    permissions: frozenset[str]
    reach: Reach
    agency_id: int | None = None
    region_path: str = ""
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class MandateGrant:
    """What a person may do for one party (enterprise), and for the entries that were merged into it."""

    party_id: int
    powers: frozenset[str]
    legal_representative: bool = False
    merged: frozenset[int] = frozenset()

    @property
    def parties(self) -> frozenset[int]:
        """Everything this mandate is for: the party and its former duplicates, which are one with it."""
        return self.merged | {self.party_id}


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows a permission reaches. A row is in scope when any of the four parts takes it in."""

    everywhere: bool = False
    subtrees: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    agencies: frozenset[int] = frozenset()
    parties: frozenset[int] = frozenset()

    def covers(self, reach: Reach, *, agency_id: int, region_path: str) -> bool:
        """Whether everything a role of this reach in that agency would take in lies within this scope."""
        if self.everywhere:
            return True
        if reach == "everywhere":
            return False
        if any(region_path.startswith(path) for path in self.subtrees):
            return True
        if reach == "subtree":
            return False
        return region_path in self.regions or (reach == "agency" and agency_id in self.agencies)

    def condition(self, *, region: str = "", agency: str = "", party: str = "") -> Q:
        """The one predicate, for a model whose region path, agency and party are found by these look-ups.

        `region` names the path column (e.g. "region__path"). A part without a look-up takes nothing in, so a model
        that cannot be tied to an agency is never shown to somebody who reaches an agency only.
        """
        nothing = Q(pk__in=())
        if self.everywhere or (region and "" in self.subtrees):
            # Not an empty Q: `Q() | other` is `other`, which would narrow what is meant to be everything.
            return ~nothing
        condition = nothing
        if region:
            for path in self.subtrees:
                condition |= Q(**{f"{region}__startswith": path})
            if self.regions:
                condition |= Q(**{f"{region}__in": self.regions})
        if agency and self.agencies:
            condition |= Q(**{f"{agency}__in": self.agencies})
        if party and self.parties:
            condition |= Q(**{f"{party}__in": self.parties})
        return condition

    def filter(
        self, rows: QuerySet[M], *, region: str = "", agency: str = "", party: str = ""
    ) -> QuerySet[M]:
        """The rows in scope; the predicate is part of the query."""
        return rows.filter(self.condition(region=region, agency=agency, party=party))


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or some system, who acts."""

    kind: Literal["user", "client", "system", "visitor"]
    identifier: str
    name: str
    grants: tuple[Grant, ...] = ()
    mandates: tuple[MandateGrant, ...] = field(default=())

    def may(self, permission: str) -> bool:
        """Whether some role or mandate allows it somewhere. Raises UnknownPermission for a misspelt one."""
        get_permission(permission)
        # Asked some hundred times for a page with its navigation: the same as a scope that takes something in.
        return (
            self.kind == "system"
            or any(
                permission in grant.permissions and (grant.reach != "agency" or grant.agency_id is not None)
                for grant in self.grants
            )
            or any(permission in mandate.powers for mandate in self.mandates)
        )

    def require(self, permission: str) -> Scope:
        """The scope of the permission. Raises NotAllowed when it reaches nothing."""
        if not self.may(permission):
            what = get_permission(permission)
            raise NotAllowed(
                f"{self.name or 'this visitor'} may not {what.name_en}",
                message_zh=f"没有“{what.name}”的权限",
                permission=permission,
            )
        return self.scope(permission)

    def scope(self, permission: str) -> Scope:
        """How far the permission reaches, over all roles and mandates."""
        if self.kind == "system":
            return Scope(everywhere=True)
        held = [grant for grant in self.grants if permission in grant.permissions]
        return Scope(
            everywhere=any(grant.reach == "everywhere" for grant in held),
            subtrees=frozenset(grant.region_path for grant in held if grant.reach == "subtree"),
            regions=frozenset(grant.region_path for grant in held if grant.reach == "region"),
            agencies=frozenset(
                grant.agency_id for grant in held if grant.reach == "agency" and grant.agency_id is not None
            ),
            parties=frozenset[int]().union(
                *(mandate.parties for mandate in self.mandates if permission in mandate.powers)
            ),
        )

    def acts_for(self, party_id: int) -> bool:
        """Whether some mandate is for this party, or for the one it was merged into."""
        return any(party_id in mandate.parties for mandate in self.mandates)

    def kept_entry(self, party_id: int, permission: str) -> int:
        """The party that is kept, where this one was merged into one for which the actor may do this; else itself."""
        held = [each for each in self.mandates if permission in each.powers and party_id in each.merged]
        # Of several in a chain, the one that is kept in the end has the others merged into it.
        return max(held, key=lambda each: len(each.merged)).party_id if held else party_id

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    @property
    def needs_second_factor(self) -> bool:
        """Whether a role they hold asks for more than a password."""
        return any(grant.second_factor for grant in self.grants)

    @property
    def is_official(self) -> bool:
        """Whether the workbench is open to them."""
        return bool(self.grants)


def system_actor(name: str) -> Actor:
    """The platform itself, under the name of what runs: `system_actor("deadline-sweeper")`."""
    return Actor(kind="system", identifier=name, name=name)


VISITOR = Actor(kind="visitor", identifier="", name="")
"""Somebody without an account."""
