"""What is written down of the policies of the demonstration. How they go in by the doors: test_demonstration."""

from __future__ import annotations

import yaml
from django.utils import timezone

from yingshang.areas.policies import api as policies
from yingshang.areas.policies.interpretation.numbers import absent, figures_of, values_of_item
from yingshang.operations.sample_policies import (
    ABSTRACT,
    EXAMPLES,
    _abstracts,
    _filled,
    described,
)

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
