"""The rules of an obligation as they were agreed, and the day that comes of them. Pure.

A rule is JSON, kept with the obligation:

    {"on": "2026-05-01"}                                             a day
    {"on": "2026-05-01", "counted_from": "delivered"}                a day, held to the law's limit from that event
    {"after": "accepted", "term": {"days": 30}}                      so long after an event
    {"after": "accepted"}                                            after an event; how long, the law says
    {"after": "accepted", "term": {"days": 30}, "at_latest": "2026-06-30"}   the event counts as happened by that day
    {"after": "obligation", "of": 2, "term": {"days": 10}}           after obligation 2 of the contract is performed
    {"every": {"months": 3}, "from": "2026-01-31", "until": "2026-12-31"}    again and again; written out as single ones

beside any of them `share` ("0.30" of the contract's price), `rate` ({"yearly": "0.04"} or {"daily": "0.0003"}, interest
agreed for late days) and `order` (principal_first: what a late payment pays first, where that was agreed).

Days are counted as the clock of the platform counts: the day of the event is not one of them, months end on the
corresponding day or the last of the month, and a last day that is free is the next working day. Beyond the calendar
nothing is known of free days: the day stands as it was counted.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from yingshang.kernel.clock.api import Calendar, OutsideCalendar, Term, derive_due
from yingshang.kernel.clock.api import InvalidTerm as InvalidClockTerm
from yingshang.kernel.reference.api import ORDERS

from ..errors import InvalidTerms
from .law import PaymentLaw, counts_from, daily_of
from .rules import obligation_rules

OBLIGATION = "obligation"
"""The event that another obligation of the contract is performed."""
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEYS = {
    "on": {"on", "counted_from"},
    "after": {"after", "of", "term", "at_latest"},
    "every": {"every", "from", "until", "counted_from"},
}
ZONE = ZoneInfo("Asia/Shanghai")
"""The day of the law is the day of Beijing time."""
_BESIDE = {"share", "rate", "order"}
_EVERY = ("days", "months", "years")


@dataclass(frozen=True, slots=True)
class Terms:
    """A rule as it was read. `form` is on, after or every; what does not belong to it is missing.

    `daily_rate` is the agreed share of a day; `rate` how it was written.
    """

    form: str
    on: date | None = None
    counted_from: str = ""
    after: str = ""
    of: int | None = None
    term: Term | None = None
    at_latest: date | None = None
    every: Term | None = None
    starts_on: date | None = None
    until: date | None = None
    share: Decimal | None = None
    rate: Mapping[str, str] | None = None
    daily_rate: Decimal | None = None
    order: str = ""

    @property
    def event(self) -> str:
        """The event its day depends on, or the law's limit; nothing where there is none."""
        return self.after or self.counted_from

    def as_dict(self) -> dict[str, Any]:
        """What `read_terms` reads."""
        written: dict[str, Any] = {}
        if self.form == "on":
            written["on"] = _iso(self.on)
        elif self.form == "after":
            written["after"] = self.after
            if self.of is not None:
                written["of"] = self.of
            if self.term is not None:
                written["term"] = self.term.as_dict()
            if self.at_latest is not None:
                written["at_latest"] = _iso(self.at_latest)
        else:
            assert self.every is not None
            written |= {
                "every": self.every.as_dict(),
                "from": _iso(self.starts_on),
                "until": _iso(self.until),
            }
        if self.counted_from:
            written["counted_from"] = self.counted_from
        if self.share is not None:
            written["share"] = str(self.share)
        if self.rate is not None:
            written["rate"] = dict(self.rate)
        if self.order:
            written["order"] = self.order
        return written


@dataclass(frozen=True, slots=True)
class Due:
    """The day that comes of a rule: None while its event has not happened, or nobody can know.

    `agreed_on` is the day by what was agreed, `law_due_on` the law's last one: `due_on` is the earlier, as later than
    the law allows nothing can be agreed. `law` is the law's code. `waits_for` says what is missing: event, term (none
    was agreed, and no law gives one) or calendar. `derivation` is kept with the obligation: zh and en tell it.
    """

    due_on: date | None
    agreed_on: date | None
    law_due_on: date | None
    law: str
    waits_for: str
    derivation: dict[str, Any]


