"""Policy seeks enterprise: told once, at most one message a day, whatever dies in between."""

from __future__ import annotations

import signal
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.areas.policies.factories import hiring, published_item
from tests.areas.policies.outreach_factories import an_enterprise, insured, matched
from tests.forked import Forked
from tests.kernel.access.factories import (
    NOW,
    SYSTEM,
    Person,
    arranged,
    clerk_of,
    legal_representative_of,
    no_event,
    one_event,
)
from tests.kernel.parties.factories import a_party
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import (
    LinkNotFound,
    PackageNotFound,
    begin_version,
    follow_link,
    get_package,
    publish_item,
    rematch_changed,
    send_packages,
    withdraw_item,
)
from yingshang.areas.policies.models import (
    ItemVersion,
    PolicyClick,
    PolicyPackage,
    PolicyTold,
)
from yingshang.areas.policies.outreach import digest
from yingshang.areas.policies.outreach.jobs import send_packages_job
from yingshang.areas.policies.outreach.links import token_of
from yingshang.areas.policies.outreach.rules import digest_rules
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.api import inbox, mark_read, set_message_preferences
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.api import merge_parties, undo_merge

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def packages_of(who: Person) -> list[Message]:
    return list(Message.objects.filter(recipient=who.user, template=digest.TEMPLATE, channel="in_app"))


# --- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_enterprise_is_told_once_of_everything_new_in_one_message() -> None:
    party, who = an_enterprise()
    colleague = clerk_of(party)
    silent = a_party(facts={"emp.insured_count": 20})
    _, small = an_enterprise(3)
    published_item()
    published_item("SECOND", source=hiring("SECOND", staff=15))
    matched()
    done = send_packages(actor=SYSTEM, now=NOW)
    assert (done.parties, done.items, done.messages) == (1, 2, 2)
    [message] = packages_of(who)
    assert packages_of(colleague) and not packages_of(small)
    assert not PolicyTold.objects.filter(party=silent).exists()
    assert message.kind == "policy"
    assert "新符合 2 项" in message.subject
    assert "1. 吸纳就业补贴 ¥20,000.00" in message.body
    assert f"/policies/go/{token_of(party.pk, ItemVersion.objects.first().item_id)}" in message.body  # type: ignore[union-attr]
    assert message.link == f"/policies/packages/{party.pk}/2026-11-23/"
    for later in (NOW, NOW + DAY):
        with no_event():
            assert send_packages(actor=SYSTEM, now=later).parties == 0


@pytest.mark.django_db
def test_what_is_new_on_a_day_on_which_something_was_told_waits_for_the_next() -> None:
    _, who = an_enterprise()
    published_item()
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    published_item("SECOND", source=hiring("SECOND", staff=15))
    matched()
    assert send_packages(actor=SYSTEM, now=NOW).parties == 0
    done = send_packages(actor=SYSTEM, now=NOW + DAY)
    assert (done.parties, done.items) == (1, 1)
    assert len(packages_of(who)) == 2


@pytest.mark.django_db
def test_of_many_a_few_are_named_and_the_others_counted() -> None:
    party, who = an_enterprise()
    for number in range(10):
        published_item(f"I{number}", source=hiring(f"I{number}"))
    matched()
    assert send_packages(actor=SYSTEM, now=NOW).items == 10
    [message] = packages_of(who)
    assert "8. " in message.body and "9. " not in message.body
    assert "另有 2 项" in message.body
    with no_event():
        assert len(get_package(actor=who.actor(), party_id=party.pk, day=date(2026, 11, 23)).items) == 10


@pytest.mark.django_db
def test_an_item_whose_last_window_is_past_is_no_news() -> None:
    an_enterprise()
    past = hiring().replace("from: 2026-03-01, to: 2026-12-31", "from: 2026-03-01, to: 2026-06-30")
    published_item(source=past)
    matched()
    assert send_packages(actor=SYSTEM, now=NOW).parties == 0


@pytest.mark.django_db
def test_who_does_not_want_such_messages_gets_none_and_is_told_when_they_want_them_again() -> None:
    _, who = an_enterprise()
    published_item()
    matched()
    set_message_preferences(
        actor=who.actor(), quiet="platform", unwanted={"policy": ["in_app", "email"]}, now=NOW
    )
    with no_event():
        assert send_packages(actor=SYSTEM, now=NOW).parties == 0
    set_message_preferences(actor=who.actor(), quiet="platform", unwanted={}, now=NOW)
    assert send_packages(actor=SYSTEM, now=NOW + DAY).parties == 1


