"""Files of a filling that is not submitted yet: kept at once, so that a mistake elsewhere does not lose them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

from ..attachments import Uploads, check_upload, kept_files, refused, store_file
from ..leftovers import Room
from ..problems import FieldProblem
from ..selectors import get_form, may_fill_for, region_path_of


@transaction.atomic
def attach_files(
    *, actor: Actor, form_code: str, party_id: int, key: str, files: Uploads, now: datetime
) -> tuple[dict[str, list[dict[str, Any]]], tuple[FieldProblem, ...]]:
    """Keep new files of a filling: what is kept of them by field, and what is wrong with the others.

    What lies with forms that are not submitted has its bounds, for each person and each enterprise. Needs
    `forms.fill_own`; each file leaves an event of the documents room.
    """
    may_fill_for(actor, party_id)
    room = Room(actor, party_id)
    version = get_form(form_code)
    region_path = region_path_of(party_id)
    kept: dict[str, list[dict[str, Any]]] = {}
    problems: list[FieldProblem] = []
    for name, sent in files.items():
        field = version.fields.get(name)
        if field is None or field.files is None:
            continue
        for file in list(sent)[: field.files.max_files]:
            wrong = check_upload(field, file) or room.refusal(field, file)
            if wrong is not None:
                problems.append(wrong)
                continue
            try:
                with transaction.atomic():
                    one = store_file(
                        actor=actor,
                        key=key,
                        field=field,
                        file=file,
                        party_id=party_id,
                        region_path=region_path,
                        now=now,
                    )
            except DomainError as error:
                problems.append(refused(field, file, error))
            else:
                room.take(key, one, now)
                kept.setdefault(name, []).append(one)
        if len(sent) > field.files.max_files:
            problems.append(
                FieldProblem(
                    name,
                    "file_count",
                    f"At most {field.files.max_files} files.",
                    f"最多上传 {field.files.max_files} 个文件。",
                )
            )
    return kept, tuple(problems)


def files_of_filling(*, actor: Actor, key: str) -> dict[str, dict[str, Any]]:
    """Number → what is kept of it, for the files of a filling of the actor's."""
    return dict(kept_files(actor, key))
