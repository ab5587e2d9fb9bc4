"""Stored matches: the same as live decisions, told exactly once, whole whatever dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.policies import run_matching
from tests.areas.policies.factories import hiring, published_item
from tests.forked import Forked
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, one_event
from tests.kernel.parties.factories import AS_OF, a_party, told
from yingshang.areas.policies.matching import differences
from yingshang.areas.policies.matching.planes import (
    BUCKET,
    ENTITLED,
    BucketMatch,
    decode,
    decode_amounts,
    decode_planes,
    encode,
    nobody,
    numbers,
    patch,
)
from yingshang.areas.policies.matching.rematch import rematch, rematch_changed
from yingshang.areas.policies.matching.stored import read_version
from yingshang.areas.policies.models import ItemVersion, MatchBucket, MatchPart
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.api import merge_parties, update_snapshot


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[int], list[int]]]:
    """What a handler of differences is told."""
    calls: list[tuple[int, list[int], list[int]]] = []
    monkeypatch.setattr(
        differences,
        "_handlers",
        [lambda version, newly, gone, now: calls.append((version, newly.tolist(), gone.tolist()))],
    )
    return calls


def entitled(code: str = "HIRING") -> dict[int, int | None]:
    """Party → fen, of everybody who is stored as entitled."""
    version = ItemVersion.objects.get(item__code=code, state="published")
    found: dict[int, int | None] = {}
    for bucket, stored in read_version(version.pk).items():
        parties = numbers(decode_planes(stored.planes)[ENTITLED], bucket).tolist()
        amounts = decode_amounts(stored)
        dues = [amounts] * len(parties) if amounts is None or isinstance(amounts, int) else amounts.tolist()
        found |= dict(zip(parties, dues, strict=True))
        assert stored.entitled == len(parties)
    return found


def snapshot() -> None:
    update_snapshot(actor=SYSTEM, now=NOW)


# --- bits -------------------------------------------------------------------------------------------------------------

people = st.dictionaries(
    st.integers(0, BUCKET - 1), st.tuples(st.integers(0, 3), st.integers(-1, 10**12)), max_size=40
)


def bucket_of(*items: dict[int, tuple[int, int]]) -> BucketMatch:
    """Position → (plane, or 3 for refused; fen)."""
    match = nobody(len(items))
    for item, rows in enumerate(items):
        for position, (state, _) in rows.items():
            if state < 3:
                match.planes[item, state, position >> 6] |= np.uint64(1) << np.uint64(position & 63)
        due = [fen for position, (state, fen) in sorted(rows.items()) if state == ENTITLED]
        match.amounts[item] = np.array(due, np.int64)
    return match


@given(people, people)
def test_what_is_stored_comes_out_as_it_went_in(one: dict[Any, Any], other: dict[Any, Any]) -> None:
    stored = encode(bucket_of(one, other))
    assert encode(decode(stored)) == stored
    for rows, each in zip((one, other), stored, strict=True):
        due = [fen for _, (state, fen) in sorted(rows.items()) if state == ENTITLED]
        amounts = decode_amounts(each)
        got = (
            [] if amounts is None else [amounts] * len(due) if isinstance(amounts, int) else amounts.tolist()
        )
        assert got == due
        assert each.certain_fen == sum(fen for fen in due if fen > 0)


@given(people, people)
def test_a_patched_bucket_is_the_bucket_of_both(before: dict[Any, Any], news: dict[Any, Any]) -> None:
    match = decode(encode(bucket_of(before)))
    positions = sorted(news)
    fresh = bucket_of({place: news[position] for place, position in enumerate(positions)})
    patch(match, np.array(positions, np.int64), fresh)
    assert encode(match) == encode(bucket_of({**before, **news}))


# --- runs -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_everybody_is_matched_and_only_what_differs_is_told(heard: list[Any]) -> None:
    parties = [a_party(facts={"emp.insured_count": n}) for n in (5, 10, 30)]
    elsewhere = a_party(region_code="230202", facts={"emp.insured_count": 50})
    published_item()
    snapshot()
    with one_event("policies.matched") as events:
        done = rematch(actor=SYSTEM, now=NOW)
    assert entitled() == {parties[1].pk: 1_000_000, parties[2].pk: 2_000_000}
    assert elsewhere.pk not in entitled()
    assert (done.newly, done.no_longer, done.parties) == (2, 0, 4)
    assert events[0]["after"]["newly"] == 2
    version = ItemVersion.objects.get().pk
    assert heard == [(version, [parties[1].pk, parties[2].pk], [])]

    heard.clear()
    again = rematch(actor=SYSTEM, now=NOW)
    assert (again.buckets, again.skipped, heard) == (0, 1, [])

    told([{"subject": parties[1].credit_code, "emp.insured_count": 3}], as_of=AS_OF + timedelta(days=1))
    told([{"subject": parties[0].credit_code, "emp.insured_count": 12}], as_of=AS_OF + timedelta(days=1))
    snapshot()
    rematch(actor=SYSTEM, now=NOW)
    assert heard == [(version, [parties[0].pk], [parties[1].pk])]
    assert entitled() == {parties[0].pk: 1_200_000, parties[2].pk: 2_000_000}


@pytest.mark.django_db
def test_a_changed_and_a_new_enterprise_are_matched_by_themselves(heard: list[Any]) -> None:
    first = a_party(facts={"emp.insured_count": 5})
    published_item()
    assert rematch_changed(actor=SYSTEM, now=NOW) is None
    snapshot()
    rematch(actor=SYSTEM, now=NOW)
    assert heard == []
    second = a_party(facts={"emp.insured_count": 15})
    told([{"subject": first.credit_code, "emp.insured_count": 11}], as_of=AS_OF + timedelta(days=1))
    with one_event("policies.matched"):
        done = rematch_changed(actor=SYSTEM, now=NOW)
    assert done is not None and done.newly == 2
    assert entitled() == {first.pk: 1_100_000, second.pk: 1_500_000}
    # Nothing left to do, and a run over the older snapshot does not take it back.
    done = rematch_changed(actor=SYSTEM, now=NOW)
    assert done is not None and done.parties == 0
    MatchBucket.objects.update(versions=[])
    heard.clear()
    rematch(actor=SYSTEM, now=NOW)
    assert heard == [] and entitled() == {first.pk: 1_100_000, second.pk: 1_500_000}


@pytest.mark.django_db
def test_a_merged_enterprise_is_entitled_to_nothing_and_separated_again_to_what_it_was(
    heard: list[Any],
) -> None:
    kept, duplicate = a_party(facts={"emp.total": 1}), a_party(facts={"emp.insured_count": 20})
    published_item()
    snapshot()
    rematch(actor=SYSTEM, now=NOW)
    assert set(entitled()) == {duplicate.pk}
    merge_parties(actor=SYSTEM, kept_id=kept.pk, duplicate_id=duplicate.pk, reason="重复", now=NOW)
    rematch_changed(actor=SYSTEM, now=NOW)
    assert set(entitled()) == {kept.pk}
    assert sorted(heard[1:]) == [(heard[0][0], [kept.pk], [duplicate.pk])]


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_a_run_goes_on_and_tells_nothing_twice(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parties = []
    for _ in range(3):
        parties.append(a_party(facts={"emp.insured_count": 20}))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('parties_party', 'id'), %s)", [parties[-1].pk + BUCKET]
            )
    published_item()
    snapshot()
    assert Forked("tests.areas.policies.run_matching", NOW.isoformat()).wait() == -signal.SIGKILL
    # The first bucket is stored and told; of the second neither is.
    assert told_of() == set(entitled()) == {parties[0].pk}

    monkeypatch.setattr(differences, "_handlers", [run_matching.tell])
    with one_event_more("policies.matched"):
        done = rematch(actor=SYSTEM, now=NOW)
    assert (done.skipped, done.buckets) == (1, 2)
    assert told_of() == set(entitled()) == {each.pk for each in parties}


def told_of() -> set[int]:
    """Whom handlers were told to be newly entitled; nobody twice."""
    told = [
        party
        for after in AuditEvent.objects.filter(action="tests.told").values_list("after", flat=True)
        for party in after["newly"]
    ]
    assert len(told) == len(set(told))
    return set(told)


@contextmanager
def one_event_more(action: str) -> Iterator[None]:
    """Besides those of the handlers."""
    before = AuditEvent.objects.filter(action=action).count()
    yield
    assert AuditEvent.objects.filter(action=action).count() == before + 1


@pytest.mark.django_db
def test_what_a_handler_breaks_is_not_stored(heard: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    a_party(facts={"emp.insured_count": 20})
    published_item()
    snapshot()

    def broken(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(differences, "_handlers", [*differences._handlers, broken])
    with pytest.raises(ValueError):
        rematch(actor=SYSTEM, now=NOW)
    assert not MatchPart.objects.exists()


@pytest.mark.django_db
def test_one_version_alone_is_matched_beside_the_others(heard: list[Any]) -> None:
    party = a_party(facts={"emp.insured_count": 20})
    published_item()
    snapshot()
    rematch(actor=SYSTEM, now=NOW)
    published_item("SECOND", source=hiring("SECOND", staff=15))
    version = ItemVersion.objects.get(item__code="SECOND").pk
    heard.clear()
    rematch(actor=SYSTEM, now=NOW, versions=[version])
    assert heard == [(version, [party.pk], [])]
    # So the whole has nothing left to do.
    assert rematch(actor=SYSTEM, now=NOW).skipped == 1


@pytest.mark.django_db
def test_nobody_but_the_platform_runs_it() -> None:
    from tests.kernel.access.factories import official
    from yingshang.kernel.access.api import NotAllowed

    with pytest.raises(NotAllowed):
        rematch(actor=official("policy_author", HARBIN).actor(), now=NOW)
