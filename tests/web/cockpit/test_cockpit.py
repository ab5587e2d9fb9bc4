"""The cockpit: figures of the leader's scope only, each leading to the list that it counts."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.kernel.access.factories import DAOLI, HARBIN, HEILONGJIANG, NANGANG, QIQIHAR, official
from tests.kernel.parties.factories import region_tree
from tests.processes.enterprise_binding.situations import in_state
from tests.web.desk.factories import city, signed_in
from yingshang.kernel.access.api import Actor, Grant
from yingshang.web.cockpit.views import top_of

pytestmark = pytest.mark.django_db

MUDANJIANG_DISTRICT = "231002"


@pytest.fixture
def leader() -> Client:
    """A leader of the province, who may see the lists too."""
    return signed_in(official("leader", HEILONGJIANG))


def lists_of(page: str) -> set[str]:
    return {unescape(address) for address in re.findall(r'href="(/desk/parties/\?[^"]+)"', page)}


def test_every_figure_leads_to_the_list_it_counts(leader: Client) -> None:
    region_tree(HEILONGJIANG)
    city(40, places=(DAOLI, NANGANG, "230202"))
    answer = leader.get("/cockpit/")
    page = answer.content.decode()
    figures = [
        *answer.context["sizes"],
        *answer.context["industries"],
        *answer.context["statuses"],
    ]
    assert any(figure.url for figure in figures)
    for figure in figures:
        if figure.url:
            assert leader.get(figure.url).context["listing"].total == figure.parties, figure
    assert leader.get(answer.context["total_url"]).context["listing"].total == answer.context["total"] == 40
    year = leader.get(answer.context["this_year_url"]).context["listing"].total
    assert year == answer.context["this_year"]
    chart = answer.context["growth"]
    for address, counted in zip(chart.urls, chart.series[0].values, strict=True):
        assert leader.get(address).context["listing"].total == counted
    assert lists_of(page)


def test_unknown_is_named_and_is_no_link(leader: Client) -> None:
    city(10, places=(DAOLI,))
    sizes = leader.get("/cockpit/").context["sizes"]
    (unknown,) = [bar for bar in sizes if not bar.url]
    assert unknown.name == "未知" and unknown.parties == 2


def test_drilling_down_adds_up(leader: Client) -> None:
    region_tree(HEILONGJIANG)
    region_tree(HARBIN)
    city(12, places=(DAOLI, NANGANG, "230202", MUDANJIANG_DISTRICT))
    province = {each.code: each for each in leader.get("/cockpit/").context["places"]}
    assert province[HARBIN].parties == 6 and province[QIQIHAR].parties == 3
    harbin = leader.get(f"/cockpit/?region={HARBIN}").context
    assert harbin["total"] == 6
    counties = {each.code: each for each in harbin["places"]}
    assert counties[DAOLI].parties == 3
    assert leader.get(counties[DAOLI].url).context["listing"].total == 3
    assert harbin["map"] is not None and harbin["map"].shapes.endswith("2301.json")


def test_nothing_of_other_regions_is_counted_or_opened() -> None:
    city(10, places=(DAOLI, "230202"))
    client = signed_in(official("leader", HARBIN))
    assert client.get("/cockpit/").context["total"] == 5
    for code in (QIQIHAR, HEILONGJIANG, "000000", "999999", "nonsense"):
        assert client.get(f"/cockpit/?region={code}").status_code == 404, code


def test_the_view_begins_at_the_nearest_region_above_all_of_them() -> None:
    def with_paths(*paths: str) -> Actor:
        grants = tuple(
            Grant("leader", frozenset({"parties.view", "cockpit.open"}), "subtree", 1, path) for path in paths
        )
        return Actor("user", "1", "演示", grants=grants)

    assert top_of(with_paths("2301")) == HARBIN
    assert top_of(with_paths("230102", "230103")) == HARBIN
    assert top_of(with_paths("2301", "2302")) == HEILONGJIANG
    assert top_of(with_paths("2301", "11")) == "000000"


def test_an_empty_city_says_so(leader: Client) -> None:
    page = leader.get("/cockpit/").content.decode()
    for text in ("这里还没有企业", "还没有来源提供过数据", "没有超期的事项", "两年内没有新成立的企业"):
        assert text in page


def test_reviews_that_are_late_are_counted_by_agency(leader: Client) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from tests.kernel.access.factories import arranged
    from yingshang.processes.enterprise_binding.models import BindingRequest

    found = in_state("in_review")
    with arranged():
        BindingRequest.objects.filter(pk=found.request.id).update(
            due_on=timezone.localdate() - timedelta(days=10)
        )
    answer = leader.get("/cockpit/")
    (line,) = [each for each in answer.context["overdue"] if each["name"]]
    assert line["count"] == 1
    assert found.party.name in leader.get(line["url"]).content.decode()


def test_as_many_queries_for_many_enterprises_as_for_one(leader: Client) -> None:
    def queries() -> int:
        leader.get("/cockpit/")
        with CaptureQueriesContext(connection) as caught:
            leader.get("/cockpit/")
        return len(caught)

    city(1, places=(DAOLI,))
    one = queries()
    city(60, places=(DAOLI, NANGANG))
    assert queries() == one


def test_only_those_who_may_open_it_do() -> None:
    assert signed_in(official("window_official", DAOLI)).get("/cockpit/").status_code == 403
    assert Client().get("/cockpit/").status_code == 302
