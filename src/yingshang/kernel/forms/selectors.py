"""Reading forms, drafts and submissions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, When
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Scope, entries_of, system_actor
from yingshang.kernel.parties.api import get_party
from yingshang.kernel.reference.api import find_region

from .errors import FormNotFound, NotYourParty, SubmissionNotFound, VersionNotFound
from .filling import show_value
from .models import Form, FormDraft, FormVersion, Submission
from .values import (
    DraftView,
    FormPage,
    FormSummary,
    FormVersionView,
    SourceOfValue,
    SubmissionSummary,
    SubmissionView,
)

FILL, MANAGE = "forms.fill_own", "forms.manage"

# --- forms ------------------------------------------------------------------------------------------------------------


def get_form(code: str, *, number: int | None = None) -> FormVersionView:
    """The published version of a form, or an earlier one by its number. One query.

    What a form asks is open to everybody who may reach the page it stands on. Raises FormNotFound, VersionNotFound.
    """
    rows = FormVersion.objects.filter(form__code=code, state=FormVersion.PUBLISHED).select_related("form")
    if number is not None:
        rows = rows.filter(number=number)
    found = rows.order_by("-number").first()
    if found is None:
        if not Form.objects.filter(code=code).exists():
            raise form_not_found(code)
        raise VersionNotFound(
            f"the form {code} has no published version" + (f" {number}" if number else ""),
            message_zh=f"表单“{code}”没有已发布的版本" + (f" {number}" if number else ""),
            value=code,
        )
    return version_view(found)


def forms(*, actor: Actor, text: str = "", page: int = 1, per_page: int = 20) -> FormPage:
    """The forms an actor manages, by code. Needs `forms.manage`."""
    rows = actor.require(MANAGE).filter(Form.objects.all(), region="region_path")
    if text.strip():
        words = text.strip()
        rows = rows.filter(Q(code__icontains=words) | Q(name__icontains=words) | Q(name_en__icontains=words))
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    chosen = list(rows.prefetch_related("versions")[(page - 1) * per_page : page * per_page])
    counted = dict(
        Submission.objects.filter(form__in=chosen)
        .values_list("form_id")
        .annotate(number=Count("pk"))
        .order_by()
    )
    return FormPage(tuple(_summary(each, counted.get(each.pk, 0)) for each in chosen), total, page, pages)


def _summary(form: Form, submissions: int) -> FormSummary:
    versions = sorted(form.versions.all(), key=lambda each: -each.number)
    published = next((each for each in versions if each.state == FormVersion.PUBLISHED), None)
    draft = next((each for each in versions if each.state == FormVersion.DRAFT), None)
    return FormSummary(
        id=form.pk,
        code=form.code,
        name=form.name,
        name_en=form.name_en,
        region_path=form.region_path,
        published=published.number if published else None,
        published_at=published.published_at if published else None,
        draft=draft.number if draft else None,
        draft_changed_at=draft.changed_at if draft else None,
        submissions=submissions,
    )


def get_form_summary(*, actor: Actor, code: str) -> FormSummary:
    """One form an actor manages. Raises FormNotFound outside their scope."""
    scope = actor.require(MANAGE)
    found = (
        scope.filter(Form.objects.prefetch_related("versions"), region="region_path")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise form_not_found(code)
    return _summary(found, Submission.objects.filter(form=found).count())


def form_versions(*, actor: Actor, code: str) -> tuple[FormVersionView, ...]:
    """Every version of a form an actor manages, the newest first, its draft included. Raises FormNotFound."""
    scope = actor.require(MANAGE)
    rows = scope.filter(FormVersion.objects.select_related("form"), region="form__region_path").filter(
        form__code=code
    )
    found = tuple(version_view(each) for each in rows.order_by("-number"))
    if not found and not scope.filter(Form.objects.filter(code=code), region="region_path").exists():
        raise form_not_found(code)
    return found


def get_form_version(*, actor: Actor, code: str, number: int | None = None) -> FormVersionView:
    """One version for who edits the form: the one with this number, otherwise the draft, otherwise the newest."""
    versions = form_versions(actor=actor, code=code)
    found = next((each for each in versions if number is None or each.number == number), None)
    if found is None:
        raise VersionNotFound(
            f"the form {code} has no version {number}",
            message_zh=f"表单“{code}”没有版本 {number}",
            value=code,
        )
    return found


def version_view(version: FormVersion) -> FormVersionView:
    """A version as others see it; its form has to be at hand."""
    return FormVersionView(
        id=version.pk,
        form_id=version.form_id,
        code=version.form.code,
        name=version.name,
        name_en=version.name_en,
        number=version.number,
        state=version.state,
        region_path=version.form.region_path,
        schema=version.schema,
        layout=version.layout,
        digest=version.digest,
        revision=version.revision,
        note=version.note,
        changed_at=version.changed_at,
        changed_by_name=version.changed_by_name,
        published_at=version.published_at,
        published_by_name=version.published_by_name,
    )


def form_not_found(code: str) -> FormNotFound:
    """There is none, or none for this actor: the same words for both."""
    return FormNotFound(f"no form {code!r}", message_zh=f"没有表单“{code}”", value=code)


# --- filling ----------------------------------------------------------------------------------------------------------


def may_fill_for(actor: Actor, party_id: int) -> Scope:
    """The scope of filling in, when it takes this enterprise in. Raises NotAllowed and NotYourParty."""
    scope = actor.require(FILL)
    if not scope.everywhere and party_id not in scope.parties:
        raise NotYourParty(
            f"no enterprise {party_id} among those you act for",
            message_zh="您可以代表的企业中没有这一家",
            value=party_id,
        )
    return scope


def whose(actor: Actor) -> int:
    """The account whose drafts are meant; no draft belongs to 0."""
    return user_of(actor) or 0


def user_of(actor: Actor) -> int | None:
    """The account an actor is, or None for a system."""
    return int(actor.identifier) if actor.kind == "user" else None


def region_path_of(party_id: int) -> str:
    """Where an enterprise is, for the record and for who may see its files."""
    party = get_party(actor=system_actor("forms"), party_id=party_id)
    found = find_region(party.region_code) if party.region_code else None
    return found.path if found else ""


def may_read_files(actor: Actor, identifier: str) -> bool:
    """Whether the files of a filling are for these eyes: its author's until it is submitted, then its readers'."""
    key, _, author = identifier.partition(".")
    found = Submission.objects.select_related("form", "version").filter(key=UUID(key)).first()
    # What somebody else submits under the key of a filling does not open the files its author has put there.
    if found is not None and (f"u{found.user_id}" == author or (not found.user_id and author[:1] != "u")):
        view = submission_view(found)
        ask = _file_readers.get(view.form_code)
        if may_read(actor, view) and (_fills_in(actor, view) or ask is None or ask(actor, view)):
            return True
        asked = _subject_file_readers.get(view.subject.partition(":")[0])
        return asked is not None and asked(actor, view)
    return f"{actor.kind[0]}{actor.identifier}" == author and actor.may(FILL)


def drafts_of(party_id: int, *, subject: str, user_id: int, **form: Any) -> QuerySet[FormDraft]:
    """What somebody has typed about a subject, for a party or for an entry merged into it; the party's own first."""
    own_first = Case(When(party_id=party_id, then=0), default=1)
    return FormDraft.objects.filter(
        party__in=entries_of(party_id), subject=subject, user_id=user_id, **form
    ).order_by(own_first, "pk")