def read_terms(written: Any, *, events: Collection[str] | None = None) -> Terms:
    """A rule as JSON, read; of an event that is not among `events`, where they are given, it is refused.

    Raises InvalidTerms, whose `field` names the key.
    """
    if not isinstance(written, Mapping):
        raise _invalid(
            "terms", f"{written!r} is no rule; write on, after or every", "请写明约定：日期、事件或者周期"
        )
    forms = [form for form in _KEYS if form in written]
    if len(forms) != 1:
        raise _invalid(
            "terms",
            "write exactly one of on (a day), after (an event) or every (again and again)",
            "履行时间请在“日期”“事件之后”“按周期”中选择一种",
        )
    [form] = forms
    if unknown := sorted(set(written) - _KEYS[form] - _BESIDE):
        raise _invalid(
            str(unknown[0]),
            f"{unknown[0]} does not go with {form}; leave it out",
            f"“{unknown[0]}”不能与“{form}”同时填写，请删去",
        )
    beside = _beside(written)
    if form == "on":
        return Terms(
            "on", on=_day(written, "on"), counted_from=_event(written, "counted_from", events), **beside
        )
    if form == "after":
        return _after(written, events, beside)
    return _every(written, events, beside)


def derive(
    terms: Terms,
    *,
    event_on: date | None = None,
    calendar: Calendar,
    law: PaymentLaw | None = None,
    names: Mapping[str, tuple[str, str]] | None = None,
) -> Due:
    """When an obligation falls due. `names` are the events' names (Chinese, English), for the words of the derivation.

    A recurring rule has no day of its own: `occurrences` writes it out. Raises InvalidTerms for one.
    """
    if terms.form == "every":
        raise _invalid("every", "a recurring rule is written out first", "按周期履行的义务应先展开为各期")
    if terms.form == "on":
        assert terms.on is not None
        agreed = _moved(terms.on, calendar)
        told = _Told(calendar, names or {})
        told.day(terms.on, agreed)
        return _held(told, agreed, terms.counted_from, event_on, law)
    start, held = event_on, False
    if terms.at_latest is not None and (start is None or terms.at_latest < start):
        start, held = terms.at_latest, True
    told = _Told(calendar, names or {})
    if start is None:
        told.waiting(terms.after, terms.term)
        return Due(None, None, None, law.code if law else "", "event", told.derivation)
    term, by_law = terms.term, False
    if term is None:
        if law is None or not counts_from(terms.after):
            told.no_term(terms.after, start)
            return Due(None, None, None, law.code if law else "", "term", told.derivation)
        term, by_law = Term(law.days, "days"), True
    reached = _reach(start, term, calendar)
    if reached is None:
        told.outside(terms.after, start, term)
        return Due(None, None, None, law.code if law else "", "calendar", told.derivation)
    told.counted(terms.after, start, term, reached, held=held, law=law if by_law else None)
    if by_law:
        assert law is not None
        return Due(reached.due_on, None, reached.due_on, law.code, "", told.derivation)
    return _held(told, reached.due_on, terms.after, start, law)


def occurrences(terms: Terms, *, most: int | None = None) -> tuple[date, ...]:
    """The days of a recurring rule, each counted from its first day: the 31st stays the 31st after a short month.

    Raises InvalidTerms where there are more than a contract may have.
    """
    assert terms.every is not None and terms.starts_on is not None and terms.until is not None
    most = obligation_rules().most_occurrences if most is None else most
    found: list[date] = []
    while True:
        day = _later(terms.starts_on, terms.every, len(found))
        if day > terms.until:
            return tuple(found)
        if len(found) == most:
            raise _invalid(
                "until",
                f"that is more than {most} times; write a longer stretch or an earlier end",
                f"展开后超过 {most} 期，请加大间隔或者提前截止日期",
            )
        found.append(day)


def single(terms: Terms, day: date, *, share: Decimal | None = None) -> Terms:
    """One of the obligations a recurring rule is written out as."""
    return Terms(
        "on",
        on=day,
        counted_from=terms.counted_from,
        share=share,
        rate=terms.rate,
        daily_rate=terms.daily_rate,
        order=terms.order,
    )


