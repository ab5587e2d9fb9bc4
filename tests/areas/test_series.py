"""The words of numbers, over all areas together."""

from __future__ import annotations

from itertools import permutations

from yingshang.areas.appeals.numbering import series_of
from yingshang.areas.contracts.ladder.rules import rules
from yingshang.areas.policies.review.data import figures
from yingshang.kernel.documents.api import Series


def test_no_words_of_a_series_end_with_those_of_another() -> None:
    """Or 哈 + 营商督 and 哈营商 + 督 would be one number."""
    series = [
        *(series_of(each) for each in ("replies", "notices", "suggestions")),
        *(rules().notices, rules().cases, rules().transfers),
        Series.from_dict("policy_opinion", figures()["opinions"]),
    ]
    for one, other in permutations(series, 2):
        assert not one.coded.endswith(other.coded), (one, other)
        assert one.alone != other.alone and one.key != other.key