@pytest.mark.django_db
def test_somebody_who_gets_an_account_later_is_told_then() -> None:
    party = a_party(facts={"emp.insured_count": 20})
    published_item()
    matched()
    assert send_packages(actor=SYSTEM, now=NOW).parties == 0
    who = legal_representative_of(party)
    assert send_packages(actor=SYSTEM, now=NOW).parties == 1
    assert packages_of(who)


# --- once -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "again"), [(30, False), (370, True)])
def test_who_leaves_and_comes_back_is_told_again_only_after_a_long_time(days: int, again: bool) -> None:
    party, who = an_enterprise()
    published_item(source=hiring().replace("to: 2026-12-31", "to: 2027-12-31"))
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    insured(party, 3, 1)
    rematch_changed(actor=SYSTEM, now=NOW)
    done = send_packages(actor=SYSTEM, now=NOW + DAY)
    assert (done.left, done.parties) == (1, 0)
    insured(party, 25, 2)
    rematch_changed(actor=SYSTEM, now=NOW)
    later = NOW + timedelta(days=days)
    done = send_packages(actor=SYSTEM, now=later)
    assert (done.parties, done.returned) == ((1, 0) if again else (0, 1))
    assert len(packages_of(who)) == 1 + again
    assert PolicyTold.objects.get().times == 1 + again
    assert PolicyTold.objects.get().left_at is None
    # Back within the period, it is not told of it later either.
    assert send_packages(actor=SYSTEM, now=later + timedelta(days=20)).parties == 0


@pytest.mark.django_db
def test_a_later_version_of_an_item_is_not_told_again_and_nobody_has_left_before_it_is_matched() -> None:
    an_enterprise()
    published_item()
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    with arranged():
        begin_version(actor=SYSTEM, code="HIRING", now=NOW)
        ItemVersion.objects.filter(number=2).update(state="approved", approved_at=NOW)
        publish_item(actor=SYSTEM, code="HIRING", now=NOW)
    done = send_packages(actor=SYSTEM, now=NOW + DAY)
    assert (done.parties, done.left) == (0, 0)
    matched()
    done = send_packages(actor=SYSTEM, now=NOW + DAY)
    assert (done.parties, done.left) == (0, 0)


@pytest.mark.django_db
def test_a_withdrawn_item_is_told_to_nobody() -> None:
    an_enterprise()
    published_item()
    matched()
    withdraw_item(actor=SYSTEM, code="HIRING", reason="政策调整", now=NOW)
    assert send_packages(actor=SYSTEM, now=NOW).parties == 0


@pytest.mark.django_db
def test_merged_entries_are_one_and_are_told_once() -> None:
    kept, other = an_enterprise(20), an_enterprise(30)
    published_item()
    matched()
    assert send_packages(actor=SYSTEM, now=NOW).parties == 2
    merge = merge_parties(actor=SYSTEM, kept_id=kept[0].pk, duplicate_id=other[0].pk, reason="重复", now=NOW)
    rematch_changed(actor=SYSTEM, now=NOW)
    assert send_packages(actor=SYSTEM, now=NOW + DAY).parties == 0
    # What only the duplicate was told counts for the one that is kept.
    with arranged():
        PolicyTold.objects.filter(party=kept[0]).delete()
    assert send_packages(actor=SYSTEM, now=NOW + DAY).parties == 0
    undo_merge(actor=SYSTEM, merge_id=merge, reason="误合并", now=NOW)
    rematch_changed(actor=SYSTEM, now=NOW)
    assert send_packages(actor=SYSTEM, now=NOW + 2 * DAY).parties == 1
    assert len(packages_of(other[1])) == 1


# --- whatever dies ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["send", "_save", "record", "note_readings"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_killed_anywhere_nobody_is_told_twice_or_passed_over(
    step: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [an_enterprise()[1] for _ in range(3)]
    published_item()
    matched()
    rules = digest_rules()
    one_by_one = type(rules)(rules.named, rules.channels, rules.again_after_days, 1)
    monkeypatch.setattr(digest, "digest_rules", lambda: one_by_one)
    real, calls = getattr(digest, step), []

    def dying(*arguments: Any, **more: Any) -> Any:
        calls.append(1)
        done = real(*arguments, **more)
        if len(calls) > after or step == "note_readings":
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(digest, step, dying)
    with pytest.raises(KeyboardInterrupt):
        send_packages(actor=SYSTEM, now=NOW)
    assert PolicyTold.objects.count() == Message.objects.filter(channel="in_app").count()
    assert PolicyTold.objects.count() == (3 if step == "note_readings" else after)
    monkeypatch.setattr(digest, step, real)
    send_packages(actor=SYSTEM, now=NOW)
    assert [len(packages_of(who)) for who in people] == [1, 1, 1]
    assert PolicyTold.objects.count() == PolicyPackage.objects.count() == 3


