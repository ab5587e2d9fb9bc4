"""Who is drawn: the order follows from the seed alone, whoever has an interest is passed over, the next one comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import acting_for, officials_who_may
from yingshang.kernel.parties.api import parties_by_code

from ..actions._steps import PLATFORM
from ..models import Claim, Expert, ScoringPanel
from ..reviewing.drawing import draw_order, seed_of

SCORE = "claims.score"
_DUTIES = ("accepted_by", "reviewed_by", "approved_by")


def seed_with(numbers: Iterable[str], checkpoint_root: str, secret: str) -> str:
    """The seed of a panel: as of a sample, over the claims' numbers, the checkpoint's root, and the secret after it."""
    return seed_of(numbers, f"{checkpoint_root}\n{secret}")


def order_of(panel: ScoringPanel) -> list[str]:
    """The numbers of the pool in the order of the draw."""
    claims = panel.claims.values_list("claim__number", flat=True)
    return draw_order(panel.pool, seed_with(claims, panel.checkpoint_root, panel.secret))


def first_of(
    order: Sequence[str], wanted: int, *, taken: Collection[str], why_not: Callable[[str], str]
) -> tuple[list[str], dict[str, str]]:
    """The next `wanted` of the order who are not taken and of whom nothing speaks against, and why the others before
    them were passed over. Fewer, where the order ends.
    """
    chosen: list[str] = []
    passed: dict[str, str] = {}
    for number in order:
        if len(chosen) == wanted:
            break
        if number in taken:
            continue
        reason = why_not(number)
        if reason:
            passed[number] = reason
        else:
            chosen.append(number)
    return chosen, passed


def pool_for(region_path: str, fields: Collection[str]) -> QuerySet[Expert]:
    """The experts of a place and everything above and below it, who know one of the fields."""
    above = [region_path[:length] for length in range(len(region_path) + 1)]
    rows = Expert.objects.filter(
        Q(region_path__in=above) | Q(region_path__startswith=region_path), active=True
    )
    if fields:
        wanted = Q(pk__in=())
        for each in fields:
            wanted |= Q(fields__contains=[each])
        rows = rows.filter(wanted)
    return rows


class Interests:
    """What speaks against experts scoring some claims, known at once for all of them."""

    def __init__(
        self, claims: Sequence[Claim], experts: Collection[Expert], *, drawer: str, now: datetime
    ) -> None:
        self.experts = {each.number: each for each in experts}
        today = timezone.localdate(now)
        # Merged entries need no care of their own: all that is asked here answers with the one that is kept.
        parties = {each.enterprise.pk for each in claims}
        self.duties = {drawer, *(getattr(each, duty) for each in claims for duty in _DUTIES)} - {""}
        codes = {each.employer_code for each in experts if each.employer_code}
        found = parties_by_code(actor=PLATFORM, codes=codes) if codes else {}
        employers = {code: party.id for code, party in found.items()}
        self.same = {code for code, party in employers.items() if party in parties}
        self.same |= {each.enterprise.credit_code or "" for each in claims} - {""}
        self.acting: set[int] = set()
        stands_for: dict[int, set[int]] = defaultdict(set)
        for link in acting_for(today=today, party_ids={*parties, *employers.values()}):
            if link.party_id in parties:
                self.acting.add(link.user_id)
            if link.legal_representative:
                stands_for[link.user_id].add(link.party_id)
        tied = {party for of in stands_for.values() if of & parties for party in of}
        self.tied = {code for code, party in employers.items() if party in tied}
        self.able = {
            user
            for agency in {each.agency_id for each in experts}
            for user in officials_who_may(SCORE, agency_id=agency, today=today)
        }

    def why_not(self, number: str) -> str:
        """The reason somebody is passed over; empty for who can be drawn."""
        expert = self.experts.get(number)
        if expert is None or not expert.active:
            return "inactive"
        if expert.user_id not in self.able:
            return "no_role"
        if expert.employer_code and expert.employer_code in self.same:
            return "employer"
        if expert.employer_code and expert.employer_code in self.tied:
            return "representative"
        if expert.user_id in self.acting:
            return "acts_for"
        return "duty" if f"user:{expert.user_id}" in self.duties else ""
