"""Refusals of the review."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class ElementsMissing(DomainError):
    """Needed elements are missing; `details["elements"]` lists them."""

    code = "policies.elements_missing"


class FindingsOpen(DomainError):
    """Nobody has said yet what they hold of findings, or somebody asked for a change."""

    code = "policies.findings_open"


class FindingNotFound(DomainError):
    """The version has no such finding now."""

    code = "policies.finding_not_found"


class OwnSubmission(DomainError):
    """Who handed a version in does not review it."""

    code = "policies.own_submission"


class NobodyToReview(DomainError):
    """The register has no agency for a lane of the review."""

    code = "policies.nobody_to_review"


class ConsultationNotFound(DomainError):
    """No such consultation or comment, or none that may be seen."""

    code = "policies.consultation_not_found"


class ConsultationClosed(DomainError):
    """The period for comments is over."""

    code = "policies.consultation_closed"


class ConsultationOpen(DomainError):
    """The consultation is not over yet: its period runs, or comments wait for an answer."""

    code = "policies.consultation_open"


class InvalidComment(DomainError):
    """What was written cannot be taken; `details["field"]` says where."""

    code = "policies.invalid_comment"


class TooManyComments(DomainError):
    """Whoever writes has used up what one may write within the time."""

    code = "policies.too_many_comments"


class InvalidReview(DomainError):
    """What was handed in for the review is not enough; `details["field"]` says where."""

    code = "policies.invalid_review"
