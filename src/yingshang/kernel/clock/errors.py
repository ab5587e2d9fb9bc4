"""What the clock refuses, each with a stable code and both languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yingshang.rules.errors import DomainError


class OutsideCalendar(DomainError):
    """A day before the first or after the last year of a calendar. Nothing is guessed there."""

    code = "clock.outside_calendar"


class UnknownCalendar(DomainError):
    """No calendar with this code. `details["known"]` holds the codes there are."""

    code = "clock.unknown_calendar"


class NotADay(DomainError):
    """A moment where a day is wanted: which day a moment lies in depends on the time zone, which the caller knows."""

    code = "clock.not_a_day"


class NotAMoment(DomainError):
    """A moment without a time zone, or one before the moment it must follow."""

    code = "clock.not_a_moment"


class InvalidTerm(DomainError):
    """A term that is not a whole, positive number of one known unit."""

    code = "clock.invalid_term"


class UnknownReason(DomainError):
    """A pause or an extension without a reason of data/periods.yaml. `details["known"]` holds the codes there are."""

    code = "clock.unknown_reason"


class UnknownOwner(DomainError):
    """A kind of owner that no room has registered."""

    code = "clock.unknown_owner"


class DeadlineNotFound(DomainError):
    """No such deadline, or none the actor may see."""

    code = "clock.deadline_not_found"


class DeadlineNotOpen(DomainError):
    """The deadline is not in a state from which this is possible. `details["state"]` holds the state it is in."""

    code = "clock.deadline_not_open"


class CaseClockRuns(DomainError):
    """A second case clock for one owner: the first runs from intake, and nothing resets it."""

    code = "clock.case_clock_runs"


class LadderNotFound(DomainError):
    """No ladder with this code, none that is published, or none the actor may manage."""

    code = "clock.ladder_not_found"


class NothingToPublish(DomainError):
    """A ladder without a draft."""

    code = "clock.nothing_to_publish"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in what somebody handed in. `where` is a line number, or the name of the rung."""

    where: str
    message: str
    message_zh: str

    def as_dict(self) -> dict[str, str]:
        """As JSON-ready data."""
        return {"where": self.where, "message": self.message, "message_zh": self.message_zh}


class InvalidDocument(DomainError):
    """What was handed in cannot be used; `mistakes` holds everything that is wrong with it."""

    def __init__(self, what: str, what_zh: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: Sequence[Mistake] = tuple(mistakes)
        super().__init__(
            f"{what}: " + "; ".join(f"{each.where}: {each.message}" for each in self.mistakes),
            message_zh=f"{what_zh}："
            + "；".join(f"{each.where}：{each.message_zh}" for each in self.mistakes),
            mistakes=[each.as_dict() for each in self.mistakes],
        )


class InvalidLadder(InvalidDocument):
    """A ladder that cannot be used."""

    code = "clock.invalid_ladder"


class InvalidRevision(InvalidDocument):
    """Days of a calendar that cannot be published, each mistake with its line."""

    code = "clock.invalid_revision"


class CalendarUnchanged(DomainError):
    """A revision that changes no day of what is published already."""

    code = "clock.calendar_unchanged"


class AlreadyLate(DomainError):
    """A term that has run out cannot be lengthened."""

    code = "clock.already_late"
