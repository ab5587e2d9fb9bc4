"""What an enterprise is entitled to, as its list shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.policies.api import Decided
from yingshang.rules.policy.change import Change
from yingshang.web.design.formats import english, large_money

ENTITLED, POSSIBLE, NEAR, REFUSED, BROKEN = "entitled", "possible", "near", "refused", "error"

GROUPS = {
    ENTITLED: gettext_lazy("现在可以享受"),
    POSSIBLE: gettext_lazy("补充数据后可能享受"),
    NEAR: gettext_lazy("还差一步"),
    REFUSED: gettext_lazy("不符合"),
    BROKEN: gettext_lazy("暂时不能判定"),
}
"""Together they are everything: an item is in exactly one."""

TONES = {
    ENTITLED: ("good", "circle-check"),
    POSSIBLE: ("note", "help-circle"),
    NEAR: ("warn", "stairs"),
    REFUSED: ("", "circle-x"),
    BROKEN: ("bad", "alert-triangle"),
}

CLOSING_DAYS = 30
"""A window that closes within so many days closes soon."""


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One item on a line. `next_step` says what to do, or why not; `amount_fen` is what it is sorted by."""

    decided: Decided
    group: str
    changes: tuple[Change, ...]
    amount: str
    amount_fen: int | None
    window: str
    closing: bool
    next_step: str

    @property
    def code(self) -> str:
        return self.decided.code

    @property
    def name(self) -> str:
        return self.decided.name

    @property
    def outcome(self) -> str:
        return str(GROUPS[self.group])

    @property
    def tone(self) -> str:
        return TONES[self.group][0]

    @property
    def icon(self) -> str:
        return TONES[self.group][1]

    @property
    def closes_on(self) -> date | None:
        return self.decided.closes_on


def match_rows(decided: Iterable[Decided], name_of: Callable[[str], str]) -> list[MatchRow]:
    """All of them, what is worth most to the enterprise first."""
    order = list(GROUPS)
    rows = [_row(each, name_of) for each in decided]
    rows.sort(key=lambda row: (order.index(row.group), -(row.amount_fen or 0), row.code))
    return rows


def narrowed(
    rows: Sequence[MatchRow], *, text: str = "", group: str = "", window: str = "", kind: str = ""
) -> list[MatchRow]:
    """Those with words in their name, number, issuer or summary, of one group, with a window, of a kind."""
    wanted = text.casefold().split()

    def fits(row: MatchRow) -> bool:
        item = row.decided.item
        words = f"{item.name} {item.code} {item.issuer} {item.summary} {item.document_title}".casefold()
        return (
            all(each in words for each in wanted)
            and group in ("", row.group)
            and kind in ("", item.kind)
            and (window != "open" or row.decided.window_open is not False)
            and (window != "closing" or row.closing)
        )

    return [row for row in rows if fits(row)]


def amount_of(decided: Decided) -> str:
    """What is paid, in words: a sum, between two, or something else than money."""
    certain, possible = decided.certain_fen, decided.possible_fen
    if certain is None and possible is None:
        return decided.grants
    if decided.outcome == ENTITLED:
        if decided.exact:
            return _money(certain)
        if possible is None:
            return _("至少 %(amount)s") % {"amount": _money(certain)} if certain else _("金额待定")
        return f"{_money(certain)} – {_money(possible)}"
    if possible is None:
        return _("金额待定")
    if decided.missing and not decided.exact:
        return _("最高 %(amount)s") % {"amount": _money(possible)}
    return _money(possible)


def window_words(decided: Decided) -> str:
    """When one can apply."""
    window = decided.window
    if window.open is None:
        if window.closes_on is None:
            return _("随时")
        return _("至 %(day)s") % {"day": window.closes_on.isoformat()}
    if window.open:
        if window.closes_on is None:
            return _("正在受理")
        return _("正在受理，至 %(day)s") % {"day": window.closes_on.isoformat()}
    if window.opens_on is not None:
        return _("%(day)s 起受理") % {"day": window.opens_on.isoformat()}
    return _("受理已结束")


def change_text(change: Change) -> str:
    """A change in the language of the page."""
    return change.text() if english() else change.text_zh()


def group_of(decided: Decided, changes: Sequence[Change]) -> str:
    """In which part of the list an item stands."""
    if decided.outcome == "undecided":
        return POSSIBLE
    if decided.outcome == "refused":
        return NEAR if len(changes) == 1 and _can_be_taken(changes[0]) else REFUSED
    return decided.outcome


def _can_be_taken(change: Change) -> bool:
    """Whether a change is a step somebody can take: a figure, a mark, or waiting."""
    return change.gap is not None or change.on is not None or isinstance(change.current, bool | list)


def _row(decided: Decided, name_of: Callable[[str], str]) -> MatchRow:
    changes = tuple(decided.changes())
    group = group_of(decided, changes)
    return MatchRow(
        decided=decided,
        group=group,
        changes=changes,
        amount="" if group in (REFUSED, NEAR, BROKEN) else amount_of(decided),
        amount_fen=decided.certain_fen if group == ENTITLED else decided.possible_fen,
        window=window_words(decided),
        closing=_closing(decided),
        next_step=_next_step(decided, group, changes, name_of),
    )


def _closing(decided: Decided) -> bool:
    ends = decided.closes_on
    return (
        ends is not None
        and decided.window_open is not False
        and ends - decided.day <= timedelta(days=CLOSING_DAYS)
    )


def _next_step(decided: Decided, group: str, changes: Sequence[Change], name_of: Callable[[str], str]) -> str:
    if group == BROKEN:
        return decided.problem or _("计算出错，请联系发布机关")
    if group in (NEAR, REFUSED):
        return "；".join(change_text(each) for each in changes)
    if decided.missing:
        names = "、".join(dict.fromkeys(name_of(each) for each in decided.missing))
        if group == POSSIBLE:
            return _("还需要知道：%(names)s") % {"names": names}
        return _("金额还取决于：%(names)s") % {"names": names}
    return ""


def _money(fen: int | None) -> str:
    return large_money(Decimal(fen or 0) / 100)
