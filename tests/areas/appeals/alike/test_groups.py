"""Many enterprises about one thing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.areas.appeals.alike.fingerprints import fingerprint
from yingshang.areas.appeals.alike.groups import Said, alike_rules, bursts

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
RULES = alike_rules().burst
DAOLI, NANGANG = "230102001", "230103"
OUTAGES = (
    "从昨晚停电到现在都没修好，我店冰柜里东西全坏了",
    "又停电了，整个车间没法生产，什么时候来电",
    "厂里停电一天，没有任何通知",
    "频繁停电设备都烧坏了",
    "停电，停电，还是停电！",
    "请问停电到几点",
)


def said(
    number: int,
    text: str,
    *,
    who: object = None,
    hours: float = 1,
    path: str = DAOLI,
    topic: str = "power-outage",
) -> Said:
    return Said(
        number,
        f"enterprise {number}" if who is None else str(who),
        topic,
        path,
        NOW - timedelta(hours=hours),
        fingerprint(text),
    )


def outage(**changes: object) -> list[Said]:
    return [said(number, text, **changes) for number, text in enumerate(OUTAGES)]  # type: ignore[arg-type]


def test_many_enterprises_about_one_thing_are_a_burst() -> None:
    (found,) = bursts(outage(), now=NOW)
    assert found.appeals == tuple(range(len(OUTAGES)))
    assert (found.enterprises, found.topic, found.region_path) == (6, "power-outage", "230102")


def test_one_who_says_it_often_is_no_burst() -> None:
    assert bursts(outage(who="the same"), now=NOW) == ()


def test_other_counties_other_topics_and_older_ones_do_not_count() -> None:
    few = outage()[: RULES.enterprises - 1]
    assert bursts(few, now=NOW) == ()
    for other in (
        said(9, OUTAGES[5], path=NANGANG),
        said(9, OUTAGES[5], topic="water-supply"),
        said(9, OUTAGES[5], topic=""),
        said(9, OUTAGES[5], hours=RULES.hours + 0.1),
        said(9, OUTAGES[5], hours=-1),
        said(9, "电压不稳，数控机床报警"),
    ):
        assert bursts([*few, other], now=NOW) == ()
    assert len(bursts([*few, said(9, OUTAGES[5], path="230102")], now=NOW)) == 1


@given(st.permutations(range(len(OUTAGES))))
@settings(max_examples=20)
def test_the_order_they_are_given_in_changes_nothing(order: list[int]) -> None:
    rows = [said(number, OUTAGES[number], hours=number + 1) for number in range(len(OUTAGES))]
    assert bursts([rows[number] for number in order], now=NOW) == bursts(rows, now=NOW)


def test_a_day_of_hundreds_of_different_things_stays_linear() -> None:
    different = [said(number, chr(0x4E00 + number) * 9, topic="approval-delay") for number in range(300)]
    assert bursts([*different, *outage()], now=NOW)[0].enterprises == 6
    assert len(bursts([*different, *outage()], now=NOW)) == 1
