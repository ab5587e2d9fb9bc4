"""For whom, and where, somebody registers what others said."""

from __future__ import annotations

from collections.abc import Iterable

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import PartySummary, parties_by_code
from yingshang.kernel.reference.api import find_region

from ..desks import PLATFORM
from ..errors import InvalidAppeal

REGISTER = "appeals.register"


def enterprises(actor: Actor, codes: Iterable[str]) -> dict[str, PartySummary]:
    """Credit code → enterprise, for those registered within the actor's reach. One query."""
    actor.require(REGISTER)
    found = parties_by_code(actor=PLATFORM, codes=codes)
    return {code: party for code, party in found.items() if covers(actor, party.region_code or "")}


def covers(actor: Actor, region_code: str) -> bool:
    """Whether a division lies within the actor's reach. Raises NotAllowed."""
    scope = actor.require(REGISTER)
    region = find_region(region_code) if region_code else None
    return region is not None and scope.covers("subtree", agency_id=0, region_path=region.path)


def no_enterprise(code: str) -> InvalidAppeal:
    """The refusal for a credit code of nobody in the register, or of somebody elsewhere."""
    return InvalidAppeal(
        f"no enterprise {code} within your reach; leave the code out and write the name into the text",
        message_zh=f"“{code}”不在您登记范围内的企业库中；请核对代码，或不填代码，把企业名称写在诉求内容里",
        field="credit_code",
        value=code,
    )
