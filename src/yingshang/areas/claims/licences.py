"""Materials nobody brings: what the register already knows of a licence or a certificate 电子证照免提交."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.parties.api import PartyNotFound, portrait
from yingshang.kernel.reference.api import UnknownFact, facts, get_fact

from .errors import InvalidClaim, InvalidTerms
from .models import Claim, ItemTerms


@dataclass(frozen=True, slots=True)
class KnownLicence:
    """What the register holds of a material that is asked for, who said so, and of which day it is."""

    text: str
    source: str
    as_of: date

    @property
    def said(self) -> str:
        """All of it in one line, as the material keeps it."""
        return f"{self.text}（{self.source}，{self.as_of.isoformat()}）"


def known_licences(
    *, actor: Actor, party_id: int, terms: ItemTerms, now: datetime
) -> Mapping[str, KnownLicence]:
    """Material code → what is known instead of it. What is hidden, out of date or another value is not known.

    At most two queries, none where the terms name no facts.
    """
    wanted = [each for each in terms.materials if each.get("fact")]
    if not wanted:
        return {}
    try:
        held = {each.column: each for each in portrait(actor=actor, party_id=party_id, now=now).facts}
    except (NotAllowed, PartyNotFound):
        return {}
    found = {}
    for each in wanted:
        fact = held.get(str(each["fact"]))
        if fact is None or fact.hidden or fact.stale:
            continue
        value = str(each.get("value") or "")
        if _proves(fact.value, value):
            found[str(each["code"])] = KnownLicence(
                f"{fact.label}：{value}" if value else f"{fact.label}：{fact.text}", fact.source, fact.as_of
            )
    return found


def ensure_still_known(claim: Claim, terms: ItemTerms, *, actor: Actor, now: datetime) -> None:
    """That what was taken from the register still stands there. Raises InvalidClaim."""
    used = dict(claim.materials.filter(origin="licence").values_list("code", "name"))
    if not used:
        return
    known = known_licences(actor=actor, party_id=claim.enterprise.pk, terms=terms, now=now)
    gone = [name for code, name in used.items() if code not in known]
    if gone:
        raise InvalidClaim(
            f"the register does not hold this any more: {', '.join(gone)}; take it off and upload it",
            message_zh=f"政府数据已没有或已过期：{'、'.join(gone)}；请移除后上传",
            field="materials",
            lacking=[code for code in used if code not in known],
        )


@cache
def facts_for_materials() -> tuple[tuple[str, str], ...]:
    """(code, name) of the facts that can stand for a material: what registers say of certificates, and of yes or no."""
    return tuple(
        (each.code, each.name)
        for each in facts().values()
        if each.sensitivity == "public"
        and each.series is None
        and each.type in {"list<string>", "boolean", "string"}
    )


def check_fact(material: Mapping[str, Any]) -> None:
    """That the fact a material names is one of the catalogue that may be shown. Raises InvalidTerms."""
    code = str(material.get("fact") or "")
    if not code:
        return
    try:
        fact = get_fact(code)
    except UnknownFact:
        fact = None
    if fact is None or fact.sensitivity == "personal":
        raise InvalidTerms(
            f"{material.get('name')}: {code} is no fact of the catalogue that could stand for a material",
            message_zh=f"“{material.get('name')}”：数据目录中没有可以代替材料的“{code}”",
            field="materials",
            value=code,
        )


def _proves(held: Any, value: str) -> bool:
    if value:
        return value in held if isinstance(held, (list, tuple)) else str(held) == value
    return held not in (None, False, "", [], ())
