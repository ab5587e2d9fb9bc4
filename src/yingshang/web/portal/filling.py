"""A page on which an enterprise fills in a form: prefilled, kept while typed, judged by the server, submitted once.

A process shows it with `fill` and says what happens with what was submitted; there are no rules of its own here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import Actor, actor_from
from yingshang.kernel.forms.api import (
    DraftView,
    FieldProblem,
    FillableForm,
    FormVersionView,
    InvalidSubmission,
    Prefilled,
    SubmissionView,
    attach_files,
    build_form,
    files_by_field,
    files_of_filling,
    get_draft,
    get_form,
    note_outcome,
    prefill,
    save_draft,
    submit,
    validate,
)

ADD_ROW, SAVE, PREVAIL, KEY, REVISION = "_add_row", "_save", "_prevail", "_key", "_revision"


def fill(
    request: HttpRequest,
    *,
    form_code: str,
    party_id: int,
    subject: str,
    on_submit: Callable[[SubmissionView], str],
    title: str,
    lead: str = "",
    before_template: str = "",
    before: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    crumbs: Sequence[tuple[str, str | None]] = (),
    submit_label: str = "",
    template: str = "portal/filling.html",
) -> HttpResponse:
    """The page of a form for one enterprise, and what happens when it is sent.

    `on_submit` gets what was submitted, in the transaction of the request, and says where to go; whatever it raises
    takes the submission back. `fixed` are the values of fields that are read only, set by the process.
    `before_template` is shown above the form with the values of `before`. The view that calls this says who may open
    it; that they act for the enterprise is asked here. Raises NotYourParty, NotAllowed.
    """
    actor, now = actor_from(request), timezone.now()
    version = get_form(form_code)
    filling = _Filling(request, actor, now, version, party_id, subject, dict(fixed or {}))
    status = 200
    if request.method == "POST":
        done = filling.received(on_submit)
        if done is not None:
            return done
        status = filling.status
    return render(
        request,
        template,
        {
            **dict(before or {}),
            "form": filling.form,
            "filling": filling,
            "form_title": title,
            "form_lead": lead,
            "before_template": before_template,
            "crumbs": list(crumbs),
            "submit_label": submit_label or _("提交"),
        },
        status=status,
    )


class _Filling:
    """One filling of one form, as the page needs it."""

    def __init__(
        self,
        request: HttpRequest,
        actor: Actor,
        now: datetime,
        version: FormVersionView,
        party_id: int,
        subject: str,
        fixed: Mapping[str, Any],
    ) -> None:
        self.request, self.actor, self.now = request, actor, now
        self.version, self.party_id, self.subject, self.fixed = version, party_id, subject, fixed
        self.language = get_language() or "zh-hans"
        self.draft: DraftView | None = get_draft(
            actor=actor, form_code=version.code, subject=subject, party_id=party_id
        )
        self.prefilled: Mapping[str, Prefilled] = prefill(
            actor=actor, form=version, party_id=party_id, now=now
        )
        self.key = self.draft.key if self.draft else usable_key(request.POST.get(KEY, ""))
        self.revision = self.draft.revision if self.draft else 0
        self.conflict = False
        self.status = 200
        self.form = self._unsent()

    # What the page says of the filling.

    @property
    def renewed(self) -> bool:
        """The draft was begun with an earlier version of the form."""
        return self.draft is not None and self.draft.version != self.version.number

    @property
    def begun(self) -> bool:
        return self.draft is not None and bool(self.draft.data)

    @property
    def displaced(self) -> bool:
        return self.draft is not None and bool(self.draft.displaced)

    @property
    def problems(self) -> list[tuple[str, str, list[str]]]:
        """What is wrong, for the list above the form: (label, address of the field, texts)."""
        if not self.form.is_bound:
            return []
        return [
            (
                str(self.form.fields[name].label) if name in self.form.fields else "",
                f"#{self.form[name].id_for_label or self.form[name].auto_id}"
                if name in self.form.fields
                else "",
                [str(text) for text in texts],
            )
            for name, texts in self.form.errors.items()
        ]

    # What was sent.

    def received(self, on_submit: Callable[[SubmissionView], str]) -> HttpResponse | None:
        """Where to go now, or None when the page is shown again."""
        sent = self._sent()
        if ADD_ROW in self.request.POST:
            self._keep(sent.everything)
            return None
        kept, wrong = self._uploads(sent)
        data = self._with_files(sent.everything, kept)
        if SAVE in self.request.POST:
            self._keep(data)
            messages.success(self.request, _("已保存，随时可以接着填"))
            return redirect(self.request.get_full_path())
        if self._elsewhere(data):
            self._again(data, ())
            self.conflict, self.status = True, 409
            return None
        values = self._with_files(sent.values, kept)
        if wrong:
            # Said together with all else that is wrong, not one after the other.
            judged = validate(self.version, values, today=timezone.localdate(self.now))
            told = {each.field for each in wrong}
            self._refused(data, [*wrong, *(each for each in judged if each.field not in told)])
            return None
        try:
            view = submit(
                actor=self.actor,
                form_code=self.version.code,
                party_id=self.party_id,
                subject=self.subject,
                data=values,
                now=self.now,
                key=self.key,
            )
        except InvalidSubmission as error:
            self._refused(data, _problems(error))
            return None
        if view.repeated:
            messages.info(self.request, _("这份表单刚才已经提交过了"))
            return redirect(view.outcome or "portal:home")
        address = on_submit(view)
        note_outcome(actor=self.actor, submission_id=view.id, outcome=address, now=self.now)
        return redirect(address)

    def _uploads(self, sent: FillableForm) -> tuple[dict[str, list[Any]], tuple[FieldProblem, ...]]:
        new = {
            name: files
            for name, value in sent.everything.items()
            if self.version.fields[name].kind == "files"
            and (files := [each for each in value if isinstance(each, UploadedFile)])
        }
        if not new:
            return {}, ()
        return attach_files(
            actor=self.actor,
            form_code=self.version.code,
            party_id=self.party_id,
            key=self.key,
            files=new,
            now=self.now,
        )

    def _with_files(self, data: Mapping[str, Any], new: Mapping[str, list[Any]]) -> dict[str, Any]:
        named = any(field.kind == "files" for field in self.version.fields.values())
        there = files_of_filling(actor=self.actor, key=self.key) if named else {}
        told = files_by_field(self.version, data, there)
        for name, files in new.items():
            # The same file chosen twice is one.
            digests = {each["sha256"] for each in told.get(name, ())}
            added = [each for each in files if each["sha256"] not in digests]
            if name in data:
                told[name] = [*told.get(name, ()), *added]
        return told

    def _elsewhere(self, data: Mapping[str, Any]) -> bool:
        """Another window has saved since this one last knew, and something else."""
        if self.draft is None or PREVAIL in self.request.POST:
            return False
        known = self.request.POST.get(REVISION, "")
        return known not in ("", str(self.draft.revision)) and dict(self.draft.data) != dict(data)

    def _refused(self, data: Mapping[str, Any], problems: Sequence[FieldProblem]) -> None:
        self._keep(data)
        self._again(data, problems)
        self.status = 422

    def _keep(self, data: Mapping[str, Any]) -> None:
        plain = self._with_files(data, {}) if any(_is_upload(each) for each in data.values()) else dict(data)
        self.draft = save_draft(
            actor=self.actor,
            form_code=self.version.code,
            subject=self.subject,
            party_id=self.party_id,
            data=plain,
            now=self.now,
            key=self.key,
        )
        self.key, self.revision = self.draft.key, self.draft.revision
        self.form = self._unsent()
        if ADD_ROW in self.request.POST:
            name = self.request.POST[ADD_ROW]
            if name in self.form.fields:
                self.form.fields[name].widget.extra = 2

    def _again(self, data: Mapping[str, Any], problems: Sequence[FieldProblem]) -> None:
        """The form as it was filled in, with what is wrong at its fields."""
        form = build_form(
            self.version,
            data={},
            prefilled=self.prefilled,
            language=self.language,
            initial=data,
            fixed=self.fixed,
        )
        form.judge(problems)
        self.form = form

    def _sent(self) -> FillableForm:
        return build_form(
            self.version,
            data=self.request.POST,
            files=self.request.FILES,
            prefilled=self.prefilled,
            language=self.language,
            fixed=self.fixed,
            today=timezone.localdate(self.now),
        )

    def _unsent(self) -> FillableForm:
        return build_form(
            self.version,
            prefilled=self.prefilled,
            language=self.language,
            initial=self.draft.data if self.draft else None,
            fixed=self.fixed,
        )


def _is_upload(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, UploadedFile) for each in value)


def usable_key(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid4())


def _problems(error: InvalidSubmission) -> list[FieldProblem]:
    return [
        FieldProblem(
            field=each["field"],
            code=each["code"],
            message=each["message"],
            message_zh=each["message_zh"],
            row=each["row"] - 1 if "row" in each else None,
            column=each.get("column", ""),
        )
        for each in error.details["problems"]
    ]
