"""The workload of the bench compiles, every engine that is installed counts the same, and the page can be written."""

from __future__ import annotations

import numpy as np
import pytest

from bench.loading import measure_loading
from bench.peers import PEERS, Peer
from bench.policies import DAY, policy_files
from bench.subject import measure_subject
from bench.workload import Workload, make_workload, programs_of
from yingshang.rules.columns import compile_programs
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.document import load_policies

ROWS, ITEMS = 2_000, 30


@pytest.fixture(scope="module")
def workload() -> Workload:
    return make_workload(ROWS, ITEMS)


def counts_of(workload: Workload) -> list[list[int]]:
    result = compile_programs(programs_of(workload)).evaluate(workload.table, threads=1)
    return [[each.entitled, each.entitled + each.undecided] for each in result.items]


def test_workload_has_every_outcome(workload: Workload) -> None:
    entitled, open_ = np.array(counts_of(workload)).sum(axis=0)
    assert workload.table.num_columns == 40
    assert 0 < entitled < open_ < ROWS * ITEMS


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: f"{peer.engine}: {peer.form}")
def test_peer_counts_the_same(peer: Peer, workload: Workload) -> None:
    try:
        run = peer.prepare(workload)
    except ImportError:
        pytest.skip(f"{peer.engine} is not installed: make install-bench")
    assert run().tolist() == counts_of(workload)


def test_policy_files_compile(workload: Workload) -> None:
    found = load_policies(policy_files(workload))
    compiled = compile_items(found.items, found.catalogue, DAY)
    assert [*found.problems, *compiled.problems] == []
    assert len(compiled.programs) == ITEMS


def test_one_subject_and_loading_are_measured(workload: Workload) -> None:
    # Both end the run if the row evaluator counts otherwise, or a row is lost in reading.
    subject = measure_subject(workload, skip={"zen-engine", "OpenFisca-core"})
    assert subject.items == ITEMS
    assert subject.reasons > ITEMS * 3
    loading = measure_loading(workload, repeats=1)
    assert [each.kind for each in loading.files] == ["Parquet", "CSV"]
    assert loading.items == ITEMS
