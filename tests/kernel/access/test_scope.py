"""The one predicate: what SQL selects is what a plain reading of the grants says, for any grants and regions."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    HEILONGJIANG,
    NANGANG,
    NOW,
    QIQIHAR,
    agency,
    arranged,
    enterprise,
    official,
    region,
)
from yingshang.kernel.access.api import (
    Actor,
    Grant,
    MandateGrant,
    NotAllowed,
    Scope,
    actor_of,
    agencies_that_may,
    system_actor,
)
from yingshang.kernel.access.models import PersonalDataView
from yingshang.kernel.parties.models import Agency, Party

PERMISSION = "parties.view"
REGIONS = ["000000", HEILONGJIANG, HARBIN, DAOLI, NANGANG, QIQIHAR, "230102001"]
PATHS = ["", "23", "2301", "230102", "230103", "2302", "230102001"]


def within(grant: Grant, path: str | None, agency_id: int | None) -> bool:
    """What a role means, in words: an agency, a region, a region with what lies below, everything."""
    if PERMISSION not in grant.permissions:
        return False
    if grant.reach == "everywhere":
        return True
    if grant.reach == "agency":
        return agency_id is not None and agency_id == grant.agency_id
    if path is None:
        return False
    return path == grant.region_path if grant.reach == "region" else path.startswith(grant.region_path)


grants = st.builds(
    Grant,
    role=st.just("any"),
    permissions=st.sampled_from([frozenset({PERMISSION}), frozenset({"jobs.view"}), frozenset()]),
    reach=st.sampled_from(["agency", "region", "subtree", "everywhere"]),
    agency_id=st.integers(0, 6),
    region_path=st.sampled_from(PATHS),
)


@pytest.fixture
def city(db: None) -> tuple[dict[int, Agency], dict[int, Party]]:
    """One agency and one enterprise in each region, numbered as the strategy numbers them."""
    agencies, parties = {}, {}
    for index, code in enumerate(REGIONS):
        region(code)
        agencies[index] = agency(code)
        parties[index] = enterprise(code if len(code) == 6 else DAOLI)
        with arranged():
            Party.objects.filter(pk=parties[index].pk).update(region_id=code)
    return agencies, parties


@pytest.mark.django_db
def test_the_predicate_in_sql_equals_the_model_in_python(
    city: tuple[dict[int, Agency], dict[int, Party]],
) -> None:
    agencies, parties = city

    @settings(max_examples=examples(120))
    @given(st.lists(grants, max_size=4), st.sets(st.integers(0, 6), max_size=3))
    def check(held: list[Grant], mandated: set[int]) -> None:
        numbered = [
            Grant(g.role, g.permissions, g.reach, agencies[g.agency_id or 0].pk, g.region_path) for g in held
        ]
        actor = Actor(
            "user",
            "1",
            "somebody",
            grants=tuple(numbered),
            mandates=tuple(MandateGrant(parties[i].pk, frozenset({PERMISSION})) for i in mandated),
        )
        scope = actor.scope(PERMISSION)
        found = set(
            scope.filter(Party.objects.all(), region="region__path", party="pk").values_list("pk", flat=True)
        )
        assert found == {
            parties[index].pk
            for index, path in enumerate(PATHS)
            if any(within(grant, path, None) for grant in numbered) or index in mandated
        }
        found = set(
            scope.filter(Agency.objects.all(), region="region__path", agency="pk").values_list(
                "pk", flat=True
            )
        )
        assert found == {
            agencies[index].pk
            for index, path in enumerate(PATHS)
            if any(within(grant, path, agencies[index].pk) for grant in numbered)
        }
        assert actor.may(PERMISSION) == bool(
            mandated or any(PERMISSION in grant.permissions for grant in numbered)
        )

    check()


@given(grants, grants)
def test_a_scope_covers_a_role_exactly_if_it_takes_in_all_the_role_would(mine: Grant, given_: Grant) -> None:
    """Over every region and agency of the little city: cover means subset, and never less."""
    mine = Grant("m", frozenset({PERMISSION}), mine.reach, mine.agency_id, PATHS[mine.agency_id or 0])
    given_ = Grant("g", frozenset({PERMISSION}), given_.reach, given_.agency_id, PATHS[given_.agency_id or 0])
    scope = Actor("user", "1", "", grants=(mine,)).scope(PERMISSION)
    places: list[tuple[str | None, int | None]] = [(path, index) for index, path in enumerate(PATHS)]
    places += [(path, 99) for path in (*PATHS, "9")]
    # What belongs to no region is only within everywhere, not within the subtree of the whole country.
    places.append((None, None))
    subset = all(within(mine, *place) for place in places if within(given_, *place))
    covers = scope.covers(given_.reach, agency_id=given_.agency_id or 0, region_path=given_.region_path)
    if covers:
        assert subset
    # Where a region has nothing below it yet, a subtree is no more than the region; it may grow, so it is not covered.
    if subset and not (given_.reach in ("subtree", "region") or given_.region_path == ""):
        assert covers


def test_no_scope_takes_in_what_has_no_look_up() -> None:
    scope = Scope(agencies=frozenset({1}), parties=frozenset({2}))
    assert str(scope.condition(region="region__path")) == str(Scope().condition(region="region__path"))


@pytest.mark.django_db
def test_visitors_and_the_platform() -> None:
    visitor = actor_of(AnonymousUser(), today=NOW.date())
    assert not visitor.may(PERMISSION)
    with pytest.raises(NotAllowed):
        visitor.require(PERMISSION)
    assert system_actor("sweeper").require(PERMISSION).everywhere


@pytest.mark.django_db
def test_an_actor_costs_two_queries(django_assert_num_queries: Any) -> None:
    who = official("department_official")
    with django_assert_num_queries(2):
        actor = who.actor()
    with django_assert_num_queries(0):
        assert actor.require(PERMISSION) == actor.scope(PERMISSION) != Scope()


@pytest.mark.django_db
def test_work_finds_the_nearest_desk_where_somebody_sits() -> None:
    assert agencies_that_may("access.review_bindings", region_path="230102001", today=NOW.date()) == ()
    official("window_official", HEILONGJIANG)
    official("window_official", HARBIN)
    official("leader", DAOLI)
    official("window_official", NANGANG)
    found = agencies_that_may("access.review_bindings", region_path="230102001", today=NOW.date())
    assert [desk.agency_id for desk in found] == [agency(HARBIN).pk, agency(HEILONGJIANG).pk]
    assert PersonalDataView.objects.count() == 0
