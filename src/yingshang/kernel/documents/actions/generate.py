"""A document is made from the published version of a template."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..composing import compose, pdf
from ..errors import TemplateNotFound
from ..kinds import usable_name
from ..models import DocumentTemplateVersion
from ..values import DocumentView, Owner
from .store import keep


@transaction.atomic
def generate(
    *,
    actor: Actor,
    template: str,
    context: Mapping[str, Any],
    owner: Owner,
    party_id: int | None = None,
    region_path: str = "",
    agency_id: int | None = None,
    language: str = "zh-hans",
    receipt_code: str | None = None,
    name: str = "",
    now: datetime,
) -> DocumentView:
    """Make a PDF from the published version of `template` and keep it as a document of `owner`.

    `language` is "zh-hans", "en" or "both". With `receipt_code` it ends with the code and address where the receipt can
    be checked. The same values on the same day make the same bytes. Raises TemplateNotFound, MissingValue and
    CannotTypeset.
    """
    version = (
        DocumentTemplateVersion.objects.filter(template__code=template, state="published")
        .select_related("template")
        .order_by("-number")
        .first()
    )
    if version is None:
        raise TemplateNotFound(
            f"no published template {template!r}",
            message_zh=f"没有已发布的文书模板“{template}”",
            value=template,
        )
    composed = compose(
        version.texts, context, language=language, day=timezone.localdate(now), receipt_code=receipt_code
    )
    made = pdf(composed)
    title = version.template.name_en if language == "en" else version.template.name
    return keep(
        actor=actor,
        action="documents.generated",
        file=io.BytesIO(made),
        size=len(made),
        sha256=hashlib.sha256(made).hexdigest(),
        name=usable_name(f"{name or title}.pdf"),
        content_type="application/pdf",
        owner=owner,
        party_id=party_id,
        region_path=region_path,
        agency_id=agency_id,
        version=version,
        now=now,
    )
