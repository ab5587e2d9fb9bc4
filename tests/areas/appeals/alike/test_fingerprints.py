"""Whether two texts say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from yingshang.areas.appeals.alike.fingerprints import BANDS, Fingerprint, fingerprint, likeness, nearness
from yingshang.areas.appeals.alike.groups import alike_rules

OUTAGE = "我们厂从昨天晚上开始停电，到现在还没有来电，冷库里的货都要化了，请尽快抢修！"
TEXTS = st.text(st.sampled_from("停电水税务局不给办理我们厂，。 !aA１1"), max_size=60)


@given(TEXTS)
@settings(max_examples=examples(80))
def test_a_text_is_like_itself_however_it_is_set(text: str) -> None:
    one = fingerprint(text)
    other = fingerprint(f"  {text.upper()}！\n")
    assert one == other
    assert likeness(one, other) == (1.0 if one.bands else 0.0)
    assert Fingerprint.from_bytes(one.to_bytes()) == one


@given(TEXTS, TEXTS)
@settings(max_examples=examples(80))
def test_likeness_goes_both_ways_and_stays_between_none_and_all(one: str, other: str) -> None:
    first, second = fingerprint(one), fingerprint(other)
    assert likeness(first, second) == likeness(second, first)
    assert nearness(first, second) == nearness(second, first)
    assert 0 <= likeness(first, second) <= 1 and 0 <= nearness(first, second) <= 1


def test_bands_fit_a_column_of_integers() -> None:
    bands = fingerprint(OUTAGE).bands
    assert len(bands) == BANDS and all(0 <= band < 2**31 for band in bands)


def test_nothing_is_like_nothing() -> None:
    empty = fingerprint("。。。 ！")
    assert empty.bands == () and likeness(empty, empty) == 0.0 and nearness(empty, empty) == 0.0


def test_the_same_in_slightly_other_words_is_the_same_again() -> None:
    again = fingerprint(OUTAGE.replace("尽快抢修！", "赶快抢修。谢谢"))
    assert likeness(fingerprint(OUTAGE), again) >= alike_rules().same_again
    assert set(fingerprint(OUTAGE).bands) & set(again.bands)


def test_the_same_thing_in_other_words_is_told_by_its_words() -> None:
    other = fingerprint("从昨晚停电到现在都没修好，我店冰柜里东西全坏了，什么时候能来电？")
    permit = fingerprint("去年申请的施工许可证到现在没有批下来，请尽快处理！")
    assert likeness(fingerprint(OUTAGE), other) < alike_rules().same_thing
    assert nearness(fingerprint(OUTAGE), other) >= alike_rules().burst.near
    assert nearness(fingerprint(OUTAGE), permit) < alike_rules().burst.near


@given(st.integers(0, 30), st.integers(1, 30))
@settings(max_examples=40)
def test_likeness_estimates_the_share_of_what_they_have_in_common(common: int, own: int) -> None:
    def letters(start: int, count: int) -> str:
        return "".join(chr(0x4E00 + start + number) for number in range(count))

    one = fingerprint(letters(0, common + 3) + letters(1000, own + 3))
    other = fingerprint(letters(0, common + 3) + letters(2000, own + 3))
    # Runs: those of the common part, and of each text those of its own part and the four across.
    share = (common + 1) / (common + 1 + 2 * (own + 3))
    assert likeness(one, other) == pytest.approx(share, abs=0.3)


@pytest.mark.parametrize("kept", [b"", b"x", bytes(31), bytes(161)])
def test_what_is_no_fingerprint_is_refused(kept: bytes) -> None:
    with pytest.raises(ValueError, match="bytes"):
        Fingerprint.from_bytes(kept)


def test_fingerprints_stay_what_they_are() -> None:
    """Bands are kept with appeals: whoever changes how they are made has to make them anew for all that are open."""
    assert fingerprint("停电三天，无法生产").bands[:3] == FIRST_BANDS


FIRST_BANDS = (1052187347, 570124956, 344526764)
