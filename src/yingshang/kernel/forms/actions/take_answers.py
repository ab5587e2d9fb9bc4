"""What is filled in where a process keeps it itself: an official, at a step of a case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, store
from yingshang.rules.errors import DomainError

from ..attachments import check_upload, kept_of, refused
from ..problems import FieldProblem, check_data
from ..values import Answers, FormVersionView
from .submit import asked_for, canonical, refuse


@transaction.atomic
def take_answers(
    *,
    actor: Actor,
    form: FormVersionView,
    data: Mapping[str, Any],
    owner: Owner,
    party_id: int | None = None,
    region_path: str = "",
    agency_id: int | None = None,
    now: datetime,
) -> Answers:
    """What was filled in, judged by the schema and without what the form does not ask for; its files belong to `owner`.

    Who may fill in, and read it afterwards, is for the process, which keeps the answers and leaves the event. New files
    stand in `data` as they were uploaded. Raises InvalidSubmission with every problem at its field.
    """
    values, uploads = asked_for(form, data, {})
    problems: list[FieldProblem] = []
    for name, field in form.fields.items():
        if field.files is None:
            continue
        if values.pop(name, None):
            problems.append(
                FieldProblem(name, "file_gone", "Please upload the files again.", "请重新上传文件。")
            )
        sent = uploads.get(name, [])
        if len(sent) > field.files.max_files:
            most = field.files.max_files
            problems.append(
                FieldProblem(name, "file_count", f"At most {most} files.", f"最多上传 {most} 个文件。")
            )
        problems += [wrong for file in sent if (wrong := check_upload(field, file))]
    named = {
        name: [{"document": 0, "name": str(file.name or ""), "size": file.size} for file in sent]
        for name, sent in uploads.items()
    }
    problems += check_data(form.specification, {**values, **named}, today=timezone.localdate(now))
    refuse(problems, form)
    documents: list[int] = []
    for name, sent in uploads.items():
        field = form.fields[name]
        assert field.files is not None
        values[name] = []
        for file in sent:
            try:
                view = store(
                    actor=actor,
                    content=file,
                    name=str(file.name or ""),
                    owner=owner,
                    party_id=party_id,
                    region_path=region_path,
                    agency_id=agency_id,
                    allowed=field.files.types,
                    largest=field.files.max_bytes,
                    now=now,
                )
            except DomainError as error:
                refuse([refused(field, file, error)], form)
            else:
                values[name].append(kept_of(view))
                documents.append(view.id)
    text = canonical(values)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Answers(form.code, form.number, values, text, tuple(documents), digest)
