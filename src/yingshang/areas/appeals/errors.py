"""What can be wrong with an appeal or what is done about it, each with a stable code and both languages."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class AppealNotFound(DomainError):
    """No such appeal within the actor's reach."""

    code = "appeals.appeal_not_found"


class NotPossibleNow(DomainError):
    """The state of the appeal, or of what belongs to it, does not allow it."""

    code = "appeals.not_possible_now"


class InvalidAppeal(DomainError):
    """Something that was said cannot be taken; `field` names it."""

    code = "appeals.invalid_appeal"


class TooMany(DomainError):
    """More appeals than one sender may hand in within a time; `details` say how many and until when."""

    code = "appeals.too_many"


class NobodyToAsk(DomainError):
    """No agency of the register takes appeals in, or deals with this, in or above the region."""

    code = "appeals.nobody_to_ask"


class NotYours(DomainError):
    """It is another agency's turn; `message_zh` says whose."""

    code = "appeals.not_yours"


class InvalidStep(DomainError):
    """Something an official gave for a step cannot be taken; `field` names it."""

    code = "appeals.invalid_step"


class NoMoreBounces(DomainError):
    """It was sent back as often as it may be, or too late: the desk has the last word."""

    code = "appeals.no_more_bounces"


class PartsOutstanding(DomainError):
    """Agencies that were asked have not answered yet; `details["agencies"]` names them."""

    code = "appeals.parts_outstanding"


class NotApart(DomainError):
    """Who wrote, or asked, may not approve it."""

    code = "appeals.not_apart"


class WindowClosed(DomainError):
    """It was closed too long ago, or reopened too often, to be opened again."""

    code = "appeals.window_closed"


class StepNotFound(DomainError):
    """No such part, reply, request, notice or rating within the actor's reach."""

    code = "appeals.step_not_found"


class AnswerNotFound(DomainError):
    """No such answer or template of the library within the actor's reach, or none that is published."""

    code = "appeals.answer_not_found"


class InvalidRules(DomainError):
    """A data file of this area that cannot be read; says which file, and where."""

    code = "appeals.invalid_rules"