@pytest.mark.django_db
def test_one_event_for_a_transaction_and_the_messages_beside_it() -> None:
    an_enterprise()
    published_item()
    matched()
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    send_packages(actor=SYSTEM, now=NOW)
    actions = AuditEvent.objects.filter(id__gt=last).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["notices.sent", "policies.packages_sent"]


@pytest.mark.django_db
def test_nobody_but_the_platform_runs_it() -> None:
    _, who = an_enterprise()
    with pytest.raises(NotAllowed):
        send_packages(actor=who.actor(), now=NOW)


@pytest.mark.django_db
def test_many_enterprises_take_few_questions_when_there_is_nothing_to_tell(
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(5):
        an_enterprise()
    published_item()
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    with django_assert_max_num_queries(16):
        send_packages(actor=SYSTEM, now=NOW + DAY)


# --- links ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_followed_link_is_noted_once_for_the_enterprise_and_leads_to_the_item(client: Client) -> None:
    party, _ = an_enterprise()
    published_item()
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    address = f"/policies/go/{token_of(party.pk, ItemVersion.objects.get().item_id)}"
    assert client.head(address).status_code == 204
    assert not PolicyClick.objects.exists()
    for _ in range(2):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, "/policies/items/HIRING/")
    assert PolicyClick.objects.count() == 1
    assert client.get(address[:-1] + "~").status_code == 404
    with pytest.raises(LinkNotFound):
        follow_link(token="1.1~forged", now=NOW)


@pytest.mark.django_db
def test_its_own_people_see_the_package_and_nobody_else() -> None:
    party, who = an_enterprise()
    _, stranger = an_enterprise()
    published_item()
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    client = signed_in(who)
    page = client.get(packages_of(who)[0].link)
    assert page.status_code == 200
    assert "吸纳就业补贴" in page.content.decode()
    assert client.get(f"/policies/packages/{party.pk}/2026-11-24/").status_code == 404
    assert client.get(f"/policies/packages/{party.pk}/never/").status_code == 404
    with pytest.raises(PackageNotFound):
        get_package(actor=stranger.actor(), party_id=party.pk, day=date(2026, 11, 23))


@pytest.mark.django_db
def test_that_a_package_was_read_is_kept() -> None:
    _, who = an_enterprise()
    published_item()
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    [message] = inbox(actor=who.actor(), page=1, per_page=10).rows
    mark_read(actor=who.actor(), message_id=message.id, now=NOW)
    with one_event("policies.packages_read"):
        send_packages(actor=SYSTEM, now=NOW)
    assert PolicyPackage.objects.get().read_at == NOW


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_tells_nobody_twice_and_passes_nobody_over(settings: Any) -> None:
    published_item()
    parties = [an_enterprise()[0].pk for _ in range(3)]
    matched()
    send_packages_job.defer()
    assert Forked("tests.areas.policies.run_digest", NOW.isoformat()).wait() == -signal.SIGKILL
    # The first has its message; what was written of the second went with the process.
    assert [each.party_id for each in PolicyTold.objects.all()] == parties[:1]
    summary = send_packages(actor=SYSTEM, now=NOW)
    assert (summary.parties, summary.items) == (2, 2)
    assert sorted(each.party_id for each in PolicyTold.objects.all()) == parties
    assert PolicyPackage.objects.count() == 3
    assert sorted(Message.objects.values_list("party", flat=True)) == parties
    assert send_packages(actor=SYSTEM, now=NOW).parties == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", [{"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}]
)
def test_what_a_browser_fetches_beforehand_is_no_click(header: dict[str, str]) -> None:
    published_item()
    party, _ = an_enterprise()
    matched()
    send_packages(actor=SYSTEM, now=NOW)
    address = f"/policies/go/{token_of(party.pk, ItemVersion.objects.get().item_id)}"
    assert Client().get(address, headers=header).status_code == 204
    assert Client().head(address).status_code == 204
    assert not PolicyClick.objects.exists()
    assert Client().get(address).status_code == 302
    assert PolicyClick.objects.count() == 1
