"""Submitting what was filled in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.rules.errors import DomainError

from ..attachments import Uploads, check_upload, kept_files, refused, store_file
from ..errors import InvalidSubmission, SubmissionNotFound, TooLarge
from ..leftovers import hold_files
from ..models import FillingFile, FormDraft, Submission
from ..prefill import prefill
from ..problems import FieldProblem, check_data
from ..selectors import drafts_of, get_form, may_fill_for, region_path_of, submission_view, user_of, whose
from ..values import FormVersionView, SubmissionView
from .save_draft import LONGEST_SUBJECT


@transaction.atomic
def submit(
    *,
    actor: Actor,
    form_code: str,
    party_id: int,
    subject: str,
    data: Mapping[str, Any],
    files: Uploads | None = None,
    now: datetime,
    key: str | None = None,
) -> SubmissionView:
    """Submit a form for an enterprise, under its published version.

    What the form does not ask for, given the rest, is left out; everything else is judged by the schema and by what the
    files hold. `files` are new uploads by field; `data` names those that the filling has already. Submitting the same
    `key` again changes nothing and answers with the first submission, marked `repeated`. The draft goes.

    Needs `forms.fill_own`. Raises InvalidSubmission with every problem at its field, and NotYourParty.
    """
    may_fill_for(actor, party_id)
    if len(subject) > LONGEST_SUBJECT:
        raise TooLarge("the subject is too long", message_zh="事项标识过长")
    number = str(UUID(key)) if key else str(uuid4())
    _one_at_a_time(number)
    before = _submitted(actor, number, form_code, party_id, subject)
    if before is not None:
        return before
    hold_files(number)
    version = get_form(form_code)
    values, uploads = asked_for(version, data, files or {})
    refuse(_upload_problems(actor, version, values, uploads, number), version)
    offered = prefill(actor=actor, form=version, party_id=party_id, now=now)
    region_path = region_path_of(party_id)
    documents = _keep_files(actor, version, values, uploads, number, party_id, region_path, now)
    refuse(check_data(version.specification, values, today=timezone.localdate(now)), version)
    sources = {
        name: {
            "from": each.from_,
            "source": each.source,
            "source_en": each.source_en,
            "as_of": each.as_of.isoformat(),
            "value": each.value,
            "changed": values.get(name) != each.value,
        }
        for name, each in offered.items()
        if name in values or name in data
    }
    text = canonical(values)
    submission = Submission.objects.create(
        key=UUID(number),
        version_id=version.id,
        form_id=version.form_id,
        party_id=party_id,
        user_id=user_of(actor),
        submitted_by_name=actor.name,
        subject=subject,
        values=text,
        sources=canonical(sources),
        documents=documents,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        submitted_at=now,
    )
    # What was taken out again before submitting stays behind, and is swept.
    FillingFile.objects.filter(pk__in=documents).delete()
    drafted = drafts_of(party_id, subject=subject, user_id=whose(actor), form_id=version.form_id)
    FormDraft.objects.filter(pk__in=drafted.values("pk")[:1]).delete()
    record(
        actor=actor,
        action="forms.submitted",
        target=Target(
            "submission", str(submission.pk), version.name, region_path=region_path, party_id=party_id
        ),
        now=now,
        after={
            "form": version.code,
            "version": version.number,
            "subject": subject,
            # What was written stays with the submission: the ledger holds what proves it, and no personal data.
            "digest": submission.digest,
            "fields": sorted(values),
            "changed": sorted(name for name, each in sources.items() if each["changed"]),
            "documents": documents,
        },
    )
    return submission_view(Submission.objects.select_related("form", "version").get(pk=submission.pk))


@transaction.atomic
def note_outcome(*, actor: Actor, submission_id: int, outcome: str, now: datetime) -> None:
    """Note where what came of a submission can be seen, in the transaction of the process that acts on it.

    The action of that process leaves the event. Raises SubmissionNotFound outside the actor's scope.
    """
    found = Submission.objects.select_for_update(of=("self",)).filter(pk=submission_id).first()
    if found is None:
        raise SubmissionNotFound(f"no submission {submission_id}", message_zh=f"没有提交记录 {submission_id}")
    may_fill_for(actor, found.party_id)
    found.outcome = outcome[:300]
    found.save(update_fields=["outcome"])


def _one_at_a_time(key: str) -> None:
    """Two clicks at once: the second waits for the first to be done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"forms.submit:{key}"])


