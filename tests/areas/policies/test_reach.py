"""How far items have come, who has not acted, and reminders: within one's reach, nobody too often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.areas.policies.factories import published_item
from tests.areas.policies.outreach_factories import an_enterprise, clicks, matched, reads, sent
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, QIQIHAR, SYSTEM, no_event, official
from tests.kernel.parties.factories import a_party
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import (
    Funnel,
    ItemNotFound,
    NobodyToRemind,
    item_reach,
    plan_reminder,
    register_stage,
    remind,
    unacted_parties,
)
from yingshang.areas.policies.models import PolicyReminder
from yingshang.areas.policies.outreach import stages
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Campaign
from yingshang.kernel.parties.api import merge_parties

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


@pytest.fixture
def registered() -> Iterator[None]:
    """Nothing registered in the test stays."""
    before = dict(stages._registered)
    yield
    stages._registered.clear()
    stages._registered.update(before)


@pytest.fixture
def reached() -> dict[str, Any]:
    """Four enterprises told: one read, one clicked, one did nothing, one elsewhere; and one without an account."""
    published_item()
    people = {
        "idle": an_enterprise(11),
        "reader": an_enterprise(12),
        "clicker": an_enterprise(13),
        "elsewhere": an_enterprise(14, region=NANGANG),
    }
    silent = a_party("＝演示 @SUM", facts={"emp.insured_count": 30})
    a_party(facts={"emp.insured_count": 1})
    sent()
    reads(people["reader"][1])
    clicks(people["clicker"][0])
    return {**people, "silent": (silent, None)}


@pytest.mark.django_db
def test_each_stage_counts_enterprises_and_what_nobody_knows_is_no_nought(reached: Any) -> None:
    actor = official("department_official", HARBIN).actor()
    found = item_reach(actor=actor, code="HIRING")
    assert found.funnel == Funnel(matched=5, sent=4, read=2, clicked=1, applied=None, paid=None)
    assert [(each.name, each.funnel.matched) for each in found.regions] == [("道里区", 4), ("南岗区", 1)]
    assert found.unacted == 4
    page = unacted_parties(actor=actor, reach=found)
    assert [(row.party.id, row.progress) for row in page.rows] == [
        (reached["silent"][0].pk, "untold"),
        (reached["elsewhere"][0].pk, "told"),
        (reached["reader"][0].pk, "read"),
        (reached["idle"][0].pk, "told"),
    ]
    assert page.rows[0].certain_fen == 2_000_000
    only = unacted_parties(actor=actor, reach=found, progress="told", offset=1, limit=1)
    assert (only.total, [row.party.id for row in only.rows]) == (2, [reached["idle"][0].pk])


@pytest.mark.django_db
def test_everybody_sees_their_own_reach_and_the_filters_hold(reached: Any) -> None:
    district = official("department_official", DAOLI).actor()
    assert item_reach(actor=district, code="HIRING").funnel.matched == 4
    other = official("department_official", QIQIHAR).actor()
    assert item_reach(actor=other, code="HIRING").funnel == Funnel(0, 0, 0, 0, None, None)
    city = official("department_official", HARBIN).actor()
    assert item_reach(actor=city, code="HIRING", region=NANGANG).funnel.matched == 1
    assert item_reach(actor=city, code="HIRING", size="大型").funnel.matched == 0
    with pytest.raises(NotAllowed):
        item_reach(actor=reached["idle"][1].actor(), code="HIRING")
    with pytest.raises(ItemNotFound):
        item_reach(actor=city, code="NOTHING")


@pytest.mark.django_db
def test_areas_that_know_say_who_applied_and_was_paid(reached: Any, registered: None) -> None:
    actor = official("department_official", HARBIN).actor()
    register_stage("applied", lambda item: {reached["idle"][0].pk: date(2026, 11, 22)})
    register_stage("paid", lambda item: {})
    found = item_reach(actor=actor, code="HIRING")
    assert (found.funnel.applied, found.funnel.paid) == (1, 0)
    # Who has applied has acted; who only came has not.
    assert found.unacted == 4
    assert reached["clicker"][0].pk in {row.traits.id for row in found.unacted_rows()}
    with pytest.raises(ValueError):
        register_stage("won", lambda item: {})


@pytest.mark.django_db
def test_merged_entries_count_once_with_the_furthest_either_came(reached: Any) -> None:
    merge_parties(
        actor=SYSTEM,
        kept_id=reached["idle"][0].pk,
        duplicate_id=reached["clicker"][0].pk,
        reason="重复",
        now=NOW,
    )
    matched()
    found = item_reach(actor=official("department_official", HARBIN).actor(), code="HIRING")
    assert found.funnel == Funnel(matched=4, sent=3, read=2, clicked=1, applied=None, paid=None)


@pytest.mark.django_db
def test_the_questions_do_not_grow_with_enterprises(reached: Any, django_assert_max_num_queries: Any) -> None:
    actor = official("department_official", HARBIN).actor()
    # Two more ask the claims, which know who applied and was paid.
    with django_assert_max_num_queries(7):
        found = item_reach(actor=actor, code="HIRING")
    with django_assert_max_num_queries(2):
        unacted_parties(actor=actor, reach=found)


# --- reminders --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_reminder_is_a_mass_message_and_nobody_is_reminded_too_often(reached: Any) -> None:
    actor = official("department_official", HARBIN).actor()
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    done = remind(actor=actor, code="HIRING", now=NOW)
    assert done.parties == 4
    campaign = Campaign.objects.get(pk=done.campaign_id)
    assert (campaign.kind, campaign.link, campaign.state) == ("policy", "/policies/items/HIRING/", "sending")
    assert set(campaign.recipients.values_list("party", flat=True)) == {
        reached[name][0].pk for name in ("idle", "reader", "elsewhere", "silent")
    }
    actions = list(AuditEvent.objects.filter(id__gt=last).values_list("action", flat=True))
    assert actions.count("policies.reminded") == 1
    with no_event(), pytest.raises(NobodyToRemind):
        remind(actor=actor, code="HIRING", now=NOW + 13 * DAY)
    assert plan_reminder(actor=actor, code="HIRING", now=NOW + DAY).lately == 4
    assert remind(actor=actor, code="HIRING", now=NOW + 15 * DAY).parties == 4
    assert PolicyReminder.objects.count() == 4
    page = unacted_parties(actor=actor, reach=item_reach(actor=actor, code="HIRING"))
    assert all(row.reminded_at == NOW + 15 * DAY for row in page.rows)


@pytest.mark.django_db
def test_a_reminder_goes_as_far_as_its_sender_and_the_filters(reached: Any) -> None:
    district = official("department_official", NANGANG).actor()
    assert remind(actor=district, code="HIRING", now=NOW).parties == 1
    city = official("department_official", HARBIN).actor()
    assert remind(actor=city, code="HIRING", now=NOW, progress="untold").parties == 1
    for role in ("supervisor", "window_official"):
        with pytest.raises(NotAllowed):
            remind(actor=official(role, HARBIN).actor(), code="HIRING", now=NOW)


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_shows_the_funnel_and_exports_without_formulas(
    reached: Any, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(official("department_official", HARBIN))
    address = "/desk/policies/items/HIRING/reach/"
    with django_assert_max_num_queries(40):
        page = client.get(address).content.decode()
    assert "符合而未行动的企业" in page and "尚无申报数据" in page and "道里区" in page
    assert reached["idle"][0].name in page and reached["clicker"][0].name not in page
    file = b"".join(client.get(f"{address}?export=csv")).decode("utf-8-sig")
    assert "'＝演示 @SUM" in file and len(file.splitlines()) == 5
    assert reached["elsewhere"][0].name in client.get(f"{address}?region={NANGANG}").content.decode()
    assert reached["idle"][0].name not in client.get(f"{address}?region={NANGANG}").content.decode()
    assert client.get(f"{address}?region=9&progress=x&page=99").status_code == 200
    assert "吸纳就业补贴" in client.get("/desk/policies/reach/?sort=-told").content.decode()


@pytest.mark.django_db
def test_one_click_reminds_and_leads_to_the_mass_message(reached: Any) -> None:
    client = signed_in(official("department_official", HARBIN))
    address = "/desk/policies/items/HIRING/reach/remind"
    assert "将提醒" in client.get(address).content.decode()
    assert not Campaign.objects.exists()
    answer = client.post(f"{address}?region={NANGANG}")
    assert answer.status_code == 302 and "/desk/messages/" in answer["Location"]
    assert PolicyReminder.objects.count() == 1
    again = client.post(f"{address}?region={NANGANG}", follow=True)
    assert "没有可以提醒的企业" in again.content.decode()
