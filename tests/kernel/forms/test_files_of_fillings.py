"""Files of forms that are not submitted: bounded for each person and enterprise, swept when nobody submits them."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from tests.kernel.access.factories import NOW, SYSTEM, Person, clerk_of, no_event, one_event
from tests.kernel.forms.factories import POWERS, a_form, an_enterprise
from yingshang.kernel.documents.models import Document
from yingshang.kernel.forms import api, leftovers
from yingshang.kernel.forms.limits import Limits, Quota, limits
from yingshang.kernel.forms.models import FillingFile
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db

DATA = {"name": "演示企业", "purpose": "other", "amount": "1.00"}
PNG = b"\x89PNG\r\n\x1a\n" + b"%s" + b"IEND\xaeB`\x82"


def a_file(text: str = "one") -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{text}.png", PNG % text.encode())


def attach(who: Person, party: Party, key: str, *names: str, now: datetime = NOW) -> Any:
    return api.attach_files(
        actor=who.actor(),
        form_code="loan",
        party_id=party.pk,
        key=key,
        files={"papers": [a_file(name) for name in names]},
        now=now,
    )


def save(who: Person, party: Party, key: str, papers: list[dict[str, Any]], now: datetime = NOW) -> None:
    api.save_draft(
        actor=who.actor(),
        form_code="loan",
        subject="s",
        party_id=party.pk,
        data={"papers": papers},
        now=now,
        key=key,
    )


def submit(who: Person, party: Party, key: str, papers: list[dict[str, Any]]) -> api.SubmissionView:
    return api.submit(
        actor=who.actor(),
        form_code="loan",
        party_id=party.pk,
        subject="s",
        data={**DATA, "papers": papers},
        now=NOW,
        key=key,
    )


def sweep(**after: float) -> int:
    return api.sweep_unsubmitted(actor=SYSTEM, now=NOW + timedelta(**after))


def there() -> set[str]:
    return set(Document.objects.filter(removed_at__isnull=True).values_list("name", flat=True))


def bounded(monkeypatch: pytest.MonkeyPatch, *, person: Quota, party: Quota) -> None:
    given = limits()
    few = Limits(of_person=person, of_party=party, unnamed=given.unnamed, named=given.named)
    monkeypatch.setattr(leftovers, "limits", lambda: few)


def test_the_limits_are_data() -> None:
    assert limits().of_person.files <= limits().of_party.files
    assert limits().of_person.bytes <= limits().of_party.bytes
    assert timedelta() < limits().unnamed < limits().named


@pytest.mark.parametrize(
    ("person", "party", "said", "said_zh"),
    [
        (Quota(2, 10**9), Quota(99, 10**9), "at most 2 files", "您未提交的表单里已有 2 个文件"),
        (Quota(99, 50), Quota(99, 10**9), "at most 99 files and 0 MB", "您未提交的表单里已有 2 个文件"),
        (Quota(99, 10**9), Quota(2, 10**9), "at most 2 files", "本企业未提交的表单里已有 2 个文件"),
    ],
)
def test_what_lies_unsubmitted_is_bounded(
    monkeypatch: pytest.MonkeyPatch, person: Quota, party: Quota, said: str, said_zh: str
) -> None:
    a_form()
    ours, clerk = an_enterprise()
    assert len(PNG % b"one") in range(18, 25), "two fit into fifty bytes, three do not"
    bounded(monkeypatch, person=person, party=party)
    first = str(uuid4())
    kept, wrong = attach(clerk, ours, first, "one", "two")
    assert (len(kept["papers"]), wrong) == (2, ())
    with no_event():
        kept, (refused,) = attach(clerk, ours, str(uuid4()), "six")
    assert kept == {}
    assert (refused.field, refused.code) == ("papers", "file_quota")
    assert (
        said in refused.message and said_zh in refused.message_zh and "请先提交或清空" in refused.message_zh
    )
    # Somebody else, for another enterprise, is not concerned.
    theirs, stranger = an_enterprise()
    assert attach(stranger, theirs, str(uuid4()), "six")[1] == ()


def test_the_bound_of_an_enterprise_is_of_all_who_act_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    a_form()
    party, clerk = an_enterprise()
    colleague = clerk_of(party, POWERS)
    bounded(monkeypatch, person=Quota(9, 10**9), party=Quota(2, 10**9))
    attach(clerk, party, str(uuid4()), "one", "two")
    assert attach(colleague, party, str(uuid4()), "six")[1][0].code == "file_quota"


def test_submitting_or_clearing_makes_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    a_form()
    party, clerk = an_enterprise()
    bounded(monkeypatch, person=Quota(2, 10**9), party=Quota(2, 10**9))
    key = str(uuid4())
    kept, _ = attach(clerk, party, key, "one", "two")
    submit(clerk, party, key, kept["papers"])
    assert not FillingFile.objects.exists()
    key = str(uuid4())
    kept, wrong = attach(clerk, party, key, "three", "four")
    assert wrong == ()
    save(clerk, party, key, kept["papers"])
    before = AuditEvent.objects.count()
    api.discard_draft(actor=clerk.actor(), form_code="loan", subject="s", party_id=party.pk, now=NOW)
    assert (
        list(AuditEvent.objects.order_by("id").values_list("action", flat=True)[before:])
        == ["documents.removed"] * 2
    )
    assert there() == {"one.png", "two.png"}
    assert attach(clerk, party, str(uuid4()), "five")[1] == ()


def test_what_nobody_submits_is_swept_with_an_event_for_each_file() -> None:
    a_form()
    party, clerk = an_enterprise()
    named, left, submitted = (str(uuid4()) for _ in range(3))
    kept, _ = attach(clerk, party, submitted, "submitted", "taken-out")
    submit(clerk, party, submitted, kept["papers"][:1])
    kept, _ = attach(clerk, party, named, "named")
    save(clerk, party, named, kept["papers"])
    attach(clerk, party, left, "left")
    with no_event():
        assert sweep(days=1) == 0
    before = AuditEvent.objects.count()
    assert sweep(days=3) == 2
    assert there() == {"submitted.png", "named.png"}
    events = AuditEvent.objects.order_by("id")[before:]
    assert [(each.action, each.reason) for each in events] == [
        ("documents.removed", "the form was not submitted in time")
    ] * 2
    save(clerk, party, named, kept["papers"], now=NOW + timedelta(days=40))
    with no_event():
        assert sweep(days=3) == 0
        # Counted from the last change of the draft; saving the very same is none.
        assert sweep(days=59) == 0
    with one_event("documents.removed"):
        assert sweep(days=61) == 1
    assert there() == {"submitted.png"}
    # The draft is still there and says what is missing when it is submitted.
    with pytest.raises(api.InvalidSubmission) as refused:
        submit(clerk, party, named, kept["papers"])
    assert refused.value.details["problems"][0]["code"] == "file_gone"


def test_a_sweep_stops_at_its_limit() -> None:
    a_form()
    party, clerk = an_enterprise()
    attach(clerk, party, str(uuid4()), "one", "two")
    assert api.sweep_unsubmitted(actor=SYSTEM, now=NOW + timedelta(days=3), limit=1) == 1
    assert sweep(days=3) == 1


@pytest.mark.django_db(transaction=True)
def test_the_sweep_passes_over_what_is_being_submitted() -> None:
    a_form()
    party, clerk = an_enterprise()
    key = str(uuid4())
    attach(clerk, party, key, "one")
    swept: list[int] = []

    def sweeper() -> None:
        try:
            swept.append(sweep(days=3))
        finally:
            connection.close()

    with transaction.atomic():
        leftovers.hold_files(key)
        thread = threading.Thread(target=sweeper)
        thread.start()
        thread.join(20)
    assert swept == [0]
    assert there() == {"one.png"}


@pytest.mark.django_db(transaction=True)
def test_uploads_at_the_same_moment_do_not_pass_the_bound_together(monkeypatch: pytest.MonkeyPatch) -> None:
    a_form()
    party, clerk = an_enterprise()
    bounded(monkeypatch, person=Quota(3, 10**9), party=Quota(3, 10**9))
    start = threading.Barrier(4)

    def upload(number: int) -> None:
        try:
            start.wait(20)
            attach(clerk, party, str(uuid4()), f"{number}-a", f"{number}-b")
        finally:
            connection.close()

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert FillingFile.objects.count() == 3