def split_price(price_fen: int, shares: Sequence[Decimal]) -> list[int]:
    """Shares of a price as amounts, each to the fen below; the rest goes to the last, so that they come to what
    all the shares together are of the price, to the fen.

    >>> split_price(100, [Decimal("0.3"), Decimal("0.3"), Decimal("0.4")])
    [30, 30, 40]
    >>> split_price(101, [Decimal("0.5"), Decimal("0.5")])
    [50, 51]
    """
    if not shares:
        return []
    whole = int((Decimal(price_fen) * sum(shares, Decimal(0))).quantize(Decimal(1), ROUND_HALF_UP))
    parts = [int((Decimal(price_fen) * each).quantize(Decimal(1), ROUND_DOWN)) for each in shares[:-1]]
    return [*parts, whole - sum(parts)]


def even_parts(amount_fen: int, count: int) -> list[int]:
    """An amount in so many even parts; the fen left over go to the last."""
    part = amount_fen // count
    return [*[part] * (count - 1), amount_fen - part * (count - 1)]


# Reading


def _after(written: Mapping[str, Any], events: Collection[str] | None, beside: dict[str, Any]) -> Terms:
    event = _event(written, "after", None if written.get("after") == OBLIGATION else events)
    of = written.get("of")
    whole = isinstance(of, int) and not isinstance(of, bool) and of > 0
    if event == OBLIGATION and not whole:
        raise _invalid("of", "name the number of the obligation it follows", "请填写前一项义务的序号")
    if event != OBLIGATION and of is not None:
        raise _invalid("of", "only after an obligation has a number", "只有“前一项义务履行后”才填写序号")
    return Terms(
        "after",
        after=event,
        of=of,
        term=_term(written, "term") if written.get("term") is not None else None,
        at_latest=_near_day(written, "at_latest") if written.get("at_latest") else None,
        **beside,
    )


def _every(written: Mapping[str, Any], events: Collection[str] | None, beside: dict[str, Any]) -> Terms:
    every = _term(written, "every")
    if every.unit not in _EVERY:
        raise _invalid("every", f"write one of {', '.join(_EVERY)}", "周期请以日、月或者年为单位")
    first, until = _near_day(written, "from"), _near_day(written, "until")
    if until < first:
        raise _invalid("until", "the end lies before the beginning", "截止日期早于起始日期，请更正")
    return Terms(
        "every",
        every=every,
        starts_on=first,
        until=until,
        counted_from=_event(written, "counted_from", events),
        **beside,
    )


def _beside(written: Mapping[str, Any]) -> dict[str, Any]:
    share = rate = daily = None
    if written.get("share") is not None:
        share = _decimal(written["share"], "share")
        if not 0 < share <= 1:
            raise _invalid(
                "share",
                "write the share of the price as a number up to 1, e.g. 0.30",
                "比例应大于 0 且不超过 1，如 0.30",
            )
    if written.get("rate") is not None:
        rate, daily = _rate(written["rate"])
    order = str(written.get("order") or "")
    if order and order not in ORDERS:
        raise _invalid("order", f"write one of {', '.join(ORDERS)}", "抵充顺序请选择“先本后息”或者“先息后本”")
    return {"share": share, "rate": rate, "daily_rate": daily, "order": order}


def _rate(written: Any) -> tuple[dict[str, str], Decimal]:
    if (
        not isinstance(written, Mapping)
        or len(written) != 1
        or next(iter(written)) not in ("yearly", "daily")
    ):
        raise _invalid(
            "rate",
            'write {"yearly": "0.04"} or {"daily": "0.0003"}',
            "逾期利率请写年利率（如 0.04）或者日利率（如 0.0003）中的一种",
        )
    [(unit, value)] = written.items()
    share = _decimal(value, "rate")
    most = obligation_rules().most_yearly_rate
    # A number so large that it has no tenth place is refused before it is rounded.
    known = 0 <= share <= most
    daily = daily_of(share) if unit == "yearly" and known else share
    if not known or daily > daily_of(most):
        raise _invalid(
            "rate",
            f"a rate of a year lies between 0 and {most}; write shares, not percent",
            f"年利率应在 0 到 {most} 之间，请写小数而不是百分数（4% 写作 0.04）",
        )
    return {unit: str(share)}, daily.quantize(Decimal("1E-10"))


