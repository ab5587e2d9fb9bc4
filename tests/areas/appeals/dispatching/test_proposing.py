"""Proposals for appeals of the database, and what is learned from those that were closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from tests.areas.appeals.factories import City, city, submitted_appeal
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, SYSTEM, agency, arranged, official
from yingshang.areas.appeals.dispatching import current, proposing
from yingshang.areas.appeals.dispatching.actions import learn as module
from yingshang.areas.appeals.dispatching.actions.learn import learn
from yingshang.areas.appeals.dispatching.figures import train
from yingshang.areas.appeals.dispatching.learned import Model
from yingshang.areas.appeals.dispatching.parameters import settings
from yingshang.areas.appeals.dispatching.proposals import propose
from yingshang.areas.appeals.dispatching.proposing import propose_for
from yingshang.areas.appeals.models import Appeal, LearnedModel
from yingshang.areas.appeals.sample_texts import sample_texts
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
LICENCE = {"title": "营业执照变更", "body": "股权变更登记材料交了一个月，营业执照还没有换发。"}


@pytest.fixture
def people() -> City:
    return city()


@pytest.fixture(scope="module")
def trained() -> Model:
    return train([(each.text, each.topic) for each in sample_texts(100, seed=1)], day=TODAY)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, trained: Model) -> Model:
    """What is learned stands already: for what is done with it."""
    monkeypatch.setattr(
        module,
        "train",
        lambda cases, *, day: replace(trained, cases=len(cases), day=day),
    )
    return trained


def closed(count: int, *, seed: int = 1, at: int = 0) -> None:
    """So many appeals that were dealt with, written as they are when they are closed."""
    parts = submitted_appeal().row
    with arranged():
        Appeal.objects.bulk_create(
            Appeal(
                number=f"演示{seed}-{number}",
                region_path=parts.region_path,
                desk_id=parts.desk_id,
                channel="portal",
                title="演示",
                text=each.text,
                topic=each.dispatched_as,
                state="closed",
                closed_by="enterprise",
                submitted_at=NOW,
                closed_at=NOW + timedelta(minutes=at + number),
                ended_at=NOW + timedelta(minutes=at + number),
            )
            for number, each in enumerate(sample_texts(count, seed=seed, wordings="known"))
        )


def test_the_agency_of_the_region_is_proposed_with_reasons(
    people: City, django_assert_max_num_queries: object
) -> None:
    appeal = submitted_appeal(people=people, **LICENCE).row
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        found = propose_for(appeal, today=TODAY)
    assert found.proposal.topic == "registration"
    assert found.agency is not None and found.agency.id == people.market
    assert found.region_code == DAOLI and found.place is None
    assert any(each.word in appeal.text for each in found.proposal.reasons)
    # The catalogue alone does not let the platform dispatch.
    assert not found.sure and found.model_number == 0
    kept = found.as_dict()
    assert (kept["topic"], kept["agency"], kept["region"]) == ("registration", people.market, DAOLI)


def test_where_the_county_has_none_the_agency_above_is_proposed(people: City) -> None:
    above = agency(HARBIN, "housing-fund")
    official("department_official", HARBIN, "housing-fund")
    appeal = submitted_appeal(
        people=people, title="公积金", body="单位住房公积金缴存比例想降低，开户审核没通过。"
    ).row
    found = propose_for(appeal, today=TODAY)
    assert found.proposal.topic == "housing-fund"
    assert found.agency is not None and found.agency.id == above.pk
    assert found.others[0].id == people.housing


def test_an_agency_where_somebody_answers_comes_before_an_empty_one(people: City) -> None:
    empty = agency(DAOLI, "tax")
    appeal = submitted_appeal(people=people, title="注销", body="公司注销清算，简易注销公告期满。").row
    assert propose_for(appeal, today=TODAY).agency is not None
    assert propose_for(appeal, today=TODAY).agency.id == people.market  # type: ignore[union-attr]
    invoice = submitted_appeal(people=people, title="发票", body="数电票开票额度不够，发票开不出。").row
    found = propose_for(invoice, today=TODAY)
    assert found.agency is not None and found.agency.id == empty.pk


def test_a_place_the_text_names_is_where_the_agency_is_looked_for(people: City) -> None:
    there = official("department_official", "230103", "market-regulation")
    appeal = submitted_appeal(
        people=people, title="执照", body="我们在南岗区的分店办营业执照变更登记，一直没有办好。"
    ).row
    found = propose_for(appeal, today=TODAY)
    assert found.place is not None and found.place.word == "南岗区"
    assert found.region_code == "230103"
    assert found.agency is not None and found.agency.id == agency("230103", "market-regulation").pk
    assert there is not None and not found.sure


def test_what_says_nothing_is_left_to_a_person(people: City) -> None:
    appeal = submitted_appeal(people=people, title="你好", body="您好，请尽快解决，谢谢").row
    found = propose_for(appeal, today=TODAY)
    assert (found.agency, found.others, found.sure) == (None, (), False)
    assert found.as_dict()["topic"] == ""


def test_nothing_is_learned_of_too_few_or_again_of_the_same(people: City, quick: Model) -> None:
    closed(settings().learned.least_cases - 1)
    assert learn(actor=SYSTEM, now=NOW + timedelta(days=1)) is None
    closed(2, seed=2)
    first = learn(actor=SYSTEM, now=NOW + timedelta(days=1))
    assert first is not None and first.used and first.cases == settings().learned.least_cases + 1
    assert learn(actor=SYSTEM, now=NOW + timedelta(days=2)) is None
    assert LearnedModel.objects.count() == 1


def test_what_was_learned_is_kept_with_its_figures_and_proposes_from_then_on(people: City) -> None:
    closed(120)
    before = AuditEvent.objects.count()
    made = learn(actor=SYSTEM, now=NOW + timedelta(days=1))
    assert made is not None and made.figures["count"] == 24
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))[before:] == [
        "appeals.model_learned"
    ]
    row = LearnedModel.objects.get()
    assert (row.used, row.cases, row.figures) == (True, 120, made.figures)
    assert Model.from_bytes(bytes(row.content)).cases == 120
    found = propose_for(submitted_appeal(people=people, **LICENCE).row, today=TODAY)
    assert found.model_number == row.number
    assert current.model_in_use()[1] is current.model_in_use()[1]


def test_a_worse_one_is_kept_but_not_used(people: City, quick: Model) -> None:
    closed(100)
    first = learn(actor=SYSTEM, now=NOW + timedelta(days=1))
    assert first is not None
    with arranged():
        LearnedModel.objects.update(figures={**first.figures, "top1": 0.99})
    closed(1, seed=2, at=3 * 24 * 60)
    second = learn(actor=SYSTEM, now=NOW + timedelta(days=4))
    assert second is not None and not second.used and "未采用" in second.note
    assert LearnedModel.objects.get(used=True).number == first.number
    # A little worse is within what chance does.
    with arranged():
        LearnedModel.objects.filter(used=True).update(
            figures={**first.figures, "top1": second.figures["top1"] + settings().learned.worse_by / 2}
        )
    closed(1, seed=3, at=6 * 24 * 60)
    third = learn(actor=SYSTEM, now=NOW + timedelta(days=7))
    assert third is not None and third.used
    assert LearnedModel.objects.get(used=True).number == third.number


def test_it_is_learned_by_the_platform_alone(people: City) -> None:
    for who in (people.handler, people.dispatcher, people.city_dispatcher):
        with pytest.raises(NotAllowed):
            learn(actor=who.actor(NOW), now=NOW)


def test_of_old_ones_only_the_figures_stay(people: City, quick: Model) -> None:
    with arranged():
        for number in range(1, settings().learned.kept + 3):
            LearnedModel.objects.create(
                number=number, cases=1, content=b"x", used=number == 1, figures={"top1": 0.99}, made_at=NOW
            )
    closed(100, at=60)
    assert learn(actor=SYSTEM, now=NOW + timedelta(days=1)) is not None
    kept = {row.number for row in LearnedModel.objects.exclude(content=b"")}
    # The one in use, though old, and the newest.
    assert 1 in kept and len(kept) == settings().learned.kept + 1
    assert LearnedModel.objects.count() == settings().learned.kept + 3


def test_nothing_is_kept_where_the_event_fails(
    people: City, quick: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(100)

    def fails(**_: object) -> None:
        raise RuntimeError("no ledger")

    monkeypatch.setattr(module, "record", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        learn(actor=SYSTEM, now=NOW + timedelta(days=1))
    assert not LearnedModel.objects.exists()


def test_one_that_cannot_be_read_is_as_none(people: City) -> None:
    with arranged():
        LearnedModel.objects.create(number=1, cases=1, content=b"of an older version", used=True, made_at=NOW)
    assert current.model_in_use() == (0, None)
    assert propose_for(submitted_appeal(people=people, **LICENCE).row, today=TODAY).agency is not None


def test_the_platform_dispatches_only_where_held_out_cases_proved_it(
    people: City, trained: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = submitted_appeal(
        people=people, title="营业执照", body="营业执照变更登记，股权变更登记，核名。"
    ).row
    for count, right, confidence, sure in (
        (200, 0.97, 0.95, True),
        (200, 0.80, 0.95, False),
        (settings().learned.least_measured - 1, 1.0, 0.95, False),
        (200, 0.97, 0.5, False),
    ):
        band = {"least": 0.9, "most": 1.0, "count": count, "confidence": 0.95, "right": right}
        told = replace(trained, figures={"bands": [band]})
        monkeypatch.setattr(proposing, "model_in_use", lambda told=told: (7, told))
        said = replace(propose(appeal.text, model=None), confidence=confidence)
        monkeypatch.setattr(proposing, "propose", lambda text, *, model, said=said: said)
        found = propose_for(appeal, today=TODAY)
        assert found.agency is not None and found.agency.id == people.market
        assert (found.sure, found.model_number) == (sure, 7)
