"""Refusals of this room."""

from __future__ import annotations

from yingshang.rules.errors import DomainError


class FormNotFound(DomainError):
    """No form with this code, or none within the actor's scope."""

    code = "forms.form_not_found"


class VersionNotFound(DomainError):
    """The form has no version with this number, or none that is published."""

    code = "forms.version_not_found"


class InvalidForm(DomainError):
    """A form that cannot be used. `findings` in the details say what is wrong and where."""

    code = "forms.invalid_form"


class NothingToPublish(DomainError):
    """There is no draft of the form, or it says what the published version says."""

    code = "forms.nothing_to_publish"


class EditConflict(DomainError):
    """Somebody else has changed the draft of the form meanwhile."""

    code = "forms.edit_conflict"


class InvalidSubmission(DomainError):
    """What was filled in does not keep to the form. `problems` in the details say so, field by field."""

    code = "forms.invalid_submission"


class TooLarge(DomainError):
    """More was sent than a form can hold."""

    code = "forms.too_large"


class DraftConflict(DomainError):
    """The draft was saved from another window meanwhile; nothing of either was lost."""

    code = "forms.draft_conflict"


class DraftNotFound(DomainError):
    """The actor has no such draft."""

    code = "forms.draft_not_found"


class SubmissionNotFound(DomainError):
    """No such submission among those the actor may see."""

    code = "forms.submission_not_found"


class NotYourParty(DomainError):
    """The actor fills in nothing for this enterprise. To them it does not exist."""

    code = "forms.party_not_found"
