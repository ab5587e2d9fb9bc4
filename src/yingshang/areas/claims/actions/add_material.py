"""What an enterprise adds to a draft: files, files it gave before, promises, tables of line items."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.documents.api import Owner, get_document, store
from yingshang.kernel.parties.api import get_party

from ..errors import InvalidClaim, InvalidLines
from ..licences import known_licences
from ..lifecycle import CLAIM
from ..line_tables import LineTable, columns_of, read_line_table
from ..models import Claim, ClaimLine, ClaimMaterial, ItemTerms
from ..parameters import limits
from ..reach import OWN, load
from ._steps import move
from .begin_claim import terms_for

OWNER = "claim_material"


@transaction.atomic
def add_file(*, actor: Actor, claim_id: int, code: str, content: Any, name: str, now: datetime) -> int:
    """A file as a material the terms ask for; it replaces a promise of the same. Raises RefusedFile, InvalidClaim."""
    claim, told = _draft(actor, claim_id, code)
    allowed = limits()["material"]
    most = int(allowed["most_files"])
    if claim.materials.filter(code=code, document_id__isnull=False).count() >= most:
        raise InvalidClaim(
            f"there are {most} files of {told['name']} already; put pages together in one file",
            message_zh=f"“{told['name']}”已有 {most} 个文件，请合并后上传",
            field="materials",
            value=code,
        )
    document = store(
        actor=actor,
        content=content,
        name=name,
        owner=Owner(OWNER, str(claim.pk)),
        party_id=claim.party_id,
        region_path=claim.region_path,
        agency_id=claim.agency_id,
        allowed=allowed["kinds"],
        largest=int(allowed["largest_bytes"]),
        now=now,
    )
    claim.materials.filter(code=code, origin="promised").delete()
    row = ClaimMaterial.objects.create(
        claim=claim,
        code=code,
        name=str(told["name"]),
        origin="uploaded",
        document_id=document.id,
        said=document.name,
        added_at=now,
    )
    _note(claim, actor=actor, now=now, what=f"{told['name']}：{document.name}")
    return int(row.pk)


@transaction.atomic
def reuse_file(*, actor: Actor, claim_id: int, code: str, material_id: int, now: datetime) -> int:
    """A file the enterprise gave with an earlier claim, once more: nobody is asked for the same paper twice.

    Raises InvalidClaim where there is no such file of this enterprise.
    """
    claim, told = _draft(actor, claim_id, code)
    earlier = (
        ClaimMaterial.objects.filter(
            pk=material_id, claim__party__in=entries_of(claim.enterprise.pk), document_id__isnull=False
        )
        .exclude(claim=claim)
        .first()
    )
    if earlier is None or earlier.document_id is None:
        raise InvalidClaim(
            "no such file of an earlier claim",
            message_zh="没有可复用的这份材料",
            field="materials",
            value=material_id,
        )
    get_document(actor=actor, document_id=earlier.document_id)
    claim.materials.filter(code=code, origin="promised").delete()
    row, _ = ClaimMaterial.objects.get_or_create(
        claim=claim,
        code=code,
        document_id=earlier.document_id,
        defaults={
            "name": str(told["name"]),
            "origin": "earlier",
            "said": earlier.claim.number,
            "added_at": now,
        },
    )
    _note(claim, actor=actor, now=now, what=f"{told['name']}：复用 {earlier.claim.number}")
    return int(row.pk)


@transaction.atomic
def use_known(*, actor: Actor, claim_id: int, code: str, now: datetime) -> int:
    """What the register knows instead of a paper. Raises InvalidClaim where it does not know it (any more)."""
    claim, told = _draft(actor, claim_id, code)
    terms = terms_for(claim.item_code)
    known = known_licences(actor=actor, party_id=claim.enterprise.pk, terms=terms, now=now).get(code)
    if known is None:
        raise InvalidClaim(
            f"the register does not hold {told['name']}; upload it",
            message_zh=f"政府数据中没有有效的“{told['name']}”，请上传",
            field="materials",
            value=code,
        )
    claim.materials.filter(code=code, document_id__isnull=True).delete()
    row = ClaimMaterial.objects.create(
        claim=claim,
        code=code,
        name=str(told["name"]),
        origin="licence",
        said=known.said[:200],
        added_at=now,
    )
    _note(claim, actor=actor, now=now, what=f"{told['name']}：{known.said}")
    return int(row.pk)


@transaction.atomic
def promise_material(*, actor: Actor, claim_id: int, code: str, now: datetime) -> int:
    """Promise a material instead of bringing it (告知承诺), where the terms allow that; it is due some days later.

    Raises InvalidClaim.
    """
    claim, told = _draft(actor, claim_id, code)
    if not told.get("commitment"):
        raise InvalidClaim(
            f"{told['name']} cannot be promised; upload it",
            message_zh=f"“{told['name']}”不适用告知承诺，请上传",
            field="materials",
            value=code,
        )
    until = timezone.localdate(now) + timedelta(days=int(limits()["material"]["promise_days"]))
    row, _ = ClaimMaterial.objects.update_or_create(
        claim=claim,
        code=code,
        document_id=None,
        defaults={
            "name": str(told["name"]),
            "origin": "promised",
            "promised_until": until,
            "added_at": now,
        },
    )
    _note(claim, actor=actor, now=now, what=f"{told['name']}：承诺 {until} 前补交")
    return int(row.pk)


@transaction.atomic
def remove_material(*, actor: Actor, claim_id: int, material_id: int, now: datetime) -> None:
    """Take a material off a draft. Raises ClaimNotFound, NotPossibleNow, InvalidClaim."""
    claim = load(actor, claim_id, OWN)
    _ensure_editable(claim)
    found = claim.materials.filter(pk=material_id).first()
    if found is None:
        raise InvalidClaim(
            "no such material", message_zh="没有这份材料，可能已被删除", field="materials", value=material_id
        )
    found.delete()
    _note(claim, actor=actor, now=now, what=f"删除 {found.name}")


def check_lines(*, actor: Actor, claim_id: int, content: bytes, name: str) -> LineTable:
    """Read a table of line items without taking it in: every row, and everything that is wrong.

    Raises ClaimNotFound, and InvalidClaim where the item asks for none.
    """
    with transaction.atomic():
        claim = load(actor, claim_id, OWN)
    return _read(claim, terms_for(claim.item_code), actor, content, name)


@transaction.atomic
def save_lines(*, actor: Actor, claim_id: int, content: bytes, name: str, now: datetime) -> int:
    """Take a table of line items in, in place of an earlier one; how many rows. With one mistake nothing is taken in.

    Values of personal columns are encrypted. Raises InvalidLines with `table`, ClaimNotFound, NotPossibleNow.
    """
    claim = load(actor, claim_id, OWN)
    _ensure_editable(claim)
    terms = terms_for(claim.item_code)
    table = _read(claim, terms, actor, content, name)
    if table.errors:
        raise InvalidLines(
            f"{len(table.errors) + table.more} mistakes in {name}; mend them and upload it again",
            message_zh=f"“{name}”中有 {len(table.errors) + table.more} 处错误，请修改后重新上传；本次没有导入任何一行",
            field="lines",
            table=table,
        )
    personal = {each.code for each in columns_of(terms.lines) if each.personal}
    claim.lines.all().delete()
    ClaimLine.objects.bulk_create(
        [
            ClaimLine(
                claim=claim,
                number=number,
                values={code: value for code, value in row.items() if code not in personal},
                personal=json.dumps(
                    {code: value for code, value in row.items() if code in personal}, ensure_ascii=False
                )
                if personal
                else "",
            )
            for number, row in enumerate(table.rows, 1)
        ],
        batch_size=1000,
    )
    _note(claim, actor=actor, now=now, what=f"{terms.lines.get('name', '明细表')}：{len(table.rows)} 行")
    return len(table.rows)


def _read(claim: Claim, terms: ItemTerms, actor: Actor, content: bytes, name: str) -> LineTable:
    if not terms.lines:
        raise InvalidClaim("the item asks for no table", message_zh="该事项不需要上传明细表", field="lines")
    code = get_party(actor=actor, party_id=claim.enterprise.pk).credit_code or ""
    return read_line_table(content, name, columns_of(terms.lines), own_code=code)


def _draft(actor: Actor, claim_id: int, code: str) -> tuple[Claim, dict[str, Any]]:
    claim = load(actor, claim_id, OWN)
    _ensure_editable(claim)
    found = next((each for each in terms_for(claim.item_code).materials if each["code"] == code), None)
    if found is None:
        raise InvalidClaim(
            f"no material {code} is asked for",
            message_zh="该事项不需要这份材料",
            field="materials",
            value=code,
        )
    return claim, found


def _ensure_editable(claim: Claim) -> None:
    CLAIM.after(claim.state, "saved")


def _note(claim: Claim, *, actor: Actor, now: datetime, what: str) -> None:
    """The audit event of a change that keeps the state. What the representative confirmed is not this any more."""
    claim.confirmed_by_representative_at = None
    move(claim, "saved", actor=actor, now=now, reason=what)
