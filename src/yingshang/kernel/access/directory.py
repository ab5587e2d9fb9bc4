"""Reading who there is: users, roles, appointments, mandates, systems, and who saw what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet

from .actors import Actor, Scope
from .errors import NotAllowed, RoleNotFound, UserNotFound
from .merged import entries_of, kept_of
from .models import Appointment, Mandate, PersonalDataView, Role, SystemClient, User
from .permissions import get_permission
from .personal_data import mask


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role: what it allows, how far, and what may not be held beside it."""

    code: str
    name: str
    name_en: str
    description: str
    reach: str
    permissions: tuple[str, ...]
    conflicts: tuple[str, ...]
    administers: tuple[str, ...]
    second_factor: bool


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """A role somebody holds, or held, in an agency."""

    id: int
    user_id: int
    role: str
    role_name: str
    agency_id: int
    agency_name: str
    region_code: str
    valid_from: date
    valid_until: date | None
    ended_at: datetime | None

    def in_force(self, today: date) -> bool:
        """Whether it counts on this day."""
        begun = self.valid_from <= today
        return begun and self.ended_at is None and (self.valid_until is None or self.valid_until >= today)


@dataclass(frozen=True, slots=True)
class UserSummary:
    """One line of the list of users."""

    id: int
    username: str
    name: str
    agency_id: int | None
    agency_name: str
    is_active: bool
    appointments: tuple[AppointmentView, ...]


