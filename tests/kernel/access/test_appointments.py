"""Who may give which role where, and duties that one person may not hold together."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    HEILONGJIANG,
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    administrator,
    agency,
    arranged,
    ensure_roles,
    no_event,
    official,
    one_event,
    person,
)
from yingshang.kernel.access.api import (
    Actor,
    AgencyNotFound,
    AlreadyHeld,
    AppointmentNotFound,
    ConflictingDuties,
    InvalidPeriod,
    InvalidUser,
    NotAllowed,
    RoleNotFound,
    UserNotFound,
    activate_user,
    appoint,
    create_user,
    deactivate_user,
    end_appointment,
    ensure_separate,
    get_user,
    roles,
    system_actor,
    users,
)
from yingshang.kernel.access.models import Appointment, Role, User
from yingshang.rules.errors import DomainError


@pytest.mark.django_db
def test_an_appointment_counts_from_its_day_until_it_is_ended() -> None:
    boss = administrator(HARBIN).actor()
    who = person(agency_code=DAOLI)
    with one_event("access.appointed") as events:
        number = appoint(
            actor=boss, user_id=who.id, role="window_official", agency_id=agency(DAOLI).pk, now=NOW
        )
    assert events[0]["region_path"] == "230102"
    assert who.actor().roles == {"window_official"}
    assert who.actor(NOW - timedelta(days=2)).roles == frozenset()
    with one_event("access.appointment_ended"):
        end_appointment(actor=boss, appointment_id=number, reason="调离", now=NOW)
    assert who.actor().roles == frozenset()
    with no_event(), pytest.raises(AppointmentNotFound):
        end_appointment(actor=boss, appointment_id=number, reason="调离", now=NOW)


@pytest.mark.django_db
def test_an_appointment_ends_with_its_last_day() -> None:
    boss, who = administrator().actor(), person(agency_code=DAOLI)
    place = agency(DAOLI).pk
    until = (NOW + timedelta(days=3)).date()
    appoint(actor=boss, user_id=who.id, role="leader", agency_id=place, now=NOW, valid_until=until)
    assert who.actor(NOW + timedelta(days=3)).roles == {"leader"}
    assert who.actor(NOW + timedelta(days=4)).roles == frozenset()
    with no_event(), pytest.raises(InvalidPeriod):
        appoint(
            actor=boss,
            user_id=who.id,
            role="leader",
            agency_id=place,
            now=NOW,
            valid_until=date(2026, 1, 1),
        )


@pytest.mark.django_db
def test_a_closed_agency_gives_nothing() -> None:
    who = official("leader")
    with arranged():
        place = agency(DAOLI)
        place.is_active = False
        place.save()
    assert who.actor().roles == frozenset()


@pytest.mark.django_db
def test_an_administrator_appoints_within_their_subtree_only() -> None:
    boss = administrator(HARBIN).actor()
    inside, outside = person(agency_code=NANGANG), person(agency_code=QIQIHAR)
    place = agency(NANGANG).pk
    with no_event(), pytest.raises(AgencyNotFound):
        appoint(actor=boss, user_id=inside.id, role="leader", agency_id=agency(QIQIHAR).pk, now=NOW)
    with no_event(), pytest.raises(AgencyNotFound):
        appoint(actor=boss, user_id=inside.id, role="leader", agency_id=agency(HEILONGJIANG).pk, now=NOW)
    with no_event(), pytest.raises(UserNotFound):
        appoint(actor=boss, user_id=outside.id, role="leader", agency_id=place, now=NOW)
    # Somebody of the public is in no administrator's scope: officials have accounts kept by an agency.
    with no_event(), pytest.raises(UserNotFound):
        appoint(actor=boss, user_id=person().id, role="leader", agency_id=place, now=NOW)
    elsewhere = official("leader", QIQIHAR)
    with no_event(), pytest.raises(AppointmentNotFound):
        end_appointment(
            actor=boss,
            appointment_id=Appointment.objects.get(user=elsewhere.user).pk,
            reason="越权",
            now=NOW,
        )


@pytest.mark.django_db
def test_nobody_gives_more_than_their_role_administers_or_reaches() -> None:
    boss, who = administrator(HARBIN).actor(), person(agency_code=DAOLI)
    place = agency(DAOLI).pk
    with no_event(), pytest.raises(NotAllowed, match="operator"):
        appoint(actor=boss, user_id=who.id, role="operator", agency_id=place, now=NOW)
    # Even if a file let administrators give it: it reaches everywhere, they do not.
    with arranged():
        Role.objects.filter(code="administrator").update(administers=["operator"])
    with no_event(), pytest.raises(NotAllowed, match="operator"):
        appoint(actor=boss, user_id=who.id, role="operator", agency_id=place, now=NOW)
    operator = official("operator", DAOLI)
    with no_event(), pytest.raises(NotAllowed):
        end_appointment(
            actor=boss, appointment_id=Appointment.objects.get(user=operator.user).pk, reason="", now=NOW
        )


@pytest.mark.django_db
def test_nobody_appoints_themself() -> None:
    boss = administrator()
    with no_event(), pytest.raises(NotAllowed, match="themself"):
        appoint(actor=boss.actor(), user_id=boss.id, role="leader", agency_id=agency(DAOLI).pk, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        deactivate_user(actor=boss.actor(), user_id=boss.id, reason="", now=NOW)


@pytest.mark.django_db
def test_only_administrators_manage_users() -> None:
    ensure_roles()
    who = person(agency_code=DAOLI)
    place = agency(DAOLI).pk
    for role in roles():
        actor = official(role.code, HARBIN).actor()
        allowed = "access.manage_users" in role.permissions
        assert allowed == (role.code == "administrator")
        if allowed:
            continue
        for attempt in (
            lambda actor=actor: appoint(actor=actor, user_id=who.id, role="leader", agency_id=place, now=NOW),
            lambda actor=actor: create_user(
                actor=actor, username="x", name="x", agency_id=place, password="p" * 12, now=NOW
            ),
            lambda actor=actor: deactivate_user(actor=actor, user_id=who.id, reason="", now=NOW),
            lambda actor=actor: end_appointment(actor=actor, appointment_id=1, reason="", now=NOW),
        ):
            with no_event(), pytest.raises(NotAllowed):
                attempt()


@pytest.mark.django_db
def test_an_appointment_is_made_once_and_to_things_that_exist() -> None:
    boss, who, place = administrator().actor(), official("leader"), agency(DAOLI).pk
    with no_event(), pytest.raises(AlreadyHeld):
        appoint(actor=boss, user_id=who.id, role="leader", agency_id=place, now=NOW)
    with no_event(), pytest.raises(RoleNotFound):
        appoint(actor=boss, user_id=who.id, role="king", agency_id=place, now=NOW)


CONFLICTS = [
    ("treasurer", "department_official"),
    ("policy_author", "treasurer"),
    ("supervisor", "window_official"),
    ("department_official", "supervisor"),
    ("auditor", "administrator"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("held", "given"), [*CONFLICTS, *[(b, a) for a, b in CONFLICTS]])
def test_conflicting_duties_are_refused_by_the_action(held: str, given: str) -> None:
    boss, who = administrator(HARBIN).actor(), official(held, DAOLI)
    # In another agency of another county too: it is one person.
    with no_event(), pytest.raises(ConflictingDuties):
        appoint(actor=boss, user_id=who.id, role=given, agency_id=agency(NANGANG).pk, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(("held", "given"), CONFLICTS)
def test_conflicting_duties_are_refused_by_the_database(held: str, given: str) -> None:
    who, role = official(held, DAOLI), Role.objects.get(code=given)
    with pytest.raises(IntegrityError, match="may not hold both"), transaction.atomic():
        Appointment.objects.create(
            user=who.user, role=role, agency=agency(NANGANG), valid_from=date(2026, 12, 1)
        )
    # Not by changing a harmless appointment either, nor by opening one that was ended.
    ended = Appointment.objects.create(
        user=who.user, role=role, agency=agency(NANGANG), valid_from=date(2026, 12, 1), ended_at=NOW
    )
    with pytest.raises(IntegrityError, match="may not hold both"), transaction.atomic():
        Appointment.objects.filter(pk=ended.pk).update(ended_at=None)


@pytest.mark.django_db
def test_the_database_refuses_a_new_conflict_between_roles_held_together() -> None:
    who = official("leader")
    appoint(actor=SYSTEM, user_id=who.id, role="policy_author", agency_id=agency(DAOLI).pk, now=NOW)
    with pytest.raises(IntegrityError, match="holds both"), transaction.atomic():
        Role.objects.filter(code="leader").update(conflicts=["policy_author"])


@pytest.mark.django_db
def test_duties_one_after_the_other_do_not_conflict() -> None:
    boss, who, place = administrator().actor(), person(agency_code=DAOLI), agency(DAOLI).pk
    appoint(
        actor=boss,
        user_id=who.id,
        role="treasurer",
        agency_id=place,
        now=NOW,
        valid_until=date(2026, 12, 31),
    )
    with no_event(), pytest.raises(ConflictingDuties):
        appoint(
            actor=boss,
            user_id=who.id,
            role="department_official",
            agency_id=place,
            now=NOW,
            valid_from=date(2026, 12, 31),
        )
    appoint(
        actor=boss,
        user_id=who.id,
        role="department_official",
        agency_id=place,
        now=NOW,
        valid_from=date(2027, 1, 1),
    )


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_cannot_make_one_person_hold_both() -> None:
    """Both pass the check of the action before either commits, if nothing makes them wait."""
    boss, who, place = administrator().actor(), person(agency_code=DAOLI), agency(DAOLI).pk
    barrier, results = threading.Barrier(2), []

    def give(role: str) -> None:
        barrier.wait()
        try:
            appoint(actor=boss, user_id=who.id, role=role, agency_id=place, now=NOW)
            results.append(role)
        except DomainError as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=give, args=(role,)) for role in ("treasurer", "department_official")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "access.conflicting_duties" in results
    assert len(who.actor().roles) == 1


@pytest.mark.django_db(transaction=True)
def test_rows_written_past_the_action_at_once_are_refused_too() -> None:
    who = person(agency_code=DAOLI)
    ensure_roles()
    place = agency(DAOLI)
    barrier, refused = threading.Barrier(2), []

    def write(role: str) -> None:
        try:
            barrier.wait()
            with arranged():
                Appointment.objects.create(
                    user=who.user,
                    role=Role.objects.get(code=role),
                    agency=place,
                    valid_from=date(2026, 1, 1),
                )
        except IntegrityError as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(role,)) for role in ("treasurer", "department_official")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "may not hold both" in refused[0]


@pytest.mark.django_db
def test_users_are_made_within_the_scope() -> None:
    boss = administrator(HARBIN).actor()
    with one_event("access.user_created") as events:
        number = create_user(
            actor=boss,
            username="wang",
            name="王演示",
            email="wang@example.org",
            phone="13800138000",
            agency_id=agency(DAOLI).pk,
            now=NOW,
        )
    assert "138" not in str(events[0]["after"])
    assert "example" not in str(events[0]["after"])
    user = User.objects.get(pk=number)
    assert not user.has_usable_password()
    assert get_user(actor=boss, user_id=number).email == "wa**@example.org"
    assert get_user(actor=boss, user_id=number).phone == "138******00"
    with no_event(), pytest.raises(AgencyNotFound):
        create_user(
            actor=boss,
            username="li",
            name="李演示",
            email="li@example.org",
            agency_id=agency(QIQIHAR).pk,
            now=NOW,
        )
    with no_event(), pytest.raises(AgencyNotFound):
        create_user(actor=boss, username="li", name="李演示", email="li@example.org", agency_id=None, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"username": "taken"}, AlreadyHeld),
        ({"password": None}, InvalidUser),
        ({"password": "1234567890"}, InvalidUser),
        ({"password": "short"}, InvalidUser),
        ({"username": "with space"}, InvalidUser),
        ({"email": "nowhere"}, InvalidUser),
    ],
)
def test_accounts_that_cannot_be_made(values: dict[str, object], error: type[DomainError]) -> None:
    boss = administrator().actor()
    usual = {
        "username": "taken",
        "name": "演示",
        "agency_id": agency(DAOLI).pk,
        "password": "correct-horse-battery",
        "now": NOW,
    }
    create_user(actor=boss, **usual)  # type: ignore[arg-type]
    with no_event(), pytest.raises(error):
        create_user(actor=boss, **{**usual, "username": "new", **values})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_closed_account_can_do_nothing_until_it_is_opened_again() -> None:
    boss, who = administrator().actor(), official("leader")
    with one_event("access.user_deactivated"):
        deactivate_user(actor=boss, user_id=who.id, reason="离职", now=NOW)
    who.user.refresh_from_db()
    assert who.actor().kind == "visitor"
    with no_event():
        deactivate_user(actor=boss, user_id=who.id, reason="离职", now=NOW)
    with one_event("access.user_activated"):
        activate_user(actor=boss, user_id=who.id, reason="返岗", now=NOW)
    with no_event(), pytest.raises(UserNotFound):
        deactivate_user(actor=administrator(QIQIHAR).actor(), user_id=who.id, reason="", now=NOW)


@pytest.mark.django_db
def test_the_list_of_users_is_scoped_and_costs_the_same_for_many(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    boss = administrator(HARBIN).actor()
    inside = [official("leader", DAOLI) for _ in range(5)] + [person(agency_code=NANGANG)]
    official("leader", QIQIHAR), person()
    with django_assert_num_queries(3):
        found = users(actor=boss, per_page=3)
    assert found.total == len(inside) + 1
    assert found.pages == 3
    with django_assert_num_queries(3):
        assert len(users(actor=boss, per_page=50).rows) == len(inside) + 1
    assert {row.id for row in users(actor=boss, role="leader").rows} == {who.id for who in inside[:5]}
    assert users(actor=boss, agency_id=agency(NANGANG).pk).total == 1
    assert users(actor=boss, text=inside[0].user.username).total >= 1
    outside = official("leader", QIQIHAR)
    with pytest.raises(UserNotFound):
        get_user(actor=boss, user_id=outside.id)
    with pytest.raises(NotAllowed):
        users(actor=inside[0].actor())


def test_steps_of_one_case_are_kept_apart() -> None:
    one = Actor("user", "7", "甲")
    ensure_separate(one, [8, "user:9", Actor("client", "7", "系统")])
    for others in ([7], ["user:7"], [one]):
        with pytest.raises(ConflictingDuties):
            ensure_separate(one, others)
    ensure_separate(system_actor("payer"), [system_actor("payer")])
