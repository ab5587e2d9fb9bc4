"""The snapshot: what match reads from it, what is written anew, what is removed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, no_event, official
from tests.kernel.parties.factories import AS_OF, a_party, city_file, region_tree, told
from tests.rules.policy.policy_factories import AS_OF as DAY
from yingshang.cli.files import read_policies
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.parties.api import (
    import_facts,
    merge_parties,
    snapshot_files,
    undo_merge,
    update_snapshot,
    write_snapshot,
)
from yingshang.kernel.parties.models import Party, SnapshotPart
from yingshang.kernel.reference.api import arrow_type, get_fact, open_subjects
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.population import match_population

pytestmark = pytest.mark.django_db

POLICIES = read_policies([Path(__file__).resolve().parents[3] / "examples" / "policies"])


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def matched(path: Path) -> list[Any]:
    """What the example policies come to over a file: counts, amounts, and the outcome of every pair."""
    assert POLICIES.catalogue is not None
    programs = compile_items(POLICIES.items, POLICIES.catalogue, DAY).programs
    data = open_subjects(path, catalogue=POLICIES.catalogue, year=DAY.year)
    table = pa.Table.from_batches(list(data.batches())).sort_by("subject").combine_chunks()
    assert data.rejected_rows == 0
    found = match_population(programs, table.to_batches(), details=True, survey_facts=True)
    return [
        (
            item.program.name,
            item.entitled,
            item.refused,
            item.undecided,
            item.errors,
            item.certain_fen,
            item.possible_fen,
            item.amount_unknown,
            item.missing,
        )
        for item in found.items
    ]


def test_policies_come_to_the_same_over_the_snapshot_as_over_the_file_it_came_from(tmp_path: Path) -> None:
    region_tree(HARBIN)
    city = city_file(tmp_path / "city.parquet", 300)
    import_facts(actor=SYSTEM, path=city, as_of=date(2026, 11, 21), now=NOW)
    with no_event():
        summary = update_snapshot(actor=SYSTEM, now=NOW, bucket_size=64)
    assert summary.parties == 300 and summary.parts == summary.parts_written == len(snapshot_files())
    whole = tmp_path / "snapshot.parquet"
    assert write_snapshot(whole) == 300

    assert matched(whole) == matched(city)

    # And cell by cell.
    one, other = (pq.read_table(path).sort_by("subject") for path in (whole, city))
    for name in other.column_names[2:]:
        if name in one.column_names:
            assert one.column(name).type == arrow_type(get_fact(name)) == other.column(name).type, name
            assert one.column(name).to_pylist() == other.column(name).to_pylist(), name
    missing = set(other.column_names) - set(one.column_names)
    assert missing == {"fin.revenue.prev_year", "fin.rd.prev_year", "trade.value.prev_year"}


def test_only_buckets_with_newer_portraits_are_written() -> None:
    parties = [a_party(facts={"emp.total": n}) for n in range(6)]
    update_snapshot(actor=SYSTEM, now=NOW, bucket_size=2)
    before = snapshot_files()
    assert update_snapshot(actor=SYSTEM, now=NOW, bucket_size=2).parts_written == 0
    # Told again as of a newer day: no portrait has changed.
    told([{"subject": parties[0].credit_code, "emp.total": 0}], as_of=AS_OF + timedelta(days=1))
    assert update_snapshot(actor=SYSTEM, now=NOW, bucket_size=2).parts_written == 0
    told([{"subject": parties[0].credit_code, "emp.total": 99}], as_of=AS_OF + timedelta(days=1))
    assert update_snapshot(actor=SYSTEM, now=NOW, bucket_size=2).parts_written == 1
    after = snapshot_files()
    assert len(set(before) - set(after)) == 1
    assert all(path.exists() for path in after)
    # What nothing points to is gone.
    assert sorted(after[0].parent.iterdir()) == sorted(after)


def test_a_lost_or_half_written_file_is_made_good() -> None:
    a_party(facts={"emp.total": 1})
    update_snapshot(actor=SYSTEM, now=NOW)
    (path,) = snapshot_files()
    path.unlink()
    (path.parent / ".part-00000-1.parquet.partial").write_bytes(b"half")
    assert update_snapshot(actor=SYSTEM, now=NOW).parts_written == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_merged_party_is_not_in_it_and_comes_back() -> None:
    kept, duplicate = a_party(facts={"emp.total": 1}), a_party(facts={"emp.rd_staff": 2})
    update_snapshot(actor=SYSTEM, now=NOW, bucket_size=1)
    merge_id = merge_parties(actor=SYSTEM, kept_id=kept.pk, duplicate_id=duplicate.pk, reason="重复", now=NOW)
    assert update_snapshot(actor=SYSTEM, now=NOW, bucket_size=1).parties == 1
    rows = [row for file in snapshot_files() for row in pq.read_table(file).to_pylist()]
    assert [(row["subject"], row["emp.total"], row["emp.rd_staff"]) for row in rows] == [
        (kept.credit_code, 1, 2)
    ]
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=NOW)
    assert update_snapshot(actor=SYSTEM, now=NOW, bucket_size=1).parties == 2


def test_numbers_with_more_decimals_than_declared_are_kept() -> None:
    a_party(facts={"fin.rd_ratio": "0.034567"})
    update_snapshot(actor=SYSTEM, now=NOW)
    (path,) = snapshot_files()
    assert str(pq.read_table(path).column("fin.rd_ratio").to_pylist()[0]) == "0.034567"


def test_an_empty_register_has_an_empty_snapshot(tmp_path: Path) -> None:
    assert update_snapshot(actor=SYSTEM, now=NOW).parts == 0
    assert write_snapshot(tmp_path / "empty.parquet") == 0
    assert "emp.total" in pq.read_schema(tmp_path / "empty.parquet").names


def test_nobody_but_the_platform_updates_it() -> None:
    with pytest.raises(NotAllowed):
        update_snapshot(actor=official("leader", HARBIN).actor(), now=NOW)
    assert not SnapshotPart.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_parties(django_assert_num_queries: Any) -> None:
    for count in (1, 3):
        while Party.objects.count() < count:
            a_party()
        SnapshotPart.objects.all().delete()
        with django_assert_num_queries(15):
            update_snapshot(actor=SYSTEM, now=NOW)
