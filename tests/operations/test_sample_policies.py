"""The policies of the demonstration go in by the doors, once: the real ones, and some of the city in every state."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from django.utils import timezone

from yingshang.areas.policies import api as policies
from yingshang.areas.policies.interpretation.numbers import absent, figures_of, values_of_item
from yingshang.kernel.access import api as access
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices import api as notices
from yingshang.kernel.parties import api as parties
from yingshang.operations.sample_city import Demonstration, clerks_enterprises, load_city, load_people
from yingshang.operations.sample_policies import (
    ABSTRACT,
    ACTOR,
    EXAMPLES,
    _abstracts,
    _filled,
    described,
    load_policies,
)
from yingshang.operations.setup import set_up

AS_OF = date(2026, 11, 21)
CODES = {path.stem for path in EXAMPLES.glob("P*.yaml")}


def test_every_real_item_is_there_with_the_words_of_its_conditions() -> None:
    abstracts = _abstracts(EXAMPLES)
    assert len(CODES) == 48 == sum(len(each.codes) for each in abstracts)
    assert len(abstracts) < 48, "items of one document share it"
    for abstract in abstracts:
        assert abstract.text.startswith(ABSTRACT), "nobody takes it for the document itself"
        assert {each["benefit"] for each in abstract.places}
        for source, places in zip(abstract.sources, abstract.places, strict=True):
            for condition in yaml.safe_load(source)["conditions"]:
                assert abstract.text.startswith(condition["text"], places[condition["id"]])


def test_invented_items_say_so_and_compile() -> None:
    now = timezone.now()
    for words in _filled(described()["items"], now):
        item = yaml.safe_load(words["source"])
        assert item["name"].startswith("演示："), item["id"]
        assert item["issuer"].startswith("演示："), item["id"]
        problems = policies.problems_of(words["source"], timezone.localdate(now))
        assert not [each.message for each in problems if each.severity == "error"], item["id"]
        for comment in words.get("comments", ()):
            assert comment["name"].startswith("演示")


def test_interpretations_say_nothing_that_their_items_do_not() -> None:
    sources = {path.stem: path.read_text("utf-8") for path in EXAMPLES.glob("P*.yaml")}
    for words in _filled(described()["items"], timezone.now()):
        sources[yaml.safe_load(words["source"])["id"]] = words["source"]
    for code, words in described()["interpretations"].items():
        told = [words["plain"], *words["sections"].values()]
        told += [f"{each['question']} {each['answer']}" for each in words["questions"]]
        values = values_of_item(sources[code])
        gone = absent(figures_of("\n".join(told)), values)
        # A question may ask about a figure that is not enough.
        assert set(gone) <= {"8人", "2025 年"}, code


@pytest.mark.django_db(transaction=True)
def test_the_library_is_filled_once_and_enterprises_are_told(tmp_path: Path) -> None:
    demonstration = Demonstration.of(tmp_path, city="tiny", today=AS_OF)
    now = timezone.now()
    set_up(region="230000", now=now)
    load_city(
        demonstration, tmp_path, zone=ZoneInfo("Asia/Shanghai"), progress=lambda title, done, total: None
    )
    load_people(demonstration, now=now)
    load_policies(clerks_enterprises(now), now=now)

    versions = {
        item.code: policies.get_item(actor=ACTOR, code=item.code).versions
        for item in policies.items(actor=ACTOR, limit=100).rows
    }
    drafts = set(described()["drafts"])
    assert {code for code in CODES if versions[code][0].state == "published"} == CODES - drafts
    assert {versions[code][0].state for code in drafts} == {"reviewing"}, (
        "a draft for comments is not in force"
    )
    for code in described()["interpretations"]:
        desk = policies.interpretation_on_desk(actor=ACTOR, subject=policies.InterpretationSubject(code))
        assert desk.published and not desk.outdated and not desk.behind, code
    assert {code: [each.state for each in versions[code]] for code in sorted(set(versions) - CODES)} == {
        "DEMO-HRB-01": ["draft", "published"],
        "DEMO-HRB-02": ["published"],
        "DEMO-HRB-03": ["withdrawn"],
        "DEMO-HRB-04": ["published"],
        "DEMO-HRB-05": ["published"],
        "DEMO-HRB-06": ["published"],
        "DEMO-HRB-07": ["published"],
        "DEMO-HRB-08": ["published"],
        "DEMO-HRB-09": ["published"],
        "DEMO-HRB-11": ["reviewing"],
        "DEMO-HRB-12": ["reviewing"],
        "DEMO-HRB-13": ["rejected"],
        "DEMO-HRB-14": ["returned"],
        "DEMO-HRB-15": ["draft"],
    }

    # What was taken in from before is not funded; what has passed the review is.
    assert policies.is_fundable(code="DEMO-HRB-01", day=timezone.localdate(now))
    assert not policies.is_fundable(code="P012", day=timezone.localdate(now))

    consulted = policies.consultations(today=timezone.localdate(now), state="open")
    assert {each.code for each in consulted.rows} == {"DEMO-HRB-11", "DEMO-HRB-12", *drafts}
    failed = policies.findings_of(actor=ACTOR, code="DEMO-HRB-13", number=1, today=timezone.localdate(now))
    assert {each.rule for each in failed} >= {"local_registration", "local_products"}

    # The city is matched, who acts for an enterprise is told, and a draft was tried.
    assert policies.matched_parties(actor=ACTOR, code="DEMO-HRB-01").total
    boss = access.actor_by_reference(f"user:{access.find_account(actor=ACTOR, username='boss')[0]}")
    told = [each.template for each in notices.inbox(actor=boss, per_page=100).rows]
    assert told.count("policies.package") == 1
    facts = parties.portrait(actor=ACTOR, party_id=clerks_enterprises(now)[1], now=now).facts
    assert [f"{each.value:f}" for each in facts if each.column == "market.share"] == ["0.1200"]
    tried = policies.scenarios(actor=ACTOR, code="DEMO-HRB-01")
    assert [each.document_id is not None for each in tried].count(True) == 1

    events = AuditEvent.objects.count()
    load_policies(clerks_enterprises(now), now=timezone.now())
    assert AuditEvent.objects.count() == events, "loading it again writes nothing"
