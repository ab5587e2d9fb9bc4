"""Byte ranges as RFC 9110 section 14 has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.web.documents.ranges import MOST_RANGES, NotSatisfiable, Range, parse


@pytest.mark.parametrize(
    ("header", "found"),
    [
        # The examples of the RFC, for a representation of 10000 bytes.
        ("bytes=0-499", [(0, 500)]),
        ("bytes=500-999", [(500, 500)]),
        ("bytes=-500", [(9500, 500)]),
        ("bytes=9500-", [(9500, 500)]),
        ("bytes=0-0,-1", [(0, 1), (9999, 1)]),
        ("bytes=0-0, 4500-5499, -1000", [(0, 1), (4500, 1000), (9000, 1000)]),
        ("bytes=500-700,601-999", [(500, 201), (601, 399)]),
        # Behind the end it ends with the file; a longer suffix is all of it.
        ("bytes=9990-20000", [(9990, 10)]),
        ("bytes=-20000", [(0, 10000)]),
        ("BYTES=1-2", [(1, 2)]),
        ("bytes=1-2,,3-4,", [(1, 2), (3, 2)]),
        ("bytes=\t1-2 , 3-4", [(1, 2), (3, 2)]),
        # One of several that cannot be had is left out.
        ("bytes=20000-30000,0-4", [(0, 5)]),
    ],
)
def test_ranges_that_are_asked_for(header: str, found: list[tuple[int, int]]) -> None:
    assert parse(header, 10_000) == tuple(Range(*each) for each in found)


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=,", "items=0-5", "bytes=a-b", "bytes=5-2", "bytes=-", "bytes=1-2;3-4",
     "bytes=--5", "bytes=+1-2", "bytes=0x1-2", "bytes=１-２", "bytes=1 -2", "bytes=0-5,7-6",
     "bytes=" + "9" * 5000 + "-", "bytes=0-9999,0-9999", "bytes=" + ",".join(["0-0"] * (MOST_RANGES + 1))],
)  # fmt: skip
def test_what_is_no_range_or_costs_more_than_it_saves_gets_the_whole_file(header: str) -> None:
    assert parse(header, 10_000) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("bytes=10000-", 10_000),
        ("bytes=-0", 10_000),
        ("bytes=0-", 0),
        ("bytes=-5", 0),
        ("bytes=10000-10001,-0", 10_000),
    ],
)
def test_what_lies_behind_the_end_cannot_be_had(header: str, size: int) -> None:
    with pytest.raises(NotSatisfiable):
        parse(header, size)


_positions = st.integers(min_value=0, max_value=300)
_specs = st.one_of(
    st.builds("{}-{}".format, _positions, _positions),
    st.builds("{}-".format, _positions),
    st.builds("-{}".format, _positions),
)


def _said(spec: str, size: int) -> set[int] | None:
    """The bytes a range names, the slow way; None for one that is none."""
    first, _, last = spec.partition("-")
    if not first:
        return {each for each in range(size) if each >= size - int(last)}
    if last and int(last) < int(first):
        return None
    return {each for each in range(size) if each >= int(first) and (not last or each <= int(last))}


@given(st.lists(_specs, min_size=1, max_size=5), st.integers(min_value=0, max_value=250))
def test_ranges_hold_exactly_the_bytes_that_were_named(specs: list[str], size: int) -> None:
    said = [_said(spec, size) for spec in specs]
    try:
        found = parse("bytes=" + ",".join(specs), size)
    except NotSatisfiable:
        assert all(each == set() for each in said)
        return
    if found is None:
        assert None in said or sum(len(each or ()) for each in said) > size
        return
    assert [set(range(each.start, each.start + each.length)) for each in found] == [
        each for each in said if each
    ]
    assert all(each.start >= 0 and each.length > 0 and each.start + each.length <= size for each in found)


@given(st.text(max_size=60), st.integers(min_value=0, max_value=10_000))
def test_whatever_is_sent_is_answered(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        try:
            found = parse(header, size)
        except NotSatisfiable:
            continue
        assert found is None or all(each.start + each.length <= size for each in found)
