"""An enterprise begins a claim: a draft, with what the platform knows already."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.areas.policies.api import Decided, decide_one, funding_obstacle
from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.ledger.api import record
from yingshang.kernel.parties.api import get_party
from yingshang.kernel.reference.api import get_region

from ..errors import AlreadyClaimed, NotEntitled, NoTerms, NotFundable, WindowClosed
from ..models import Claim, ItemTerms, PayeeAccount
from ..models.claims import ENDED_WITHOUT
from ..numbering import claim_number, take_claim_ids
from ..periods import period_of
from ..reach import load, own_party
from ._steps import move, target_of


@transaction.atomic
def begin_claim(*, actor: Actor, party_id: int, code: str, now: datetime, bundle: str = "") -> int:
    """A draft of a claim; its number in the register. One that is a draft already is gone on with.

    Raises PartyNotFound, ItemNotFound, NoTerms, NotFundable, WindowClosed, NotEntitled and AlreadyClaimed.
    """
    party_id = own_party(actor, party_id)
    day = timezone.localdate(now)
    decided = decide_one(actor=actor, party_id=party_id, code=code, day=day)
    terms = terms_for(code)
    period = period_of(terms.period, day, decided.item.windows)
    open_one = (
        Claim.objects.filter(party__in=entries_of(party_id), item_code=code, period=period)
        .exclude(state__in=ENDED_WITHOUT)
        .first()
    )
    if open_one is not None:
        if open_one.state == "draft":
            return int(open_one.pk)
        raise already(open_one)
    ensure_open(decided, terms, now)
    party = get_party(actor=actor, party_id=party_id)
    account = PayeeAccount.objects.filter(
        party__in=entries_of(party_id), standing=True, state="usable"
    ).first()
    [number] = take_claim_ids(1)
    claim = Claim(
        pk=number,
        number=claim_number(number, now),
        party_id=party_id,
        item_id=decided.item.item_id,
        item_code=code,
        item_name=decided.item.name,
        version_id=decided.item.version_id,
        version=decided.item.version,
        period=period,
        mode=terms.mode,
        region_path=_place(get_region(party.region_code).path if party.region_code else "", terms),
        agency_id=terms.agency_id,
        expected_fen=decided.certain_fen if decided.exact else None,
        account=account,
        bundle=bundle,
        created_at=now,
        created_by_id=int(actor.identifier) if actor.kind == "user" else None,
    )
    try:
        with transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError:
        # A colleague began it at the same moment.
        found = Claim.objects.exclude(state__in=ENDED_WITHOUT).get(
            party=party_id, item_code=code, period=period
        )
        if found.state == "draft":
            return int(found.pk)
        raise already(found) from None
    record(
        actor=actor,
        action="claims.begun",
        target=target_of(claim),
        now=now,
        after={"item": code, "version": claim.version, "period": period, "mode": claim.mode},
    )
    return int(claim.pk)


@transaction.atomic
def discard_claim(*, actor: Actor, claim_id: int, now: datetime) -> None:
    """A draft that is not wanted any more. Raises ClaimNotFound, NotPossibleNow."""
    claim = load(actor, claim_id, "claims.apply_own")
    move(claim, "discarded", actor=actor, now=now)


def terms_for(code: str) -> ItemTerms:
    """How claims for an item are dealt with. Raises NoTerms."""
    found = ItemTerms.objects.select_related("fund", "agency").filter(item_code=code).first()
    if found is None:
        raise NoTerms(
            f"nobody has set how claims for {code} are dealt with; ask the agency that issued it",
            message_zh="该事项尚未开通网上兑现，请联系发布部门",
            value=code,
        )
    return found


def ensure_open(decided: Decided, terms: ItemTerms, now: datetime) -> None:
    """That the item can be claimed now: reviewed, open, and not refused by what is known.

    Raises NotFundable, WindowClosed, NotEntitled.
    """
    obstacle = funding_obstacle(code=decided.code, day=decided.day)
    if obstacle is not None:
        raise NotFundable(obstacle.message, message_zh=obstacle.message_zh, value=decided.code)
    if decided.window_open is False:
        moment = timezone.localtime(now)
        opens = decided.window.opens_on
        raise WindowClosed(
            f"{decided.name} is closed to applications (it is {moment:%Y-%m-%d %H:%M} here)"
            + (f"; it opens on {opens}" if opens else ""),
            message_zh=f"“{decided.name}”现在不受理申请（服务器时间 {moment:%Y-%m-%d %H:%M}）"
            + (f"，{opens} 起受理" if opens else ""),
            value=decided.code,
            opens_on=opens.isoformat() if opens else None,
        )
    if decided.outcome in {"refused", "error"}:
        raise refusal(decided)
    if terms.mode == "instant" and not (decided.outcome == "entitled" and decided.exact):
        raise NotEntitled(
            "what is granted at once has to be certain; supply what is missing first",
            message_zh="即申即享的事项须数据齐全，请先补充缺少的数据",
            missing=list(decided.missing),
        )


def refusal(decided: Decided) -> NotEntitled:
    """Why an enterprise is refused: each condition that fails, in words."""
    if decided.problem:
        return NotEntitled(
            decided.problem, message_zh=f"该事项现在无法判定：{decided.problem}", value=decided.code
        )
    changes = [each.text_zh() for each in decided.changes()]
    return NotEntitled(
        f"the conditions of {decided.code} are not met: "
        + "; ".join(each.text() for each in decided.changes()),
        message_zh="不符合条件" + (f"：{'；'.join(changes)}" if changes else "，详见逐条说明"),
        value=decided.code,
    )


def already(claim: Claim) -> AlreadyClaimed:
    """The refusal of a second claim. Of a list nobody is told more than that there is nothing to apply for."""
    if claim.state == "listed":
        return AlreadyClaimed(
            "this is carried out by the agency without an application; it asks you when it is your turn",
            message_zh="该事项本期由部门统一核定、免申即享，无需申请；需要您确认时会通知您",
            value=claim.item_code,
        )
    return AlreadyClaimed(
        f"there is a claim {claim.number} for this item and period; go on with that one",
        message_zh=f"本期已有申请 {claim.number}，请查看该申请",
        value=claim.number,
        claim=claim.pk,
    )


def _place(party_region: str, terms: ItemTerms) -> str:
    """Where the claim belongs: the enterprise's county, or the item's region where that is narrower or elsewhere."""
    return party_region if party_region.startswith(terms.region_path) else terms.region_path
