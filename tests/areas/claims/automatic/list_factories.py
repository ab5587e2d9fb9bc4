"""Situations of lists: an item carried out by list, enterprises that are due it, a list in each state."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from tests.areas.claims.assessing.standing import standing_assessments
from tests.areas.claims.factories import (
    YUAN,
    Desk,
    account_of,
    desk,
    due_enterprise,
    fund,
    fundable_item,
    terms,
)
from tests.kernel.access.factories import NOW, SYSTEM, Person, agency, arranged
from yingshang.areas.claims.automatic.actions.approve_list import approve_list
from yingshang.areas.claims.automatic.actions.draw_up_list import draw_up_list
from yingshang.areas.claims.automatic.drawing import draw_up
from yingshang.areas.claims.automatic.offering import offer_list
from yingshang.areas.claims.models import (
    ApprovalBatch,
    ApprovalEntry,
    Claim,
    EntitlementList,
    Instalment,
    OfferRemark,
    PromiseCheck,
    Publicity,
    PublicityEntry,
    PublicityObjection,
    Reconsideration,
    Recovery,
    Trip,
)
from yingshang.areas.policies.api import rematch_parties
from yingshang.areas.policies.models import ItemVersion
from yingshang.kernel.parties.models import Party
from yingshang.kernel.ratings.models import Rating


@dataclass(frozen=True)
class Listed:
    """A list, who stands on it and who works with it."""

    id: int
    parties: tuple[Party, ...]
    people: tuple[Person, ...]
    desk: Desk
    fund_id: int

    @property
    def row(self) -> EntitlementList:
        return EntitlementList.objects.get(pk=self.id)

    def claim(self, place: int) -> Claim:
        """The claim of one of the enterprises."""
        return Claim.objects.get(entitlement_list=self.id, party=self.parties[place])


def begun_list(
    *,
    staff: tuple[int, ...] = (12, 15, 30),
    amount_fen: int = 1_000_000 * YUAN,
    standing: tuple[int, ...] = (),
    source: str | None = None,
    **more: object,
) -> Listed:
    """A list that the worker has not begun with. `standing`: enterprises that have a standing account, by place."""
    people = desk()
    fundable_item(source=source)
    fund_id = fund(amount_fen=amount_fen)
    terms(mode="automatic", fund_id=fund_id, **{"publicity_working_days": 0, **more})
    made = [due_enterprise(count) for count in staff]
    for place in standing:
        account_of(*made[place], number=f"62170000000000{place:05d}", standing=True)
    match(*(party for party, _ in made))
    number = draw_up_list(actor=people.reviewer.actor(), code="HIRING", now=NOW)
    return Listed(number, tuple(party for party, _ in made), tuple(who for _, who in made), people, fund_id)


def match(*parties: Party) -> None:
    """What is stored of these enterprises follows from what is known of them now."""
    rematch_parties(actor=SYSTEM, parties=[party.pk for party in parties], now=NOW)


def frozen_list(**more: object) -> Listed:
    """One that was drawn up and waits to be checked."""
    found = begun_list(**more)  # type: ignore[arg-type]
    draw_up(actor=found.desk.reviewer.actor(), list_id=found.id, now=NOW)
    return found


def approved_list(**more: object) -> Listed:
    """One that a second person has approved; nobody was asked yet."""
    found = frozen_list(**more)
    approve_list(actor=found.desk.approver.actor(), list_id=found.id, digest=found.row.digest, now=NOW)
    return found


def offered_list(**more: object) -> Listed:
    """One whose enterprises were asked."""
    found = approved_list(**more)
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)
    return found


def standing_list(party_id: int, version: ItemVersion, agency_id: int, place: str) -> dict[str, int]:
    """One thing of each kind in a region, made by hand: a list with an offer, a public award, an objection to it."""
    moment = timezone.now()
    with arranged():
        row = EntitlementList.objects.create(
            number=f"MD{place}",
            item_code=version.item.code,
            item_name=version.name,
            item_id=version.item_id,
            version_id=version.pk,
            version=version.number,
            period="2026",
            agency_id=agency_id,
            region_path=place,
            day=moment.date(),
            state="approved",
            total=1,
            made_at=moment,
            made_by="system:test",
            made_by_name="test",
        )
        claim = Claim.objects.create(
            number=f"MX{place}",
            party_id=party_id,
            item_id=version.item_id,
            item_code=version.item.code,
            item_name=version.name,
            version_id=version.pk,
            version=version.number,
            period="2026",
            mode="automatic",
            region_path=place,
            agency_id=agency_id,
            state="offered",
            expected_fen=100,
            entitlement_list=row,
            created_at=moment,
        )
        publicity = Publicity.objects.create(
            number=f"GS{place}",
            item_code=version.item.code,
            item_name=version.name,
            agency_id=agency_id,
            agency_name="test",
            region_path=place,
            working_days=5,
            state="open",
            entries_count=1,
            begun_at=moment,
            published_at=moment,
            closes_on=moment.date(),
            published_by="system:test",
            published_by_name="test",
        )
        entry = PublicityEntry.objects.create(
            publicity=publicity, claim=claim, name="演示企业", credit_code="91****", amount_fen=100
        )
        objection = PublicityObjection.objects.create(
            number=f"YY{place}", entry=entry, claim=claim, name="演示", text="演示", given_at=moment
        )
        remark = OfferRemark.objects.create(claim=claim, text="演示", given_at=moment, given_by_name="test")
        rating = Rating.objects.create(
            kind="claim",
            subject_id=claim.pk,
            number=claim.number,
            label=claim.item_name,
            group=claim.item_code,
            step="accept",
            level=1,
            first_level=1,
            party=claim.party,
            rater=claim.pk,
            # Of the agency that officials of the place are in: who was rated follows up.
            agency_id=agency(place).pk,
            region_path=place,
            given_at=moment,
            given_by_name="test",
        )
        trip = Trip.objects.create(
            number=f"RD{place}",
            rule="manual",
            rule_version="1",
            item_code=f"STOPPED-{place}",
            region_path=place,
            finding=place,
            tripped_at=moment,
        )
        recovery = Recovery.objects.create(
            number=f"ZH{place}",
            claim=claim,
            region_path=place,
            principal_fen=100,
            reason="演示",
            demanded_at=moment,
            demanded_by="system:test",
            demanded_by_name="test",
        )
        approval = ApprovalBatch.objects.create(
            number=f"PL{place}",
            item_code="LISTED",
            item_name="演示",
            region_path=place,
            percent=10,
            checkpoint_size=0,
            seed="0" * 64,
            drawn_at=moment,
            drawn_by="system:test",
            drawn_by_name="test",
        )
        assessing = standing_assessments(claim, place)
        ApprovalEntry.objects.create(batch=approval, claim=claim, task_id=0, sampled=True)
        reconsideration = Reconsideration.objects.create(
            number=f"FH{place}",
            claim=claim,
            about="refusal",
            about_event=0,
            agency_id=agency_id,
            region_path=place,
            told_at=moment,
            ask_by=moment.date(),
            asked_at=moment,
            asked_by_name="test",
            reasons="演示",
            due_on=moment.date(),
            deadline_id=0,
            rules_version="1",
            state="withdrawn",
        )
        promise = PromiseCheck.objects.create(
            claim=claim,
            code="licence",
            name="演示",
            region_path=place,
            agency_id=agency_id,
            made_at=moment,
            promised_until=moment.date(),
            percent=100,
        )
        Instalment.objects.get_or_create(
            claim=claim, number=1, defaults={"amount_fen": 1, "state": "waiting"}
        )
    return {
        "reconsideration": reconsideration.pk,
        "promise": promise.pk,
        "claim_approval": approval.pk,
        **assessing,
        "sampled_claim": claim.pk,
        "trip": trip.pk,
        "recovery": recovery.pk,
        "entitlement_list": row.pk,
        "listed_claim": claim.pk,
        "publicity": publicity.pk,
        "public_award": entry.pk,
        "publicity_objection": objection.pk,
        "offer_remark": remark.pk,
        "rating": rating.pk,
    }
