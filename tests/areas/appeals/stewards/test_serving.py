"""Stewards at work: planned visits, services, requests with a clock, what the enterprise says, handing over, tables."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import City, city, one_appeal_event
from tests.areas.appeals.stewards.test_stewards import PLACE, looked_after
from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    Person,
    agency,
    arranged,
    enterprise,
    legal_representative_of,
    no_event,
    official,
)
from tests.kernel.parties.factories import region_tree
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, StewardCall, Stewardship, Visit
from yingshang.areas.appeals.stewards.jobs import remind_stewards
from yingshang.kernel.access.models import Appointment
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.documents.api import documents_of, get_document
from yingshang.kernel.documents.values import Owner
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.api import fact_history
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=2)


def visited(steward: Person, number: int, **more: object) -> api.Recorded:
    """A visit of now, where nothing else is said."""
    values = {"way": "visit", "at": LATER, "said": "生产正常", "now": LATER, **more}
    return api.record_visit(actor=steward.actor(), stewardship_id=number, **values)  # type: ignore[arg-type]


def test_an_enterprise_asks_once_at_a_time_and_whoever_speaks_with_it_has_answered() -> None:
    people = city()
    number, party, steward = looked_after(people)
    owner = legal_representative_of(party)
    with no_event(), pytest.raises(DomainError):
        api.call_steward(actor=owner.actor(), party_id=party.pk, words=" ", now=NOW)
    for other in (legal_representative_of(enterprise(DAOLI)), steward):
        with no_event(), pytest.raises(DomainError):
            api.call_steward(actor=other.actor(), party_id=party.pk, words="请来电", now=NOW)
    with one_appeal_event("appeals.steward_called"):
        api.call_steward(actor=owner.actor(), party_id=party.pk, words="想谈扩产用地，请来电", now=NOW)
    with no_event(), pytest.raises(DomainError, match="has been asked already"):
        api.call_steward(actor=owner.actor(), party_id=party.pk, words="请来电", now=NOW)
    call = StewardCall.objects.get()
    # A working day from Monday.
    assert call.due_on == date(2026, 11, 24)
    assert Message.objects.filter(template="appeals.steward_called", recipient_id=steward.id).exists()
    # What was before they asked, and is written down later, answers nothing.
    with arranged():
        StewardCall.objects.update(asked_at=NOW + timedelta(hours=1))
    visited(steward, number, way="telephone", at=NOW)
    assert StewardCall.objects.get().state == "open"
    second = visited(steward, number, way="telephone")
    call.refresh_from_db()
    assert (call.state, call.late, call.visit_id) == ("answered", True, second.id)
    # Answered, one asks anew.
    api.call_steward(actor=owner.actor(), party_id=party.pk, words="还有一件事", now=LATER)


def test_a_request_that_waits_too_long_is_told_to_who_manages_stewards() -> None:
    people = city()
    _, party, steward = looked_after(people)
    api.call_steward(actor=legal_representative_of(party).actor(), party_id=party.pk, words="请来电", now=NOW)
    for days in (1, 2, 3):
        sweep(actor=SYSTEM, now=NOW + timedelta(days=days))
    told = Message.objects.filter(template="appeals.steward_call_due")
    assert told.filter(recipient_id=steward.id).exists()
    assert told.filter(recipient_id=people.supervisor.id).exists()


def test_with_another_steward_the_clock_runs_on_and_with_none_the_enterprise_is_told() -> None:
    people = city()
    number, party, first = looked_after(people)
    owner = legal_representative_of(party)
    api.call_steward(actor=owner.actor(), party_id=party.pk, words="请来电", now=NOW)
    due = StewardCall.objects.get().due_on
    second = official("department_official", DAOLI, "market-regulation")
    place = agency(DAOLI, "market-regulation").pk
    with no_event(), pytest.raises(DomainError):
        api.hand_over_stewardships(
            actor=first.actor(),
            steward_id=first.id,
            to_id=second.id,
            to_agency_id=place,
            reason="调离",
            now=NOW,
        )
    for wrong in ({"to_id": first.id}, {"steward_id": second.id}, {"reason": " "}, {"to_agency_id": 0}):
        values = {
            "steward_id": first.id,
            "to_id": second.id,
            "to_agency_id": place,
            "reason": "调离",
            **wrong,
        }
        with no_event(), pytest.raises(DomainError):
            api.hand_over_stewardships(actor=people.supervisor.actor(), now=NOW, **values)  # type: ignore[arg-type]
    with one_appeal_event("appeals.steward_assigned"):
        assert (
            api.hand_over_stewardships(
                actor=people.supervisor.actor(),
                steward_id=first.id,
                to_id=second.id,
                to_agency_id=place,
                reason="调离",
                now=LATER,
            )
            == 1
        )
    call, row = StewardCall.objects.get(), Stewardship.objects.get(until__isnull=True)
    assert (call.stewardship_id, call.due_on, call.state) == (row.pk, due, "open")
    assert (row.steward_id, row.tier, row.services) == (second.id, "key", ["tax", "talents"])
    # Nobody gets out of a visit by handing it on.
    assert row.visit_due_on == Stewardship.objects.get(pk=number).visit_due_on
    with one_appeal_event("appeals.steward_ended"):
        api.end_stewardship(
            actor=people.supervisor.actor(), stewardship_id=row.pk, reason="企业迁出", now=LATER
        )
    call.refresh_from_db()
    assert call.state == "over"
    assert Message.objects.filter(template="appeals.steward_call_over", recipient_id=owner.id).exists()
    assert api.own_stewards(actor=owner.actor(), now=LATER) == ()


def test_visits_are_planned_services_noted_and_the_enterprise_sees_it() -> None:
    people = city()
    number, party, steward = looked_after(people)
    owner = legal_representative_of(party)
    common = {"actor": steward.actor(), "stewardship_id": number, "now": LATER}
    for act, wrong in (
        (api.plan_visit, {"on": date(2026, 11, 1)}),
        (api.plan_visit, {"on": date(2028, 11, 1)}),
        (api.plan_visit, {"on": date(2026, 12, 1), "way": "pigeon"}),
        (api.note_service, {"service": "children", "on": date(2026, 11, 24), "what": "x"}),
        (api.note_service, {"service": "tax", "on": date(2026, 11, 1), "what": "x"}),
        (api.note_service, {"service": "tax", "on": date(2026, 11, 24), "what": " "}),
        (api.tell_phone, {"phone": "call me"}),
        (api.agree_on_services, {"services": ["moon"]}),
    ):
        with no_event(), pytest.raises(DomainError) as found:
            act(**common, **wrong)  # type: ignore[operator]
        assert found.value.message_zh
    with one_appeal_event("appeals.visit_planned"):
        api.plan_visit(**common, on=date(2026, 12, 1), purpose="了解扩产")  # type: ignore[arg-type]
    with one_appeal_event("appeals.service_done"):
        api.note_service(**common, service="tax", on=date(2026, 11, 24), what="讲解退税政策")  # type: ignore[arg-type]
    with one_appeal_event("appeals.steward_phone"):
        api.tell_phone(**common, phone="0451-12345678 转 601".replace(" ", ""))  # type: ignore[arg-type]
    [seen] = api.own_stewards(actor=owner.actor(), now=LATER)
    assert (seen.steward_name, seen.planned_on, seen.planned_for) == (
        str(steward.user),
        date(2026, 12, 1),
        "了解扩产",
    )
    assert [each.what for each in seen.done] == ["讲解退税政策"] and seen.phone.endswith("601")
    with no_event(), pytest.raises(DomainError):
        api.plan_visit(actor=people.handler.actor(), stewardship_id=number, on=date(2026, 12, 1), now=LATER)
    # A call is not the visit that was announced, nor is what was before its day.
    there = NOW + timedelta(days=9)
    for way, at, planned in (
        ("telephone", there, True),
        ("visit", LATER, True),
        ("visit", there, False),
    ):
        visited(steward, number, way=way, at=at, now=there)
        row = Stewardship.objects.get()
        assert (row.planned_on is not None) is planned and row.last_visit_at == there, way
    assert Message.objects.filter(template="appeals.visit_recorded", recipient_id=owner.id).exists()


def test_a_visit_made_in_place_of_the_one_announced_ends_it_and_is_told() -> None:
    number, party, steward = looked_after(city())
    owner = legal_representative_of(party)
    told = Message.objects.filter(template="appeals.visit_not_needed", recipient_id=owner.id)
    planned = {"actor": steward.actor(), "due": "planned"}
    for day, count in ((date(2026, 12, 1), 1), (date(2026, 11, 26), 1)):
        api.plan_visit(actor=steward.actor(), stewardship_id=number, on=day, now=LATER)
        # What is past nobody waits for any more.
        later = NOW + timedelta(days=4)
        found = api.stewardships(**planned, now=later)  # type: ignore[arg-type]
        shown = api.stewardship(actor=steward.actor(), stewardship_id=number, now=later).summary.planned_on
        assert (found.total, shown) == ((1, day) if day.month == 12 else (0, None))
        visited(steward, number, way="telephone", at=LATER, now=later, instead=True)
        assert Stewardship.objects.get().planned_on is None and told.count() == count
    assert "2026年12月1日" in told.get().body


def test_the_enterprise_says_once_in_time_how_content_it_is() -> None:
    people = city()
    number, party, steward = looked_after(people)
    owner = legal_representative_of(party)
    done = visited(steward, number)
    stranger = legal_representative_of(enterprise(DAOLI))
    for who, level, days in ((stranger, 5, 3), (steward, 5, 3), (owner, 9, 3), (owner, 5, 40)):
        with no_event(), pytest.raises(DomainError):
            api.rate_visit(actor=who.actor(), visit_id=done.id, level=level, now=NOW + timedelta(days=days))
    with one_appeal_event("appeals.visit_rated"):
        api.rate_visit(
            actor=owner.actor(), visit_id=done.id, level=1, words="来了五分钟", now=NOW + timedelta(days=3)
        )
    bad = Message.objects.filter(template="appeals.visit_rated_bad", recipient_id=people.supervisor.id)
    assert bad.exists()
    with no_event(), pytest.raises(DomainError):
        api.rate_visit(actor=owner.actor(), visit_id=done.id, level=5, now=NOW + timedelta(days=4))
    [figures] = api.steward_figures(
        actor=people.supervisor.actor(), since=date(2026, 11, 1), until=date(2026, 11, 30), now=LATER
    )
    assert (figures.visits, figures.in_time, figures.satisfaction, figures.rated) == (1, 1, 1.0, 1)
    assert figures.share_in_time == 1 and figures.enterprises == 1 and figures.late == 0


def test_a_visit_that_is_written_down_late_is_rated_all_the_same_and_counts_as_late() -> None:
    people = city()
    number, party, steward = looked_after(people)
    owner = legal_representative_of(party)
    late = NOW + timedelta(days=40)
    done = visited(steward, number, now=late)
    [seen] = api.own_stewards(actor=owner.actor(), now=late + timedelta(days=20))
    assert seen.visits[0].may_rate
    api.rate_visit(actor=owner.actor(), visit_id=done.id, level=1, now=late + timedelta(days=20))
    [figures] = api.steward_figures(
        actor=people.supervisor.actor(), since=date(2026, 11, 1), until=date(2026, 11, 30), now=late
    )
    assert (figures.visits, figures.in_time) == (1, 0)
    shown = api.stewardship(actor=steward.actor(), stewardship_id=number, now=late)
    assert not shown.visits[0].in_time


def test_who_is_replaced_leaves_what_was_agreed_and_announced_and_no_more_days() -> None:
    people = city()
    number, party, first = looked_after(people)
    second = official("department_official", DAOLI, PLACE)
    api.plan_visit(actor=first.actor(), stewardship_id=number, on=date(2027, 1, 8), purpose="看扩产", now=NOW)
    api.tell_phone(actor=first.actor(), stewardship_id=number, phone="0451-1234567", now=NOW)
    with arranged():
        Stewardship.objects.update(services=["tax", "gone"])

    def assigned(who: Person, day: int, tier: str = "key") -> Stewardship:
        made = api.assign_steward(
            actor=people.supervisor.actor(),
            party_id=party.pk,
            steward_id=who.id,
            agency_id=agency(DAOLI, PLACE).pk,
            tier=tier,
            now=NOW + timedelta(days=day),
        )
        return Stewardship.objects.get(pk=made)

    # Due on the thirtieth day. Who takes over gets to know it for a week, and only once, whoever comes after.
    found = [assigned(second, 28), assigned(first, 34), assigned(second, 40)]
    assert {each.visit_due_on for each in found} == {date(2026, 12, 28)}
    for each in found:
        assert each.services == ["tax", "gone"] and each.phone == ""
        assert (each.planned_on, each.planned_way, each.planned_for) == (date(2027, 1, 8), "visit", "看扩产")
    found[-1].phone = "0451-7654321"
    with arranged():
        found[-1].save()
    # The same official, looking after it more rarely: the number stays.
    rarely = assigned(second, 41, "regular")
    assert (rarely.phone, rarely.visit_due_on) == ("0451-7654321", date(2027, 2, 26))
    # Visited, the days count anew.
    visited(second, rarely.pk, at=NOW + timedelta(days=42), now=NOW + timedelta(days=42))
    assert Stewardship.objects.get(pk=rarely.pk).was_due_on is None


def test_what_was_late_when_it_was_handed_on_counts_for_who_had_it() -> None:
    people = city()
    number, party, first = looked_after(people)
    owner = legal_representative_of(party)
    second = official("department_official", DAOLI, "market-regulation")
    counted = []
    for day in (0, 10):
        now = NOW + timedelta(days=day)
        api.call_steward(actor=owner.actor(), party_id=party.pk, words="请来电", now=now)
        if day:
            handed = now + timedelta(days=7)
            api.hand_over_stewardships(
                actor=people.supervisor.actor(),
                steward_id=first.id,
                to_id=second.id,
                to_agency_id=agency(DAOLI, "market-regulation").pk,
                reason="调离",
                now=handed,
            )
            row = Stewardship.objects.get(until__isnull=True)
            visited(second, row.pk, way="telephone", at=handed, now=handed)
        else:
            visited(first, number, way="telephone", at=now, now=now)
    for each in api.steward_figures(
        actor=people.supervisor.actor(), since=date(2026, 11, 1), until=date(2026, 12, 31), now=NOW
    ):
        counted.append((each.steward_id, each.calls, each.calls_in_time))
    assert set(counted) == {(first.id, 2, 1), (second.id, 0, 0)}


def test_what_is_learned_at_a_visit_becomes_a_fact_with_its_source_or_nothing_is_kept() -> None:
    people = city()
    number, party, steward = looked_after(people)
    with no_event(), pytest.raises(DomainError):
        visited(steward, number, learned=[api.Learned("emp.insured_count", "很多")])
    assert not Visit.objects.exists()
    visited(steward, number, learned=[api.Learned("emp.insured_count", "120")])
    [told] = fact_history(actor=steward.actor(), party_id=party.pk, column="emp.insured_count")
    assert told.source == "服务管家走访"


def test_files_and_words_of_a_visit_are_for_the_steward_those_after_and_who_manages(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people = city()
    number, party, steward = looked_after(people)
    owner = legal_representative_of(party)
    done = visited(steward, number, said="负责人说打算外迁")
    api.add_visit_file(
        actor=steward.actor(),
        visit_id=done.id,
        content=ContentFile("纪要".encode()),
        name="纪要.txt",
        now=LATER,
    )
    with no_event(), pytest.raises(DomainError):
        api.add_visit_file(
            actor=people.handler.actor(),
            visit_id=done.id,
            content=ContentFile(b"x"),
            name="x.txt",
            now=LATER,
        )
    [file] = documents_of(Owner("visit_file", str(done.id)))
    second = official("department_official", DAOLI, PLACE)
    before_it, after = second.actor(), LATER + timedelta(days=1)
    strangers = [owner, people.handler, people.leader, official("supervisor", NANGANG)]
    for who in strangers:
        with pytest.raises(DomainError):
            get_document(actor=who.actor(), document_id=file.id)
        with pytest.raises(DomainError):
            api.stewardship(actor=who.actor(), stewardship_id=number, now=after)
    with pytest.raises(DomainError):
        get_document(actor=before_it, document_id=file.id)
    row = api.assign_steward(
        actor=people.supervisor.actor(),
        party_id=party.pk,
        steward_id=second.id,
        agency_id=agency(DAOLI, PLACE).pk,
        tier="key",
        now=after,
    )
    for who in (second, people.supervisor):
        assert get_document(actor=who.actor(after), document_id=file.id).name == "纪要.txt"
        with django_assert_max_num_queries(14):
            found = api.stewardship(actor=who.actor(after), stewardship_id=row, now=after)
        assert found.visits[0].said == "负责人说打算外迁" and found.visits[0].files
        assert found.former[0].name == str(steward.user)
    # Who has handed it over sees it as it was then.
    with arranged():
        Visit.objects.create(
            stewardship_id=row,
            way="visit",
            at=after + timedelta(hours=1),
            said="之后的事",
            due_on=after.date(),
            by_name="x",
            recorded_at=after,
        )
    much_later = after + timedelta(days=9)
    api.agree_on_services(actor=second.actor(after), stewardship_id=row, services=["tax"], now=after)
    api.note_service(
        actor=second.actor(after),
        stewardship_id=row,
        service="tax",
        on=much_later.date(),
        what="之后的事",
        now=much_later,
    )
    third = official("department_official", DAOLI, PLACE)
    api.assign_steward(
        actor=people.supervisor.actor(),
        party_id=party.pk,
        steward_id=third.id,
        agency_id=agency(DAOLI, PLACE).pk,
        tier="key",
        now=much_later,
    )
    old = api.stewardship(actor=steward.actor(after), stewardship_id=number, now=much_later)
    assert [each.said for each in old.visits] == ["负责人说打算外迁"] and not old.own
    assert old.done == () and old.former == ()
    assert "负责人说打算外迁" not in repr(api.own_stewards(actor=owner.actor(after), now=after))


def test_lists_reach_ones_own_or_a_region_and_are_few_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people = city()
    number, party, steward = looked_after(people)
    other, _, _ = looked_after(people)
    actor = steward.actor()
    with django_assert_max_num_queries(4):
        mine = api.stewardships(actor=actor, now=NOW)
    assert [each.id for each in mine.rows] == [number]
    supervisor = people.supervisor.actor()
    assert {each.id for each in api.stewardships(actor=supervisor, now=NOW).rows} == {number, other}
    after = api.stewardships(actor=supervisor, after_id=number, now=NOW).rows
    assert [each.id for each in after] == [other]
    late = NOW + timedelta(days=40)
    for wanted, when, count in (
        ({"due": "late"}, NOW, 0),
        ({"due": "late"}, late, 1),
        ({"due": "soon"}, NOW + timedelta(days=25), 1),
        ({"due": "to_do"}, NOW, 0),
        ({"due": "to_do"}, late, 1),
        ({"due": "called"}, NOW, 0),
        ({"due": "planned"}, NOW, 0),
        ({"text": party.name}, NOW, 1),
        ({"text": (party.credit_code or "")[:10], "tier": "key"}, NOW, 1),
        ({"tier": "regular"}, NOW, 0),
    ):
        assert api.stewardships(actor=actor, now=when, **wanted).total == count, wanted  # type: ignore[arg-type]
    assert api.stewardships(actor=official("supervisor", NANGANG).actor(), now=NOW).total == 0
    with pytest.raises(DomainError):
        api.stewardships(actor=people.leader.actor(), now=NOW)
    with django_assert_max_num_queries(5):
        figures = api.steward_figures(
            actor=supervisor, since=date(2026, 1, 1), until=date(2026, 12, 31), now=late
        )
    assert sum(each.late for each in figures) == 2


def test_of_who_has_left_the_managers_are_reminded() -> None:
    people = city()
    number, _, steward = looked_after(people)
    with arranged():
        Appointment.objects.filter(user=steward.user).update(ended_at=NOW)
    [row] = api.stewardships(actor=people.supervisor.actor(), now=LATER).rows
    assert row.gone
    assert remind_stewards(actor=SYSTEM, now=NOW + timedelta(days=23)) == 1
    assert not Message.objects.filter(template="appeals.visit_due").exists()
    gone = Message.objects.filter(template="appeals.steward_gone", recipient_id=people.supervisor.id)
    assert gone.exists()
    assert (steward.id, str(steward.user), 1) in api.stewards_with_enterprises(
        actor=people.supervisor.actor()
    )
    # And whom they may choose from: nobody who has left.
    names = {each.user_id for each in api.possible_stewards(actor=people.supervisor.actor(), now=LATER)}
    assert steward.id not in names and people.handler.id in names
    assert number == row.id


def filled(*rows: tuple[str, str, str, str]) -> bytes:
    """The empty table with rows in it."""
    book = load_workbook(io.BytesIO(api.empty_assignments()))
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_table_assigns_all_or_nobody_and_can_be_uploaded_again() -> None:
    people: City = city()
    region_tree(QIQIHAR)
    steward = official("department_official", DAOLI, PLACE)
    parties = [enterprise(DAOLI) for _ in range(3)]
    far, elsewhere = enterprise(QIQIHAR), official("department_official", QIQIHAR, PLACE)
    login, codes = steward.user.username, [each.credit_code or "" for each in parties]
    good = [(code, login, "重点服务企业", "0451-1234567") for code in codes]
    wrong = filled(
        good[0],
        (codes[0], login, "重点服务企业", ""),
        (far.credit_code or "", login, "重点服务企业", ""),
        (codes[1], elsewhere.user.username, "黄金企业", "打给我"),
    )
    actor = people.supervisor.actor()
    with no_event(), pytest.raises(api.InvalidTable) as refused:
        api.import_stewards(actor=actor, content=wrong, name="表.xlsx", now=NOW)
    assert {(each["row"], each["column"]) for each in refused.value.details["errors"]} == {
        (3, "统一社会信用代码"),
        (4, "统一社会信用代码"),
        (5, "管家用户名"),
        (5, "联系层级"),
        (5, "工作电话"),
    }
    with no_event(), pytest.raises(DomainError):
        api.import_stewards(actor=steward.actor(), content=filled(*good), name="表.xlsx", now=NOW)
    first = api.import_stewards(actor=actor, content=filled(*good), name="表.xlsx", now=NOW)
    assert first == api.Assigned(3, 0)
    # A steward is told once of all of them; each enterprise of its own.
    told = Message.objects.filter(template="appeals.stewarding", recipient_id=steward.id)
    assert told.values("channel").distinct().count() == told.count()
    assert Stewardship.objects.filter(phone="0451-1234567").count() == 3
    api.agree_on_services(
        actor=steward.actor(), stewardship_id=Stewardship.objects.earliest("pk").pk, services=["tax"], now=NOW
    )
    regular = [(codes[0], login, "日常联系企业", ""), *good[1:]]
    again = api.import_stewards(actor=actor, content=filled(*regular), name="表.xlsx", now=LATER)
    assert (again.new, again.same) == (1, 2)
    row = Stewardship.objects.get(party=parties[0], until__isnull=True)
    assert (row.tier, row.services, row.phone) == ("regular", ["tax"], "0451-1234567")
    assert not Appeal.objects.exists()
    # Another number alone is a change of its own; a service that is on no list any more refuses nothing.
    with arranged():
        Stewardship.objects.filter(pk=row.pk).update(services=["tax", "gone"])
    moved = [
        (codes[0], login, "重点服务企业", ""),
        (codes[1], login, "重点服务企业", "0451-7654321"),
        good[2],
    ]
    third = api.import_stewards(actor=actor, content=filled(*moved), name="表.xlsx", now=LATER)
    assert third == api.Assigned(1, 1, 1)
    assert Stewardship.objects.get(party=parties[1]).phone == "0451-7654321"
    assert Stewardship.objects.get(party=parties[0], until__isnull=True).services == ["tax", "gone"]