def _submitted(actor: Actor, key: str, form_code: str, party_id: int, subject: str) -> SubmissionView | None:
    found = Submission.objects.select_related("form", "version").filter(key=UUID(key)).first()
    if found is None:
        return None
    same = (found.form.code, found.party_id, found.subject, found.user_id) == (
        form_code,
        party_id,
        subject,
        user_of(actor),
    )
    if not same:
        raise SubmissionNotFound(
            "this key belongs to something else", message_zh="提交标识与内容不符，请重新打开页面"
        )
    return submission_view(found, repeated=True)


def asked_for(
    version: FormVersionView, data: Mapping[str, Any], files: Uploads
) -> tuple[dict[str, Any], dict[str, list[UploadedFile[Any]]]]:
    """The values that the form asks for, and the new files of each file field."""
    given: dict[str, Any] = {}
    uploads: dict[str, list[UploadedFile[Any]]] = {}
    for name, value in data.items():
        field = version.fields.get(name)
        if field is None or field.kind != "files" or not isinstance(value, list):
            if value is not None:
                given[name] = value
            continue
        uploads[name] = [each for each in value if isinstance(each, UploadedFile)]
        given[name] = [each for each in value if not isinstance(each, UploadedFile)]
    for name, sent in files.items():
        if name in version.fields and version.fields[name].kind == "files":
            uploads.setdefault(name, []).extend(sent)
            given.setdefault(name, [])
    shown = version.specification.visible(
        {name: value for name, value in given.items() if not uploads.get(name)}
    )
    values = {name: value for name, value in given.items() if name in shown or name not in version.fields}
    return values, {name: sent for name, sent in uploads.items() if name in shown and sent}


def _upload_problems(
    actor: Actor,
    version: FormVersionView,
    values: dict[str, Any],
    uploads: Mapping[str, list[UploadedFile[Any]]],
    key: str,
) -> list[FieldProblem]:
    """Name, size and number of files; and files said to be there that are not. `values` gets what is kept of those."""
    problems = []
    there: Mapping[str, dict[str, Any]] | None = None
    for name, value in list(values.items()):
        field = version.fields.get(name)
        if field is None or field.kind != "files" or not isinstance(value, list):
            continue
        rule = field.files
        assert rule is not None
        if value and there is None:
            there = kept_files(actor, key)
        kept = []
        for each in value:
            number = str(each.get("document", "")) if isinstance(each, dict) else str(each)
            found = (there or {}).get(number)
            if found is None:
                problems.append(
                    FieldProblem(
                        name,
                        "file_gone",
                        "A file is no longer there: please upload it again.",
                        "有文件已不存在，请重新上传。",
                    )
                )
            elif found not in kept:
                kept.append(found)
        if kept or uploads.get(name):
            values[name] = kept
        else:
            del values[name]
        if len(kept) + len(uploads.get(name, ())) > rule.max_files:
            problems.append(
                FieldProblem(
                    name,
                    "file_count",
                    f"At most {rule.max_files} files.",
                    f"最多上传 {rule.max_files} 个文件。",
                )
            )
        else:
            problems += [wrong for file in uploads.get(name, ()) if (wrong := check_upload(field, file))]
    return problems


def _keep_files(
    actor: Actor,
    version: FormVersionView,
    values: dict[str, Any],
    uploads: Mapping[str, list[UploadedFile[Any]]],
    key: str,
    party_id: int,
    region_path: str,
    now: datetime,
) -> list[int]:
    problems = []
    for name, sent in uploads.items():
        field = version.fields[name]
        for file in sent:
            try:
                with transaction.atomic():
                    values[name].append(
                        store_file(
                            actor=actor,
                            key=key,
                            field=field,
                            file=file,
                            party_id=party_id,
                            region_path=region_path,
                            now=now,
                        )
                    )
            except DomainError as error:
                problems.append(refused(field, file, error))
    refuse(problems, version)
    return [
        int(each["document"])
        for name, value in values.items()
        if (field_of := version.fields.get(name)) and field_of.kind == "files" and isinstance(value, list)
        for each in value
    ]


def refuse(problems: Any, version: FormVersionView) -> None:
    """Raise InvalidSubmission with the problems, if there are any."""
    if problems:
        first = problems[0]
        names = "、".join(
            dict.fromkeys(
                version.fields[each.field].name for each in problems if each.field in version.fields
            )
        )
        raise InvalidSubmission(
            f"{len(problems)} problems, the first: {first.message}",
            message_zh=f"有 {len(problems)} 处需要修改"
            + (f"：{names}" if names else f"：{first.message_zh}"),
            problems=[each.as_dict() for each in problems],
        )


def canonical(value: Any) -> str:
    """The text whose digest the ledger holds."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