def get_draft(*, actor: Actor, form_code: str, subject: str, party_id: int) -> DraftView | None:
    """What the actor has typed so far, or None. Raises NotYourParty outside their scope."""
    may_fill_for(actor, party_id)
    found = (
        drafts_of(party_id, subject=subject, user_id=whose(actor), form__code=form_code)
        .select_related("form", "version")
        .first()
    )
    return draft_view(found) if found else None


def drafts(*, actor: Actor, party_id: int | None = None) -> tuple[DraftView, ...]:
    """Everything the actor has begun and not submitted, the latest first."""
    scope = actor.require(FILL)
    rows = FormDraft.objects.select_related("form", "version").filter(user_id=whose(actor))
    if party_id is not None:
        rows = rows.filter(party__in=entries_of(party_id))
    return tuple(draft_view(each) for each in scope.filter(rows, party="party_id").order_by("-updated_at"))


def draft_view(draft: FormDraft) -> DraftView:
    """A draft as others see it."""
    return DraftView(
        key=str(draft.key),
        form_code=draft.form.code,
        version=draft.version.number,
        party_id=draft.party_id,
        subject=draft.subject,
        data=json.loads(draft.data),
        revision=draft.revision,
        updated_at=draft.updated_at,
        displaced=json.loads(draft.displaced) if draft.displaced else None,
    )


# --- submissions ------------------------------------------------------------------------------------------------------

MayRead = Callable[[Actor, SubmissionView], bool]
FilesOpened = Callable[[Actor, SubmissionView, str, datetime], None]
_readers: dict[str, MayRead] = {}
_file_readers: dict[str, MayRead] = {}
_files_opened: dict[str, FilesOpened] = {}
_subject_file_readers: dict[str, MayRead] = {}


def register_file_reader(subject_kind: str, may_read_files: MayRead) -> None:
    """Let a process that asks for forms others make say who opens what was handed in with them: `claim` for subjects
    like `claim:12`. The submission itself it shows on its own pages. Called when Django starts.
    """
    _subject_file_readers[subject_kind] = may_read_files


def register_reader(
    form_code: str,
    may_read: MayRead,
    *,
    may_read_files: MayRead | None = None,
    files_opened: FilesOpened | None = None,
) -> None:
    """Let a process say which officials may read submissions of its form; called when Django starts.

    `may_read_files` says which of them may open what was handed in with it (by default all), and `files_opened` is told
    when one of them does.
    """
    _readers[form_code] = may_read
    if may_read_files is not None:
        _file_readers[form_code] = may_read_files
    if files_opened is not None:
        _files_opened[form_code] = files_opened


