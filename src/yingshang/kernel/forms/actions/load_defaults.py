"""The forms that come with the platform."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import NewEvent, Target, record_many
from yingshang.kernel.reference.api import parse_yaml

from ..models import Form, FormVersion
from ..selectors import MANAGE
from ..specification import check_form, document_digest
from .edit_forms import refuse_findings


@cache
def default_forms() -> tuple[dict[str, Any], ...]:
    """Every form of the data files, by name of the file."""
    folder = files("yingshang.kernel.forms") / "data/forms"
    return tuple(
        parse_yaml(each.read_text("utf-8"))
        for each in sorted(folder.iterdir(), key=lambda each: each.name)
        if each.name.endswith(".yaml")
    )


@transaction.atomic
def load_defaults(*, actor: Actor, region_path: str, now: datetime) -> tuple[str, ...]:
    """Publish version 1 of every form of the data files that is not there yet; their codes.

    What is there is left as it is, whatever people have made of it. Safe to repeat. Needs `forms.manage`.
    """
    actor.require(MANAGE)
    there = set(Form.objects.values_list("code", flat=True))
    added = []
    events = []
    for entry in default_forms():
        if entry["code"] in there:
            continue
        refuse_findings(check_form(entry["schema"], entry["layout"]))
        form = Form.objects.create(
            code=entry["code"],
            name=entry["name"],
            name_en=entry["name_en"],
            region_path=region_path,
            created_at=now,
        )
        digest = document_digest(entry["schema"], entry["layout"])
        FormVersion.objects.create(
            form=form,
            number=1,
            state=FormVersion.PUBLISHED,
            name=form.name,
            name_en=form.name_en,
            schema=entry["schema"],
            layout=entry["layout"],
            digest=digest,
            changed_at=now,
            changed_by_name=actor.name,
            published_at=now,
            published_by_name=actor.name,
        )
        target = Target("form", form.code, form.name, region_path=region_path)
        events.append(NewEvent("forms.published", target, after={"version": 1, "digest": digest}))
        added.append(form.code)
    if events:
        record_many(actor=actor, events=events, now=now)
    return tuple(added)