@dataclass(frozen=True, slots=True)
class UserDetail:
    """A user as an administrator sees them: how to reach them is masked."""

    summary: UserSummary
    email: str
    phone: str
    second_factor: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UserPage:
    """Some users, and how many there are in all."""

    rows: tuple[UserSummary, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class MandateView:
    """What somebody may do, or might, for an enterprise."""

    id: int
    user_id: int
    user_name: str
    party_id: int
    party_name: str
    legal_representative: bool
    powers: tuple[str, ...]
    granted_by_name: str
    granted_at: datetime
    valid_until: date | None
    revoked_at: datetime | None

    def in_force(self, today: date) -> bool:
        """Whether it counts on this day."""
        return self.revoked_at is None and (self.valid_until is None or self.valid_until >= today)


@dataclass(frozen=True, slots=True)
class ClientView:
    """A system that may call the API. Its secret is known to nobody but itself."""

    id: int
    client_id: str
    name: str
    role: str
    role_name: str
    agency_id: int
    agency_name: str
    registered_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonalView:
    """Somebody saw personal data of a party."""

    seen_at: datetime
    actor_kind: str
    actor_name: str
    party_id: int
    fields: tuple[str, ...]
    purpose: str


@dataclass(frozen=True, slots=True)
class AccountContact:
    """How somebody with an account is reached."""

    user_id: int
    name: str
    email: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """How somebody wants to read the platform."""

    language: str
    large_text: bool


def preferences_of(*, actor: Actor) -> Preferences:
    """One's own preferences. Raises NotAllowed for what is not a user."""
    if actor.kind != "user":
        raise NotAllowed("only users have preferences", message_zh="请先登录")
    user = User.objects.get(pk=int(actor.identifier))
    return Preferences(user.language, user.large_text)


def contact_of_user(*, user_id: int) -> AccountContact | None:
    """How a user is reached, for the room that sends messages; None without such an open account.

    An e-mail address counts when it was confirmed: whoever registered may have typed somebody else's.
    """
    user = _reachable(User.objects.filter(pk=user_id)).first()
    return None if user is None else _contact(user)


def contacts_of_users(*, user_ids: Collection[int]) -> dict[int, AccountContact]:
    """The same for many users in one query; those without an open account are left out."""
    return {user.pk: _contact(user) for user in _reachable(User.objects.filter(pk__in=user_ids))}


def contacts_of_party(*, party_id: int, today: date) -> tuple[AccountContact, ...]:
    """How those are reached who act for an enterprise today, for the room that sends messages.

    Of a duplicate also those who act for the party it was merged into.
    """
    held = Mandate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    held = held.filter(party__in=kept_of(party_id), revoked_at__isnull=True, user=OuterRef("pk"))
    return tuple(_contact(user) for user in _reachable(User.objects.filter(Exists(held))).order_by("pk"))


def contacts_of_parties(*, party_ids: Collection[int], today: date) -> dict[int, tuple[AccountContact, ...]]:
    """The same for many enterprises at once, in three queries; those nobody acts for are left out.

    Numbers that follow each other are best given as a `range`: only its ends are put into the query.
    """
    held = Mandate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    held = held.filter(revoked_at__isnull=True)
    pairs = [
        *held.filter(_among("party_id", party_ids)).values_list("party_id", "user_id"),
        *held.filter(_among("party__merged", party_ids)).values_list("party__merged", "user_id"),
    ]
    found = {user.pk: user for user in _reachable(User.objects.filter(pk__in={user for _, user in pairs}))}
    contacts: dict[int, tuple[AccountContact, ...]] = {}
    for party_id, user_id in sorted(set(pairs)):
        if user_id in found:
            contacts[party_id] = (*contacts.get(party_id, ()), _contact(found[user_id]))
    return contacts


def _among(field: str, numbers: Collection[int]) -> Q:
    if isinstance(numbers, range) and numbers.step == 1:
        return Q((f"{field}__gte", numbers.start), (f"{field}__lt", numbers.stop))
    return Q((f"{field}__in", numbers))


def _reachable(rows: QuerySet[User]) -> QuerySet[User]:
    confirmed = EmailAddress.objects.filter(
        user=OuterRef("pk"), verified=True, email__iexact=OuterRef("email")
    )
    return rows.filter(is_active=True).annotate(confirmed=Exists(confirmed))


def _contact(user: Any) -> AccountContact:
    email = user.email if user.confirmed else ""
    return AccountContact(user.pk, str(user), email, user.phone, user.language)


def roles() -> tuple[RoleView, ...]:
    """All roles, in the order of their file."""
    return tuple(_role_view(role) for role in Role.objects.all())


def get_role(code: str) -> RoleView:
    """One role. Raises RoleNotFound."""
    role = Role.objects.filter(code=code).first()
    if role is None:
        raise RoleNotFound(f"no role {code!r}", message_zh=f"没有角色“{code}”", value=code)
    return _role_view(role)


def users(
    *,
    actor: Actor,
    text: str = "",
    agency_id: int | None = None,
    role: str = "",
    active: bool | None = None,
    order: str = "name",
    page: int = 1,
    per_page: int = 20,
) -> UserPage:
    """Users kept by, or appointed in, the agencies of the actor's scope. Four queries, whatever the number."""
    rows = users_in(actor.require("access.view_users"))
    if text.strip():
        rows = rows.filter(Q(username__icontains=text.strip()) | Q(name__icontains=text.strip()))
    if active is not None:
        rows = rows.filter(is_active=active)
    held = Appointment.objects.filter(user=OuterRef("pk"), ended_at__isnull=True)
    if agency_id is not None:
        rows = rows.filter(Q(agency_id=agency_id) | Exists(held.filter(agency_id=agency_id)))
    if role:
        rows = rows.filter(Exists(held.filter(role__code=role)))
    column = order.lstrip("-")
    if column not in ("name", "username", "created_at"):
        column = "name"
    total = rows.count()
    first = (max(page, 1) - 1) * per_page
    ordered = rows.select_related("agency").order_by(f"{'-' if order.startswith('-') else ''}{column}", "id")
    found = _summaries(list(ordered[first : first + per_page]))
    return UserPage(tuple(found), total, max(page, 1), max(-(-total // per_page), 1))


def get_user(*, actor: Actor, user_id: int) -> UserDetail:
    """One user, with how to reach them masked. Raises UserNotFound outside the scope."""
    user = users_in(actor.require("access.view_users")).select_related("agency").filter(pk=user_id).first()
    if user is None:
        raise user_not_found(user_id)
    name, _, domain = user.email.partition("@")
    return UserDetail(
        summary=_summaries([user])[0],
        email=f"{mask(name, head=2, tail=0)}@{domain}" if domain else "",
        phone=mask(user.phone) if user.phone else "",
        second_factor=has_second_factor(user.pk),
        created_at=user.created_at,
    )


def find_account(*, actor: Actor, username: str) -> tuple[int, str]:
    """Number and name of the account with exactly this user name, for somebody who wants to authorise a clerk.

    Raises UserNotFound; NotAllowed for who may not authorise anybody.
    """
    actor.require("mandates.grant")
    user = User.objects.filter(username=username.strip(), is_active=True).first()
    if user is None:
        raise user_not_found(username)
    return user.pk, str(user)


def mandates_of_party(
    *, actor: Actor, party_id: int, include_ended: bool = False, today: date
) -> tuple[MandateView, ...]:
    """Who acts for an enterprise, its legal representative first. Empty outside the actor's scope."""
    condition = scope_of(actor, "parties.view_own", "parties.view").condition(
        region="party__region__path", party="party"
    )
    return _mandates(Mandate.objects.filter(condition, party_id=party_id), include_ended, today)


def mandates_of_user(
    *, actor: Actor, user_id: int, include_ended: bool = False, today: date
) -> tuple[MandateView, ...]:
    """For which enterprises a user acts: one's own, or those of a user the actor may see."""
    if not _is(actor, user_id):
        scope = actor.require("access.view_users")
        if not users_in(scope).filter(pk=user_id).exists():
            raise user_not_found(user_id)
    return _mandates(Mandate.objects.filter(user_id=user_id), include_ended, today)


@dataclass(frozen=True, slots=True)
class ActingFor:
    """That somebody acts for an enterprise: `party_id` is the entry that is kept."""

    user_id: int
    party_id: int
    legal_representative: bool


def acting_for(
    *, today: date, party_ids: Collection[int] = (), user_ids: Collection[int] = ()
) -> tuple[ActingFor, ...]:
    """Who acts for these enterprises today, and for which enterprises these users act: one query.

    For rooms that look for hidden connections; whoever calls it shows no more of it than the connection.
    """
    rows = Mandate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today), revoked_at=None)
    parties, users = list(party_ids), list(user_ids)
    rows = rows.filter(
        Q(party_id__in=parties) | Q(party__merged_into__in=parties) | Q(user_id__in=users)
    ).order_by("pk")
    return tuple(
        ActingFor(user, merged or party, representative)
        for user, party, merged, representative in rows.values_list(
            "user_id", "party_id", "party__merged_into", "legal_representative"
        )
    )


def clients(*, actor: Actor) -> tuple[ClientView, ...]:
    """Systems of the agencies in the actor's scope."""
    scope = actor.require("access.manage_clients")
    rows = scope.filter(SystemClient.objects.all(), region="agency__region__path", agency="agency")
    return tuple(
        ClientView(
            id=row.pk,
            client_id=row.application.client_id,
            name=row.application.name,
            role=row.role.code,
            role_name=row.role.name,
            agency_id=row.agency_id,
            agency_name=row.agency.name,
            registered_at=row.registered_at,
            disabled_at=row.disabled_at,
        )
        for row in rows.select_related("application", "role", "agency").order_by("-id")
    )


def personal_views(*, actor: Actor, party_id: int, limit: int = 200) -> tuple[PersonalView, ...]:
    """Who saw personal data of a party, newest first: for the party itself and for auditors of its region.

    With what was seen of the entries merged into it, as far as the actor reaches them.
    """
    scope = scope_of(actor, "parties.view_own", "access.view_audit")
    parties = scope.filter(entries_of(party_id), region="region__path", party="pk")
    rows = PersonalDataView.objects.filter(party_id__in=parties)
    return tuple(
        PersonalView(
            row.seen_at, row.actor_kind, row.actor_name, row.party_id, tuple(row.fields), row.purpose
        )
        for row in rows.order_by("-id")[:limit]
    )


@dataclass(frozen=True, slots=True)
class DeskView:
    """An agency where somebody sits who may do something."""

    agency_id: int
    name: str
    region_path: str


def agencies_that_may(permission: str, *, region_path: str, today: date) -> tuple[DeskView, ...]:
    """Agencies of a region and of the regions above it where somebody in office holds a permission, the nearest first.

    This is how work finds a desk where somebody sits.
    """
    return agencies_that_may_in(permission, region_paths=[region_path], today=today)[region_path]


def agencies_that_may_in(
    permission: str, *, region_paths: Collection[str], today: date
) -> dict[str, tuple[DeskView, ...]]:
    """`agencies_that_may` for several regions in one query, by the region."""
    get_permission(permission)
    above = {path[:length] for path in region_paths for length in range(len(path) + 1)}
    rows = (
        Appointment.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
        .filter(
            valid_from__lte=today,
            ended_at__isnull=True,
            user__is_active=True,
            agency__is_active=True,
            agency__region__path__in=above,
            role__permissions__contains=[permission],
        )
        .values_list("agency_id", "agency__name", "agency__region__path", "agency__code")
        .distinct()
    )
    ordered = sorted(rows, key=lambda row: (-len(row[2]), row[3]))
    return {
        region: tuple(
            DeskView(agency, name, path) for agency, name, path, _ in ordered if region.startswith(path)
        )
        for region in region_paths
    }


def ensure_topmost(actor: Actor, permission: str, *, today: date) -> None:
    """That the actor holds a permission, and nobody above them does: for what there is only one of on the platform.

    An administrator of a county changes what is the county's, not what holds for its city as well. Raises NotAllowed.
    """
    scope = actor.require(permission)
    if scope.everywhere:
        return
    mine = min(scope.subtrees | scope.regions, key=len, default="")
    if not mine or any(
        len(desk.region_path) < len(mine)
        for desk in agencies_that_may(permission, region_path=mine, today=today)
    ):
        raise NotAllowed(
            "this holds for the whole platform: the administrators of its topmost region change it",
            message_zh="该项对整个平台生效，请由平台最上级地区的管理员办理",
            permission=permission,
        )


def officials_who_may(permission: str, *, agency_id: int, today: date) -> tuple[int, ...]:
    """The users in office in an agency whose role there holds a permission: who is told of its work."""
    get_permission(permission)
    rows = Appointment.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    rows = rows.filter(
        valid_from__lte=today,
        ended_at__isnull=True,
        user__is_active=True,
        agency_id=agency_id,
        role__permissions__contains=[permission],
    )
    return tuple(rows.order_by("user_id").values_list("user_id", flat=True).distinct())


def officials_of_many(
    permissions: Collection[str], *, agency_ids: Collection[int], today: date
) -> dict[tuple[int, str], tuple[int, ...]]:
    """`officials_who_may` for several agencies and permissions in one query, by both; those without anybody are left
    out.
    """
    for permission in permissions:
        get_permission(permission)
    rows = Appointment.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    rows = rows.filter(
        valid_from__lte=today,
        ended_at__isnull=True,
        user__is_active=True,
        agency_id__in=agency_ids,
        role__permissions__overlap=list(permissions),
    )
    found: dict[tuple[int, str], set[int]] = {}
    for agency, user, held in rows.values_list("agency_id", "user_id", "role__permissions"):
        for permission in set(permissions).intersection(held):
            found.setdefault((agency, permission), set()).add(user)
    return {key: tuple(sorted(users)) for key, users in found.items()}


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody in office in an agency."""

    user_id: int
    name: str


def colleagues(permission: str, *, agency_id: int, today: date, role: str = "") -> tuple[Colleague, ...]:
    """Those in office in an agency who hold a permission there, by name; only in a role, if one is given."""
    ids = officials_who_may(permission, agency_id=agency_id, today=today)
    rows = User.objects.filter(pk__in=ids)
    if role:
        held = Appointment.objects.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=today),
            user=OuterRef("pk"),
            valid_from__lte=today,
            ended_at__isnull=True,
            agency_id=agency_id,
            role__code=role,
        )
        rows = rows.filter(Exists(held))
    return tuple(Colleague(row.pk, str(row)) for row in rows.order_by("name", "pk"))


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody in office, and where."""

    user_id: int
    name: str
    username: str
    agency_id: int
    agency_name: str
    region_path: str


def offices(
    permission: str,
    *,
    scope: Scope,
    today: date,
    user_ids: Collection[int] | None = None,
    usernames: Collection[str] | None = None,
) -> tuple[Office, ...]:
    """Who holds a permission today in agencies of a scope, by agency and name: all of them, or of these. One query."""
    get_permission(permission)
    rows = Appointment.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today))
    rows = scope.filter(rows, region="agency__region__path", agency="agency").filter(
        valid_from__lte=today,
        ended_at__isnull=True,
        user__is_active=True,
        agency__is_active=True,
        role__permissions__contains=[permission],
    )
    if user_ids is not None:
        rows = rows.filter(user__in=list(user_ids))
    if usernames is not None:
        rows = rows.filter(user__username__in=list(usernames))
    found = rows.values_list(
        "user_id", "user__name", "user__username", "agency_id", "agency__name", "agency__region__path"
    )
    ordered = found.order_by("agency__region__path", "agency__name", "agency_id", "user__name", "user_id")
    return tuple(
        Office(user, name or login, login, agency, agency_name, path)
        for user, name, login, agency, agency_name, path in ordered.distinct()
    )