def note_file_opened(actor: Actor, identifier: str, name: str, now: datetime) -> None:
    """Tell the process of a form that somebody opened a file that was handed in with it; not of its own people."""
    key, _, author = identifier.partition(".")
    found = Submission.objects.select_related("form", "version").filter(key=UUID(key)).first()
    if found is None or f"{actor.kind[0]}{actor.identifier}" == author:
        return
    view = submission_view(found)
    tell = _files_opened.get(view.form_code)
    if tell is not None and not _fills_in(actor, view):
        tell(actor, view, name, now)


def get_submission(*, actor: Actor, submission_id: int) -> SubmissionView:
    """One submission: for who fills in forms of its enterprise, for the platform itself, and for whom the process of
    its form lets read it (`register_reader`). Raises SubmissionNotFound otherwise."""
    found = Submission.objects.select_related("form", "version").filter(pk=submission_id).first()
    view = submission_view(found) if found else None
    if view is None or not may_read(actor, view):
        raise SubmissionNotFound(
            f"no submission {submission_id}", message_zh=f"没有提交记录 {submission_id}", value=submission_id
        )
    return view


def may_read(actor: Actor, view: SubmissionView) -> bool:
    """Whether a submission is for these eyes."""
    if _fills_in(actor, view):
        return True
    reader = _readers.get(view.form_code)
    return reader is not None and reader(actor, view)


def _fills_in(actor: Actor, view: SubmissionView) -> bool:
    """Whether it is one of the actor's own enterprise, or the actor is the platform itself."""
    scope = actor.scope(FILL)
    return scope.everywhere or view.party_id in scope.parties


def submissions(
    *, actor: Actor, party_id: int, form_code: str = "", limit: int = 50
) -> tuple[SubmissionSummary, ...]:
    """What was submitted for an enterprise, the newest first. Raises NotYourParty outside the actor's scope."""
    may_fill_for(actor, party_id)
    rows = Submission.objects.filter(party__in=entries_of(party_id)).select_related("form", "version")
    if form_code:
        rows = rows.filter(form__code=form_code)
    rows = rows.defer("values", "sources")
    return tuple(
        SubmissionSummary(
            id=each.pk,
            form_code=each.form.code,
            name=each.version.name,
            name_en=each.version.name_en,
            version=each.version.number,
            subject=each.subject,
            submitted_at=each.submitted_at,
            submitted_by_name=each.submitted_by_name,
            outcome=each.outcome,
        )
        for each in rows[:limit]
    )


def submission_view(submission: Submission, *, repeated: bool = False) -> SubmissionView:
    """A submission as others see it."""
    return SubmissionView(
        id=submission.pk,
        key=str(submission.key),
        form_code=submission.form.code,
        version=submission.version.number,
        party_id=submission.party_id,
        subject=submission.subject,
        values=json.loads(submission.values),
        sources={
            name: SourceOfValue(
                from_=each["from"],
                source=each["source"],
                source_en=each.get("source_en", ""),
                as_of=date.fromisoformat(each["as_of"]),
                value=each["value"],
                changed=each["changed"],
            )
            for name, each in json.loads(submission.sources).items()
        },
        documents=tuple(submission.documents),
        digest=submission.digest,
        submitted_at=submission.submitted_at,
        submitted_by=submission.user_id,
        submitted_by_name=submission.submitted_by_name,
        outcome=submission.outcome,
        repeated=repeated,
    )


def submission_rows(
    view: SubmissionView, language: str = "zh-hans", *, personal: bool = True
) -> list[tuple[str, str]]:
    """What was submitted as (label, text), in the order of the form, under the version it was filled in with.

    Without `personal` what is about a person is masked. One query.
    """
    version = get_form(view.form_code, number=view.version)
    return filled_rows(version, view.values, language, personal=personal)


def filled_rows(
    version: FormVersionView, values: Mapping[str, Any], language: str = "zh-hans", *, personal: bool = True
) -> list[tuple[str, str]]:
    """What was filled in under a version as (label, text), in the order of the form.

    Without `personal` what is about a person is masked.
    """
    return [
        (field.label(language), text)
        for name, field in version.fields.items()
        if (text := show_value(field, values.get(name), language, personal=personal))
    ]


def last_values(
    party_id: int, user_id: int | None
) -> Mapping[str, tuple[Any, date, str, str, str, int | None]]:
    """Field → its latest value of the enterprise's last submissions of any form: (value, day, form's names, format,
    who). One query; only the last twenty are looked at."""
    rows = Submission.objects.filter(party__in=entries_of(party_id)).select_related("version", "form")[:20]
    found: dict[str, tuple[Any, date, str, str, str, int | None]] = {}
    for row in rows:
        view = version_view(row.version)
        for name, value in json.loads(row.values).items():
            field = view.fields.get(name)
            if field is None or field.kind == "files":
                continue
            if field.personal and row.user_id != user_id:
                # A colleague's number stays theirs.
                continue
            day = timezone.localdate(row.submitted_at)
            found.setdefault(
                name, (value, day, row.version.name, row.version.name_en, field.kind, row.user_id)
            )
    return found
