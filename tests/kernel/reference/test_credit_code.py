"""GB 32100-2015 unified social credit codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from yingshang.kernel.reference import api
from yingshang.kernel.reference.credit_code import (
    ALPHABET,
    organisation_check_character,
    registration_departments,
)

KINDS = [
    (code, category)
    for code, (_, categories) in registration_departments().items()
    for category in categories
]
kinds = st.sampled_from(KINDS)
divisions = st.sampled_from(sorted(api.divisions()))
bodies = st.text(ALPHABET, min_size=8, max_size=8)


@given(kinds, divisions, bodies)
def test_made_codes_are_valid_and_come_apart_again(kind, division, body):
    code = api.make_credit_code(*kind, division, body)
    report = api.check_credit_code(code)
    assert report.is_valid and report.findings == ()
    parts = api.parse_credit_code(code)
    assert (parts.department, parts.category) == kind
    assert parts.division == division
    assert parts.organisation[:8] == body
    # The library accepts digits only in front, the standard also letters (A, N, Y).
    if kind[0].isdigit():
        assert uscc.is_valid(code)


@given(kinds, divisions, bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_single_mistyped_character_is_noticed(kind, division, body, position, character):
    code = api.make_credit_code(*kind, division, body)
    mistyped = code[:position] + character + code[position + 1 :]
    assert api.is_valid_credit_code(mistyped) is (mistyped == code)


@given(st.text(max_size=24))
def test_no_text_makes_the_check_fail(text):
    report = api.check_credit_code(text)
    assert report.is_valid is not bool(report.errors)
    assert all(finding.message and finding.message_zh for finding in report.findings)


@pytest.mark.parametrize("code", ["91110000600037341L", "12440300MB2C92173E", " 9111 0000-6000-3734-1l "])
def test_published_codes(code):
    assert api.check_credit_code(code).findings == ()


def findings(code: str) -> list[str]:
    return [finding.code for finding in api.check_credit_code(code).findings]


def test_reasons():
    assert findings("9111000060003734") == ["length"]
    assert findings("91110000600037341I") == ["characters"]
    assert findings("91110000600037341M") == ["check_character"]
    assert "department" in findings("B1110000600037341L")
    assert "category" in findings("97110000600037341L")
    assert "division" in findings("91A10000600037341L")


def test_abolished_division_is_a_warning_only():
    """渝北区 500112 was abolished in 2025; enterprises registered there keep their codes."""
    code = api.make_credit_code("9", "1", "500112", "MA000000")
    report = api.check_credit_code(code)
    assert report.is_valid
    assert [finding.code for finding in report.warnings] == ["unknown_division"]
    assert api.validate_credit_code(code.lower()) == code


def test_organisation_check_character_is_a_warning_only():
    head = "91110000" + "60003734" + "2"
    report = api.check_credit_code(head + uscc.calc_check_digit(head))
    assert report.is_valid and [finding.code for finding in report.findings] == [
        "organisation_check_character"
    ]
    assert organisation_check_character("60003734") == "1"


def test_refusal_carries_every_reason_in_both_languages():
    with pytest.raises(api.InvalidCreditCode) as caught:
        api.validate_credit_code("97110000600037341M")
    assert caught.value.details["findings"] == ["category", "check_character"]
    assert "机构类别" in caught.value.message_zh and "category" in caught.value.message


@pytest.mark.parametrize(
    "parts",
    [
        ("9", "1", "440300", "SHORT"),
        ("9", "7", "440300", "00000000"),
        ("Q", "1", "440300", "00000000"),
        ("9", "1", "44030", "00000000"),
        ("9", "1", "A40300", "00000000"),
    ],
)
def test_impossible_parts_are_refused(parts):
    with pytest.raises(api.InvalidCreditCode):
        api.make_credit_code(*parts)
