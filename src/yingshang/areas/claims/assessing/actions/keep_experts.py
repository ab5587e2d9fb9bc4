"""The register of experts: somebody with an account and the role for it is put in, changed, taken out of draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, colleagues
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import get_agency
from yingshang.rules.errors import DomainError

from ...actions._steps import PLATFORM
from ...errors import ExpertNotFound, InvalidExpert
from ...models import Expert
from ...reach import ensure_region
from ..drawing import SCORE
from ..steps import EXPERTS

MOST_FIELDS = 20


@transaction.atomic
def add_expert(
    *,
    actor: Actor,
    agency_id: int,
    user_id: int,
    fields: Sequence[str],
    employer_name: str = "",
    employer_code: str = "",
    contact: str = "",
    now: datetime,
) -> int:
    """Put somebody into the register who holds a role for scoring in that agency. Needs `claims.manage_experts`.

    Raises InvalidExpert with the field, NotAllowed for an agency beyond one's reach.
    """
    scope = actor.require(EXPERTS)
    try:
        agency = get_agency(actor=PLATFORM, agency_id=agency_id)
    except DomainError:
        raise _wrong("no such agency", "没有这个单位", "agency_id") from None
    ensure_region(scope, agency.region_path)
    people = {
        each.user_id: each.name
        for each in colleagues(SCORE, agency_id=agency_id, today=timezone.localdate(now))
    }
    if user_id not in people:
        raise _wrong(
            "choose somebody who holds the role of an expert in that agency; an administrator gives it",
            "请选择在该单位具有“评审专家”角色的人员；角色由系统管理员授予",
            "user_id",
        )
    values = _checked(fields, employer_name, employer_code, contact)
    try:
        with transaction.atomic():
            row = Expert.objects.create(
                number=f"ZJ-NEW-{user_id}",
                user_id=user_id,
                name=people[user_id],
                agency_id=agency_id,
                region_path=agency.region_path,
                added_at=now,
                added_by_name=actor.name,
                **values,
            )
    except IntegrityError:
        raise _wrong("they are in the register already", "此人已在专家库中", "user_id") from None
    row.number = f"ZJ{row.pk:06d}"
    row.save(update_fields=["number"])
    _note(row, "expert_added", actor=actor, now=now)
    return int(row.pk)


@transaction.atomic
def change_expert(
    *,
    actor: Actor,
    expert_id: int,
    fields: Sequence[str],
    employer_name: str = "",
    employer_code: str = "",
    contact: str | None = None,
    active: bool = True,
    now: datetime,
) -> None:
    """Change what the register knows of an expert; not active, they are drawn no more. `contact` None keeps it.

    Seats they have stay: they may still score. Raises ExpertNotFound, InvalidExpert with the field.
    """
    scope = actor.require(EXPERTS)
    rows = Expert.objects.select_for_update(of=("self",))
    row = scope.filter(rows, region="region_path").filter(pk=expert_id).first()
    if row is None:
        raise ExpertNotFound(
            f"no expert {expert_id}", message_zh="专家库中没有此人，或者您不能管理", value=expert_id
        )
    values = _checked(fields, employer_name, employer_code, row.contact if contact is None else contact)
    for name, value in {**values, "active": active}.items():
        setattr(row, name, value)
    row.save()
    _note(row, "expert_changed", actor=actor, now=now)


def _checked(
    fields: Sequence[str], employer_name: str, employer_code: str, contact: str
) -> dict[str, object]:
    known = list(dict.fromkeys(each.strip() for each in fields if each.strip()))
    if not known or len(known) > MOST_FIELDS or any(len(each) > 40 for each in known):
        raise _wrong(
            f"name 1 to {MOST_FIELDS} fields, each in at most 40 characters",
            f"请填写 1 到 {MOST_FIELDS} 个专业领域，每个不超过 40 字",
            "fields",
        )
    code = employer_code.strip().upper()
    if code and (len(code) != 18 or not code.isalnum()):
        raise _wrong("a credit code has 18 digits and letters", "统一社会信用代码应为 18 位", "employer_code")
    if len(employer_name) > 200 or len(contact) > 100:
        raise _wrong("that is too long", "内容过长", "employer_name" if len(contact) <= 100 else "contact")
    return {
        "fields": known,
        "employer_name": employer_name.strip(),
        "employer_code": code,
        "contact": contact.strip(),
    }


def _note(row: Expert, what: str, *, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "claim_expert",
            str(row.pk),
            f"{row.number} {row.name}",
            region_path=row.region_path,
            agency_id=row.agency_id,
        ),
        now=now,
        after={
            "fields": row.fields,
            "employer": row.employer_name,
            "employer_code": row.employer_code,
            "active": row.active,
        },
    )


def _wrong(message: str, message_zh: str, field: str) -> InvalidExpert:
    return InvalidExpert(message, message_zh=message_zh, field=field)