def _term(written: Mapping[str, Any], key: str) -> Term:
    try:
        found = Term.from_dict(written[key])
    except InvalidClockTerm as error:
        raise InvalidTerms(error.message, message_zh=error.message_zh, field=key) from error
    if found.unit in ("minutes", "hours"):
        raise _invalid(key, "write days, working days, months or years", "期限请以日、工作日、月或者年为单位")
    return found


def _day(written: Mapping[str, Any], key: str) -> date:
    value = written.get(key)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _invalid(
            key,
            f"{value!r} is no day; write it like 2026-05-01",
            f"“{value or ''}”不是日期，请写成 2026-05-01 这样",
        ) from None


def _near_day(written: Mapping[str, Any], key: str) -> date:
    """One that days are counted from: 9999-12-31, which stands for "never", is none."""
    day = _day(written, key)
    if day.year > MAXYEAR - 100:
        raise _invalid(
            key, f"{day} lies too far off to be counted from", f"日期 {day} 太远，请填写实际的日期"
        )
    return day


def _event(written: Mapping[str, Any], key: str, events: Collection[str] | None) -> str:
    value = str(written.get(key) or "")
    if not value and key != "after":
        return ""
    if not _EVENT.fullmatch(value) or (events is not None and value not in events):
        raise _invalid(
            key,
            f"{value!r} is no event" + (f"; there are {', '.join(sorted(events))}" if events else ""),
            f"没有“{value}”这种事件，请重新选择",
        )
    return value


def _decimal(value: Any, field: str) -> Decimal:
    # A float has lost digits already; 0.3 written as text has not.
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise _invalid(field, f"{value!r} is no number", f"“{value}”不是数字")
    return found


def _invalid(field: str, message: str, message_zh: str) -> InvalidTerms:
    return InvalidTerms(message, message_zh=message_zh, field=field)


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


# Counting


@dataclass(frozen=True, slots=True)
class _Reached:
    nominal_on: date
    due_on: date
    month_end: bool = False
    known: bool = True


def _reach(start: date, term: Term, calendar: Calendar) -> _Reached | None:
    """The last day of a term; None where it is counted in working days beyond the calendar."""
    moment = datetime(start.year, start.month, start.day, tzinfo=ZONE)
    try:
        found = derive_due(moment, (term,), calendar)
    except OutsideCalendar:
        if term.unit == "working_days":
            return None
        nominal = _later(start, term, 1)
        return _Reached(nominal, nominal, known=False)
    return _Reached(found.nominal_on, found.due_on, found.month_end)


def _moved(day: date, calendar: Calendar) -> date:
    """The day itself, or the next working day where it is free; itself too where the calendar ends."""
    try:
        return calendar.add_working_days(day, 0)
    except OutsideCalendar:
        return day


def _later(first: date, term: Term, times: int) -> date:
    """So many terms after a day: months and years on the corresponding day, or the last one of the month."""
    if term.unit == "days":
        return first + timedelta(days=term.amount * times)
    months = term.amount * times * (12 if term.unit == "years" else 1)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def _held(told: _Told, agreed: date, event: str, event_on: date | None, law: PaymentLaw | None) -> Due:
    """What was agreed, held to the law's last day where that is known."""
    if law is None or event_on is None or not event or not counts_from(event):
        return Due(agreed, agreed, None, law.code if law else "", "", told.derivation)
    most = _reach(event_on, Term(law.most_days, "days"), told.calendar)
    assert most is not None
    if agreed <= most.due_on:
        return Due(agreed, agreed, most.due_on, law.code, "", told.derivation)
    told.cut(event, event_on, law, most)
    return Due(most.due_on, agreed, most.due_on, law.code, "", told.derivation)


