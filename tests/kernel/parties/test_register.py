"""Reference data, agencies, persons and contacts: who may do what, and one event for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

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
    clerk_of,
    legal_representative_of,
    no_event,
    official,
    one_event,
    region,
)
from tests.kernel.parties.factories import a_party, region_tree
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.access.models import Appointment
from yingshang.kernel.parties.api import (
    AgencyNotFound,
    InvalidAgency,
    InvalidContact,
    InvalidIdentityNumber,
    PartyNotFound,
    activate_agency,
    add_agency,
    agencies,
    deactivate_agency,
    get_agency,
    get_party,
    get_region_row,
    load_reference_data,
    move_agency,
    parties_by_region,
    record_contact,
    region_children,
    register_person,
    rename_agency,
    search_parties,
    set_document_code,
)
from yingshang.kernel.parties.models import Agency, Party, Region
from yingshang.kernel.reference.api import COUNTRY, UnknownAgencyKind, UnknownRegion, regions

pytestmark = pytest.mark.django_db

PERSON = "11010519491231002X"

# --- reference data ---------------------------------------------------------------------------------------------------


def test_loading_the_reference_data_is_one_event_and_then_none() -> None:
    with one_event("parties.reference_data_loaded"):
        first = load_reference_data(actor=SYSTEM, now=NOW, agency_regions=[HEILONGJIANG, HARBIN, DAOLI])
    assert first.regions_added == Region.objects.count() == len(regions())
    assert first.agencies_added == Agency.objects.count() > 30
    with no_event():
        again = load_reference_data(actor=SYSTEM, now=NOW, agency_regions=[HEILONGJIANG, HARBIN, DAOLI])
    assert not again.changed
    tax = Agency.objects.get(code=f"{DAOLI}-tax")
    assert tax.parent is not None and tax.parent.code == f"{HARBIN}-tax"
    assert tax.parent.parent is not None and tax.parent.parent.code == f"{HEILONGJIANG}-tax"
    street = get_region_row("230102001")
    assert (street.path, street.full_name) == ("230102001", "黑龙江省哈尔滨市道里区兆麟街道")
    assert DAOLI in {each.code for each in region_children(HARBIN)}
    assert HEILONGJIANG in {each.code for each in region_children()}
    assert get_region_row(COUNTRY).path == ""
    with pytest.raises(UnknownRegion):
        region_children("999999")
    # What differs from the reference data is brought back, in one event.
    Region.objects.filter(pk=DAOLI).update(name="旧名")
    with one_event("parties.reference_data_loaded"):
        assert load_reference_data(actor=SYSTEM, now=NOW).regions_changed == 1


# --- agencies ---------------------------------------------------------------------------------------------------------


def test_an_agency_is_set_up_renamed_moved_closed_and_opened() -> None:
    region_tree(HARBIN)
    above = agency(HARBIN, "tax")
    actor = administrator(HARBIN).actor()
    with one_event("parties.agency_added"):
        number = add_agency(actor=actor, code="230102-x", name="演示局", kind="tax", region=DAOLI, now=NOW)
    assert get_agency(actor=actor, agency_id=number).parent_id == above.pk
    with one_event("parties.agency_renamed") as events:
        rename_agency(actor=actor, agency_id=number, name="演示新局", now=NOW)
    assert (events[0]["before"], events[0]["after"]) == ({"name": "演示局"}, {"name": "演示新局"})
    with one_event("parties.agency_moved"):
        move_agency(actor=actor, agency_id=number, region=NANGANG, now=NOW)
    with one_event("parties.agency_deactivated"):
        deactivate_agency(actor=actor, agency_id=number, reason="机构改革", now=NOW)
    assert not get_agency(actor=actor, agency_id=number).is_active
    with one_event("parties.agency_activated"):
        activate_agency(actor=actor, agency_id=number, now=NOW)
    assert [each.name for each in agencies(actor=actor, region=NANGANG, kind="tax").rows] == ["演示新局"]


def refusals(actor: Actor, place: Agency) -> dict[type[Exception], list[Callable[[], object]]]:
    return {
        InvalidAgency: [
            lambda: add_agency(actor=actor, code=place.code, name="又一", kind="tax", region=DAOLI, now=NOW),
            lambda: add_agency(actor=actor, code="new", name=place.name, kind="tax", region=DAOLI, now=NOW),
            lambda: add_agency(actor=actor, code="new", name=" ", kind="tax", region=DAOLI, now=NOW),
            lambda: add_agency(actor=actor, code="new", name="又一", kind="tax", region=QIQIHAR, now=NOW),
            lambda: add_agency(actor=actor, code="new", name="又一", kind="tax", region="999999", now=NOW),
            lambda: rename_agency(actor=actor, agency_id=place.pk, name=place.name, now=NOW),
            lambda: move_agency(actor=actor, agency_id=place.pk, region=DAOLI, now=NOW),
            lambda: move_agency(actor=actor, agency_id=place.pk, region=QIQIHAR, now=NOW),
            lambda: deactivate_agency(actor=actor, agency_id=place.pk, reason="", now=NOW),
            lambda: deactivate_agency(actor=actor, agency_id=place.pk, reason="还有人在任", now=NOW),
            lambda: activate_agency(actor=actor, agency_id=place.pk, now=NOW),
        ],
        UnknownAgencyKind: [
            lambda: add_agency(actor=actor, code="new", name="又一", kind="magic", region=DAOLI, now=NOW)
        ],
        AgencyNotFound: [lambda: rename_agency(actor=actor, agency_id=0, name="无", now=NOW)],
    }


def test_what_cannot_be_done_to_an_agency() -> None:
    region_tree(HARBIN), region(QIQIHAR)
    place = agency(DAOLI, "tax")
    official("leader", DAOLI, "tax")
    assert Appointment.objects.filter(agency=place).exists()
    actor = administrator(HARBIN).actor()
    for error, attempts in refusals(actor, place).items():
        for attempt in attempts:
            with no_event(), pytest.raises(error):
                attempt()


@pytest.mark.parametrize("text", ["哈营商", " 哈营商 ", "A", "黑发改ABC", "一二三四五六七八九十"])
def test_what_may_be_a_document_code(text: str) -> None:
    actor, place = administrator(HARBIN).actor(), agency(DAOLI, "tax")
    with one_event("parties.agency_document_code_set") as events:
        set_document_code(actor=actor, agency_id=place.pk, document_code=text, now=NOW)
    assert get_agency(actor=actor, agency_id=place.pk).document_code == text.strip()
    assert (events[0]["before"], events[0]["after"]) == (
        {"document_code": ""},
        {"document_code": text.strip()},
    )


@pytest.mark.parametrize(
    "text",
    [
        *("哈营商1", "哈 营商", "哈-营商", "哈〔2026〕", "哈营商局、"),
        *("一二三四五六七八九十一", "🙂", "哈\u200b营", "Ａ"),
    ],
)
def test_what_may_not_be_a_document_code(text: str) -> None:
    actor, place = administrator(HARBIN).actor(), agency(DAOLI, "tax")
    with no_event(), pytest.raises(InvalidAgency, match="1 to 10 Chinese characters or letters") as refused:
        set_document_code(actor=actor, agency_id=place.pk, document_code=text, now=NOW)
    assert refused.value.details["field"] == "document_code" and "哈营商" in refused.value.message_zh
    with no_event(), pytest.raises(InvalidAgency):
        add_agency(
            actor=actor, code="new", name="又一", kind="tax", region=DAOLI, now=NOW, document_code=text
        )


def test_a_document_code_is_of_one_agency_in_office() -> None:
    actor = administrator(HARBIN).actor()
    first, second = agency(DAOLI, "tax"), agency(NANGANG, "tax")
    set_document_code(actor=actor, agency_id=first.pk, document_code="HS哈税", now=NOW)
    for code in ("HS哈税", "hs哈税"):
        with no_event(), pytest.raises(InvalidAgency, match="is the document code of") as refused:
            set_document_code(actor=actor, agency_id=second.pk, document_code=code, now=NOW)
        assert first.name in refused.value.message and first.name in refused.value.message_zh
    with pytest.raises(IntegrityError), transaction.atomic():
        Agency.objects.filter(pk=second.pk).update(document_code="hs哈税")
    with no_event(), pytest.raises(InvalidAgency, match="has this document code already"):
        set_document_code(actor=actor, agency_id=first.pk, document_code="HS哈税", now=NOW)
    found = agencies(actor=actor, text="hs", with_document_code=True)
    assert [each.name for each in found.rows] == [first.name]
    without = agencies(actor=actor, with_document_code=False)
    assert without.total and not any(each.document_code for each in without.rows)


def test_loading_the_reference_data_again_leaves_document_codes() -> None:
    load_reference_data(actor=SYSTEM, now=NOW, agency_regions=[HARBIN])
    assert not Agency.objects.exclude(document_code="").exists(), "none is shipped"
    place = Agency.objects.get(code=f"{HARBIN}-business-environment")
    set_document_code(actor=SYSTEM, agency_id=place.pk, document_code="哈营商", now=NOW)
    with arranged():
        Agency.objects.filter(pk=place.pk).update(name="旧名")
    assert load_reference_data(actor=SYSTEM, now=NOW, agency_regions=[HARBIN]).agencies_changed == 1
    assert Agency.objects.get(pk=place.pk).document_code == "哈营商"


@pytest.mark.parametrize("role", ["department_official", "leader", "auditor", "administrator elsewhere"])
def test_who_may_not_manage_agencies(role: str) -> None:
    region(QIQIHAR)
    place = agency(DAOLI, "tax")
    name, _, elsewhere = role.partition(" ")
    actor = official(name, QIQIHAR if elsewhere else DAOLI).actor()
    with no_event(), pytest.raises(AgencyNotFound if elsewhere else NotAllowed):
        set_document_code(actor=actor, agency_id=place.pk, document_code="哈税", now=NOW)
    expected = AgencyNotFound if elsewhere else NotAllowed
    with no_event(), pytest.raises(expected):
        rename_agency(actor=actor, agency_id=place.pk, name="改名", now=NOW)
    with pytest.raises(expected):
        get_agency(actor=actor, agency_id=place.pk)


# --- persons and contacts ---------------------------------------------------------------------------------------------


def test_a_person_is_found_again_and_never_stored_in_the_clear() -> None:
    region_tree(HARBIN)
    actor = official("department_official", DAOLI).actor()
    with one_event("parties.person_registered") as events:
        number = register_person(
            actor=actor,
            identity_number=PERSON.lower(),
            name="演示人",
            region=DAOLI,
            phone="13800000001",
            now=NOW,
        )
    assert PERSON not in str(events[0])
    with no_event():
        again = register_person(actor=actor, identity_number=PERSON, name="别名", region=DAOLI, now=NOW)
    assert again == number
    person = Party.objects.get(pk=number)
    assert (person.kind, person.identity_number, person.name) == ("person", PERSON, "演示人")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM parties_party p WHERE id = %s", [number])
        stored = cursor.fetchone()[0]
    assert PERSON not in stored and "13800000001" not in stored
    assert get_party(actor=actor, party_id=number).identity_number == "110*************2X"
    assert search_parties(actor=actor, text="ysr", kind="person").total == 1
    assert search_parties(actor=actor, text="ysr").total == 0


@pytest.mark.parametrize(
    "number", ["", "110105194912310021", "999999194912310026", "110105194913310023", "abc"]
)
def test_what_is_no_identity_number(number: str) -> None:
    with no_event(), pytest.raises(InvalidIdentityNumber):
        register_person(actor=SYSTEM, identity_number=number, name="演示人", now=NOW)


def test_a_person_is_registered_for_ones_own_region_only() -> None:
    region_tree(HARBIN)
    actor = official("department_official", DAOLI).actor()
    for place in (NANGANG, None, "999999"):
        with no_event(), pytest.raises(PartyNotFound):
            register_person(actor=actor, identity_number=PERSON, name="演示人", region=place, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        register_person(
            actor=official("leader", DAOLI).actor(),
            identity_number=PERSON,
            name="演示人",
            region=DAOLI,
            now=NOW,
        )


def test_a_contact_is_recorded_and_told_masked() -> None:
    party = a_party()
    actor = official("department_official", DAOLI).actor()
    with one_event("parties.contact_recorded") as events:
        record_contact(actor=actor, party_id=party.pk, email="boss@example.org", phone="13800000001", now=NOW)
    assert events[0]["after"] == {"email": "b***@example.org", "phone": "138******01"}
    detail = get_party(actor=actor, party_id=party.pk)
    assert (detail.contact_email, detail.contact_phone) == ("b***@example.org", "138******01")
    attempts: list[dict[str, Any]] = [{"email": "nowhere"}, {"phone": "1"}, {"phone": "13800000001"}, {}]
    for values in attempts:
        with no_event(), pytest.raises(InvalidContact):
            record_contact(actor=actor, party_id=party.pk, now=NOW, **values)
    with no_event(), pytest.raises(PartyNotFound):
        record_contact(
            actor=official("department_official", NANGANG).actor(), party_id=party.pk, now=NOW, phone=""
        )
    for who in (clerk_of(party), legal_representative_of(party)):
        with no_event(), pytest.raises(NotAllowed):
            record_contact(actor=who.actor(), party_id=party.pk, now=NOW, phone="")
    with one_event("parties.contact_recorded"):
        record_contact(actor=actor, party_id=party.pk, phone="", now=NOW)
    assert Party.objects.get(pk=party.pk).phone_hash is None


# --- figures ----------------------------------------------------------------------------------------------------------


def test_parties_of_which_nobody_tells_anything_are_counted_as_stale() -> None:
    a_party(as_of=date(2025, 11, 1))
    a_party(as_of=date(2026, 11, 1))
    (count,) = parties_by_region(actor=SYSTEM, level="county", today=date(2026, 11, 23))
    assert (count.parties, count.stale, count.latest) == (2, 1, date(2026, 11, 1))
