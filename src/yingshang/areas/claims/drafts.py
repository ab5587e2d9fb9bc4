"""A draft as its page shows it: what is known already, what is asked for, and how much of it nobody had to type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from yingshang.areas.policies.api import Decided, ReasonRow, decide_one, reason_rows, sources_of
from yingshang.kernel.access.api import Actor, entries_of

from .actions.begin_claim import terms_for
from .claim_forms import FormAsked, form_asked
from .licences import KnownLicence, known_licences
from .models import Claim, ClaimMaterial, ItemTerms
from .reach import OWN, not_found, visible
from .selectors import get_claim, material_view
from .values import ClaimDetail, MaterialView


@dataclass(frozen=True, slots=True)
class MaterialAsked:
    """A material the terms ask for: what there is of it, and files of earlier claims that would do."""

    code: str
    name: str
    required: bool
    commitment: bool
    have: tuple[MaterialView, ...]
    reusable: tuple[tuple[int, str], ...]
    # What the register knows instead of it.
    known: KnownLicence | None = None


@dataclass(frozen=True, slots=True)
class Prefill:
    """How many of the facts and materials a claim takes were there without being asked for."""

    known: int
    fields: int

    @property
    def percent(self) -> int:
        return 100 if not self.fields else self.known * 100 // self.fields


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with everything its page needs. Amounts in fen; None while the amount is not certain."""

    claim: ClaimDetail
    conditions: tuple[ReasonRow, ...]
    outcome: str
    expected_fen: int | None
    missing: tuple[str, ...]
    materials: tuple[MaterialAsked, ...]
    line_name: str
    line_columns: tuple[Mapping[str, Any], ...]
    line_count: int
    needs_representative: bool
    confirmed_at: datetime | None
    prefill: Prefill
    form: FormAsked | None = None
    bundle: str = ""
    # The last day on which it can be handed in, until midnight of the server's time.
    closes_on: date | None = None


def draft_of(*, actor: Actor, claim_id: int, now: datetime | None = None) -> Draft:
    """A draft, or a claim that was sent back, decided with the facts of today. Raises ClaimNotFound."""
    actor.require(OWN)
    claim = visible(actor).select_related("party__merged_into").filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    terms = terms_for(claim.item_code)
    now = now or timezone.now()
    day = timezone.localdate(now)
    decided = decide_one(
        actor=actor,
        party_id=claim.enterprise.pk,
        code=claim.item_code,
        day=day,
        applied_on=claim.applied_on,
    )
    known = sources_of(actor=actor, decided=decided)
    form = form_asked(claim, terms, actor=actor, now=now)
    licences = known_licences(actor=actor, party_id=claim.enterprise.pk, terms=terms, now=now)
    return Draft(
        claim=get_claim(actor=actor, claim_id=claim_id),
        conditions=tuple(reason_rows(decided, known)),
        outcome=decided.outcome,
        expected_fen=decided.certain_fen if decided.exact else None,
        missing=decided.missing,
        materials=_materials(claim, terms, licences),
        line_name=str(terms.lines.get("name", "")),
        line_columns=tuple(terms.lines.get("columns", ())),
        line_count=claim.lines.count(),
        needs_representative=terms.needs_representative,
        confirmed_at=claim.confirmed_by_representative_at,
        prefill=prefill_of(claim, decided, terms, form),
        form=form,
        bundle=claim.bundle,
        closes_on=decided.closes_on,
    )


def prefill_of(claim: Claim, decided: Decided, terms: ItemTerms, form: FormAsked | None) -> Prefill:
    """What nobody had to type or bring: facts government holds, files used once more, and fields filled in already."""
    facts = {column for column in decided.item.facts if column not in decided.declared}
    known = sum(column in decided.facts for column in facts)
    materials = list(claim.materials.values_list("code", "origin"))
    reused = {code for code, origin in materials if origin in {"earlier", "licence"}}
    asked = {str(each["code"]) for each in terms.materials}
    filled, fields = (form.known, form.fields) if form else (0, 0)
    return Prefill(known + len(reused & asked) + filled, len(decided.item.facts) + len(asked) + fields)


def _materials(
    claim: Claim, terms: ItemTerms, licences: Mapping[str, KnownLicence]
) -> tuple[MaterialAsked, ...]:
    have: dict[str, list[MaterialView]] = {}
    for row in claim.materials.order_by("pk"):
        have.setdefault(row.code, []).append(material_view(row))
    codes = [str(each["code"]) for each in terms.materials]
    earlier: dict[str, dict[int, tuple[int, str]]] = {}
    used = {view.document_id for views in have.values() for view in views}
    if codes:
        rows = (
            ClaimMaterial.objects.filter(
                claim__party__in=entries_of(claim.enterprise.pk), code__in=codes, document_id__isnull=False
            )
            .exclude(claim=claim)
            .select_related("claim")
            .order_by("-pk")[:50]
        )
        for row in rows:
            if row.document_id is not None and row.document_id not in used:
                told = f"{row.said or row.name}（{row.claim.number}）"
                earlier.setdefault(row.code, {}).setdefault(row.document_id, (row.pk, told))
    return tuple(
        MaterialAsked(
            code=str(each["code"]),
            name=str(each["name"]),
            required=bool(each.get("required")),
            commitment=bool(each.get("commitment")),
            have=tuple(have.get(str(each["code"]), ())),
            reusable=tuple(earlier.get(str(each["code"]), {}).values()),
            known=licences.get(str(each["code"])),
        )
        for each in terms.materials
    )