class _Told:
    """The derivation while it is put together: the same facts in both languages."""

    def __init__(self, calendar: Calendar, names: Mapping[str, tuple[str, str]]) -> None:
        self.calendar = calendar
        self._names = names
        self._zh: list[str] = []
        self._en: list[str] = []
        self._facts: dict[str, Any] = {}

    @property
    def derivation(self) -> dict[str, Any]:
        return {
            "zh": "，".join(self._zh),
            "en": ", ".join(self._en),
            "calendar": self.calendar.code,
            "version": self.calendar.version,
            **self._facts,
        }

    def day(self, on: date, due: date) -> None:
        self._say(f"约定{on}", f"agreed for {on}")
        self._free(on, due)
        self._facts |= {"nominal_on": _iso(on)} | self._provisional(on, due)

    def counted(
        self, event: str, start: date, term: Term, reached: _Reached, *, held: bool, law: PaymentLaw | None
    ) -> None:
        zh, en = self._name(event)
        if held:
            self._say(
                f"{zh}约定不晚于{start}，逾期未办按该日起算",
                f"{en} agreed for {start} at the latest, counted from then",
            )
        else:
            self._say(f"{start}{zh}", f"{en} on {start}")
        if law is None:
            self._say(f"之后{term.text('zh')}", f"{term.text('en')} later")
        else:
            self._say(
                f"未约定付款期限，按{law.article('payment')}为{term.text('zh')}",
                f"no term agreed: {term.text('en')} by {law.article_en('payment')}",
            )
        if reached.month_end:
            self._say("到期月无对应日，以月末日为准", "the month has no such day, so its last")
        if not reached.known:
            self._say("超出日历范围，未按休假日顺延", "beyond the calendar, free days are not known")
        self._free(reached.nominal_on, reached.due_on)
        self._facts |= {
            "from": _iso(start),
            "event": event,
            "nominal_on": _iso(reached.nominal_on),
            "month_end": reached.month_end,
            "held": held,
        } | self._provisional(reached.nominal_on, reached.due_on)

    def cut(self, event: str, start: date, law: PaymentLaw, most: _Reached) -> None:
        zh, en = self._name(event)
        self._say(
            f"超过{law.article('payment')}规定的最长{law.most_days}日（自{start}{zh}起），以{most.due_on}为限",
            f"more than the {law.most_days} days after {en} ({start}) {law.article_en('payment')}, allows:"
            f" {most.due_on}",
        )
        self._facts |= {"cut_by_law": True}

    def waiting(self, event: str, term: Term | None) -> None:
        zh, en = self._name(event)
        after = ("之后按法定期限", ", then as the law says") if term is None else ("", "")
        if term is not None:
            after = (f"之后{term.text('zh')}", f", then {term.text('en')}")
        self._say(f"等待“{zh}”{after[0]}", f"waits for {en}{after[1]}")
        self._facts |= {"event": event, "waits_for": "event"}

    def no_term(self, event: str, start: date) -> None:
        zh, en = self._name(event)
        self._say(
            f"{start}{zh}，未约定期限，也没有可以确定适用的法定期限："
            "债权人可以随时要求履行，但应给对方必要的准备时间（民法典第五百一十一条）",
            f"{en} on {start}, no term agreed and none of the law known to hold: it can be asked for at any time,"
            " with time to prepare (Civil Code, article 511)",
        )
        self._facts |= {"from": _iso(start), "event": event, "waits_for": "term"}

    def outside(self, event: str, start: date, term: Term) -> None:
        zh, en = self._name(event)
        self._say(
            f"{start}{zh}，之后{term.text('zh')}超出日历范围，到期日待定",
            f"{en} on {start}, {term.text('en')} later lies beyond the calendar",
        )
        self._facts |= {"from": _iso(start), "event": event, "waits_for": "calendar"}

    def _free(self, nominal: date, due: date) -> None:
        if due != nominal:
            self._say(
                f"最后一日{nominal}为休假日，顺延至{due}（民法典第二百零三条）",
                f"last day {nominal} is free, moved to {due} (Civil Code, article 203)",
            )

    def _provisional(self, first: date, last: date) -> dict[str, Any]:
        try:
            years = self.calendar.open_years(first, last)
        except OutsideCalendar:
            return {"provisional": True}
        return {"provisional": bool(years)}

    def _name(self, event: str) -> tuple[str, str]:
        if event == OBLIGATION:
            return self._names.get(event, ("前一项义务履行", "the obligation before it performed"))
        return self._names.get(event, (event, event))

    def _say(self, zh: str, en: str) -> None:
        self._zh.append(zh)
        self._en.append(en)