def users_in(scope: Scope) -> QuerySet[User]:
    """Users kept by an agency of the scope, or appointed in one."""
    appointed = scope.filter(
        Appointment.objects.filter(user=OuterRef("pk")), region="agency__region__path", agency="agency"
    )
    return User.objects.filter(
        scope.condition(region="agency__region__path", agency="agency") | Exists(appointed)
    )


def scope_of(actor: Actor, *permissions: str) -> Scope:
    """What any of several permissions reaches. Raises NotAllowed when none reaches anything."""
    held = [actor.scope(permission) for permission in permissions if actor.may(permission)]
    if not held:
        actor.require(permissions[0])
    return Scope(
        everywhere=any(scope.everywhere for scope in held),
        subtrees=frozenset().union(*(scope.subtrees for scope in held)),
        regions=frozenset().union(*(scope.regions for scope in held)),
        agencies=frozenset().union(*(scope.agencies for scope in held)),
        parties=frozenset().union(*(scope.parties for scope in held)),
    )


def has_second_factor(user_id: int) -> bool:
    """Whether the user has set up something beside the password."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user_id=user_id, type__in=kinds).exists())


def user_not_found(value: object) -> UserNotFound:
    return UserNotFound(f"no user {value}", message_zh=f"没有用户“{value}”", value=str(value))


def _is(actor: Actor, user_id: int) -> bool:
    return actor.kind == "user" and actor.identifier == str(user_id)


def _parties() -> QuerySet[Any]:
    # The room of parties stands above this one; its table is read by name, as the foreign keys do.
    return cast("QuerySet[Any]", apps.get_model("parties", "Party")._default_manager.all())


def _role_view(role: Role) -> RoleView:
    return RoleView(
        code=role.code,
        name=role.name,
        name_en=role.name_en,
        description=role.description,
        reach=role.reach,
        permissions=tuple(role.permissions),
        conflicts=tuple(role.conflicts),
        administers=tuple(role.administers),
        second_factor=role.second_factor,
    )


def _summaries(found: list[User]) -> list[UserSummary]:
    held: dict[int, list[AppointmentView]] = {}
    rows = Appointment.objects.filter(user__in=found).select_related("role", "agency")
    for row in rows.order_by("-id"):
        held.setdefault(row.user_id, []).append(
            AppointmentView(
                id=row.pk,
                user_id=row.user_id,
                role=row.role.code,
                role_name=row.role.name,
                agency_id=row.agency_id,
                agency_name=row.agency.name,
                region_code=row.agency.region_id,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                ended_at=row.ended_at,
            )
        )
    return [
        UserSummary(
            id=user.pk,
            username=user.username,
            name=user.name,
            agency_id=user.agency_id,
            agency_name=user.agency.name if user.agency else "",
            is_active=user.is_active,
            appointments=tuple(held.get(user.pk, ())),
        )
        for user in found
    ]


def _mandates(rows: QuerySet[Mandate], include_ended: bool, today: date) -> tuple[MandateView, ...]:
    if not include_ended:
        rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today), revoked_at__isnull=True)
    return tuple(
        MandateView(
            id=row.pk,
            user_id=row.user_id,
            user_name=str(row.user),
            party_id=row.party_id,
            party_name=row.party.name,
            legal_representative=row.legal_representative,
            powers=tuple(row.powers),
            granted_by_name=str(row.granted_by) if row.granted_by else "",
            granted_at=row.granted_at,
            valid_until=row.valid_until,
            revoked_at=row.revoked_at,
        )
        for row in rows.select_related("user", "party", "granted_by").order_by("-legal_representative", "id")
    )
