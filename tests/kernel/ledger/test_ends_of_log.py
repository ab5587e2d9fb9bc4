"""Proofs that cannot be: beyond the end of the log, or of numbers no log has."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.kernel.ledger.factories import NOW, events
from yingshang.kernel.ledger.api import NoSuchProof, inclusion_proof, log_size, sequence

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def size() -> int:
    events(5)
    sequence(now=NOW)
    return log_size()


def test_a_proof_takes_one_query(size: int) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        inclusion_proof(3, size)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("index", "beyond"), [(0, 1), (4, 1), (0, 1_000), (0, 1 << 62), (0, 10**30), (-1, 0), (9**9, 0)]
)
def test_beyond_its_end_there_is_none(size: int, index: int, beyond: int) -> None:
    with pytest.raises(NoSuchProof):
        inclusion_proof(index, size + beyond)
