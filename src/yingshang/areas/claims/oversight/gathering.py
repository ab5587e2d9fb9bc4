"""The facts rules of the circuit breaker read, of many claims at once: a few queries however many there are, but for
what is looked at only while one claim is handed in or approved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from yingshang.kernel.access.api import acting_for, contact_of_user, contacts_of_parties, system_actor
from yingshang.kernel.parties.api import fact_history, party_names, registered_contacts, told_facts

from ..bulk import AnyOf
from ..models import Claim, PayeeAccount
from ..models.claims import ENDED_WITHOUT
from .evaluator import Breaker, Rule

_NOT_CLAIMED = ("draft", "listed", *ENDED_WITHOUT)
_DUTIES = ("accepted_by", "reviewed_by", "approved_by")


class Looked(NamedTuple):
    """What rules read of one claim. `kept` is the party it is of, or the one that party was merged into."""

    pk: int
    item_code: str
    party_id: int
    kept: int
    award_fen: int | None
    expected_fen: int | None
    accepted_by: str
    reviewed_by: str
    approved_by: str
    number_hash: str
    tail: str
    facts: Mapping[str, Any]


def looked(claims: Collection[int], *, with_facts: bool) -> list[Looked]:
    """Claims by their numbers. Ten thousand at once: nothing is read, or deciphered, that no rule needs."""
    rows = Claim.objects.filter(AnyOf("id", claims)).order_by("pk")
    names = (
        *("pk", "item_code", "party_id", "party__merged_into", "award_fen", "expected_fen"),
        *(*_DUTIES, "account__number_hash", "account__number_tail", *(("facts",) if with_facts else ())),
    )
    return [
        Looked(
            pk=pk,
            item_code=code,
            party_id=party,
            kept=merged or party,
            award_fen=award,
            expected_fen=expected,
            accepted_by=accepted,
            reviewed_by=reviewed,
            approved_by=approved,
            number_hash=digest or "",
            tail=tail or "",
            facts=facts[0] if facts else {},
        )
        for pk, code, party, merged, award, expected, accepted, reviewed, approved, digest, tail, *facts in (
            rows.values_list(*names)
        )
    ]


def gather(
    claims: Sequence[Looked], rules: Sequence[Rule], *, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    """Claim → what is known of it that the rules read."""
    today = timezone.localdate(now).isoformat()
    found: dict[int, dict[str, Any]] = {
        claim.pk: {
            "amount_fen": claim.award_fen if claim.award_fen is not None else claim.expected_fen,
            "tail": claim.tail,
            "day": today,
        }
        for claim in claims
    }
    wanted = {rule.fact: rule for rule in rules}
    for fact, read in _READS.items():
        if fact in wanted:
            for number, value in read(claims, wanted[fact], breaker, now).items():
                found[number].update(value)
    columns = sorted(fact for fact in wanted if "." in fact)
    if columns:
        _, told = told_facts(parties={claim.kept for claim in claims}, columns=columns)
        for claim in claims:
            for column, said in told.get(claim.kept, {}).items():
                found[claim.pk][column] = said.value
    return found


def _account_others(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    hashes = sorted({claim.number_hash for claim in claims if claim.number_hash})
    owners: dict[str, dict[int, str]] = defaultdict(dict)
    # One that money went to, or was to go to, counts also after it was taken off the enterprise's page.
    used = Claim.objects.filter(account=OuterRef("pk")).exclude(state="draft")
    rows = PayeeAccount.objects.filter(~Q(state="removed") | Exists(used)).extra(
        where=["number_hash = ANY(%s)"], params=[hashes]
    )
    for digest, party, merged, name in rows.values_list(
        "number_hash", "party_id", "party__merged_into", "party__name"
    ):
        owners[digest][merged or party] = name
    return {
        claim.pk: {
            "account_others": [
                name for party, name in owners[claim.number_hash].items() if party != claim.kept
            ]
        }
        for claim in claims
        if claim.number_hash
    }


def _representative_others(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    today = timezone.localdate(now)
    parties = {claim.kept for claim in claims}
    users: dict[int, set[int]] = defaultdict(set)
    for link in acting_for(today=today, party_ids=parties):
        if link.legal_representative:
            users[link.party_id].add(link.user_id)
    stands_for: dict[int, set[int]] = defaultdict(set)
    for link in acting_for(today=today, user_ids={user for some in users.values() for user in some}):
        if link.legal_representative:
            stands_for[link.user_id].add(link.party_id)
    others = {
        claim.pk: {party for user in users[claim.kept] for party in stands_for[user] if party != claim.kept}
        for claim in claims
    }
    everybody = {party for some in others.values() for party in some}
    claimants = _claimants({claim.item_code for claim in claims}, everybody)
    names = party_names(everybody) if everybody else {}
    return {
        claim.pk: {
            "representative_others": [
                names[party] for party in others[claim.pk] & claimants[claim.item_code] if party in names
            ]
        }
        for claim in claims
    }


def _claimants(codes: Collection[str], among: Collection[int]) -> dict[str, set[int]]:
    """Item → those of some enterprises who have a claim for it."""
    found: dict[str, set[int]] = defaultdict(set)
    if among:
        rows = Claim.objects.filter(item_code__in=codes, party__in=among).exclude(state__in=_NOT_CLAIMED)
        for code, party in rows.values_list("item_code", "party_id"):
            found[code].add(party)
    return found


def _contact_others(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for claim in claims:
        rows = Claim.objects.filter(item_code=claim.item_code).exclude(state__in=_NOT_CLAIMED)
        others = set(
            rows.exclude(party=claim.party_id)
            .order_by("-pk")
            .values_list("party_id", flat=True)[: breaker.compare_at_most]
        )
        known = registered_contacts(party_ids=[*others, claim.kept])
        mine = _ways([known[claim.kept]]) if claim.kept in known else set()
        found[claim.pk] = {
            "contact_others": [
                each.name for party, each in known.items() if party != claim.kept and mine & _ways([each])
            ]
        }
    return found


def _ways(contacts: Iterable[Any]) -> set[str]:
    """Phones and e-mails as they compare."""
    texts = {text for each in contacts for text in (each.phone.strip(), each.email.strip().casefold())}
    return texts - {""}


def _burst(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    hours, days = int(rule.numbers["hours"]), int(rule.numbers["usual_days"])
    since = now - timedelta(hours=hours)
    found: dict[int, dict[str, Any]] = {}
    for code in {claim.item_code for claim in claims}:
        rows = Claim.objects.filter(item_code=code, submitted_at__isnull=False).exclude(mode="automatic")
        count = rows.filter(submitted_at__gt=since).count()
        before = 0
        if count >= int(rule.numbers["at_least"]):
            before = rows.filter(
                submitted_at__lte=since, submitted_at__gt=since - timedelta(days=days)
            ).count()
        for claim in claims:
            if claim.item_code == code:
                # Nothing before is no usual pace: a window that has just been opened.
                usual = before * hours / (days * 24) if before else None
                found[claim.pk] = {"burst_count": count, "burst_usual": usual}
    return found


def _changed(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    watched, sources = set(rule.numbers["watched"]), set(rule.numbers["sources"])
    since = now - timedelta(days=int(rule.numbers["days"]))
    platform = system_actor("claims")
    found: dict[int, dict[str, Any]] = {}
    for claim in claims:
        changes = []
        for column, fact in claim.facts.items():
            if column not in watched and fact.get("source") not in sources:
                continue
            told = fact_history(actor=platform, party_id=claim.kept, column=column, now=now)
            if not told or told[0].received_at <= since:
                continue
            earlier = next((each for each in told[1:] if each.value != told[0].value), None)
            if earlier is not None:
                name, of = told[0].name, told[0]
                changes.append(f"{name} {earlier.text} → {of.text}（{of.source}，{of.as_of.isoformat()}）")
        found[claim.pk] = {"changed": changes}
    return found


def _connected(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    today = timezone.localdate(now)
    officials = {
        claim.pk: {
            int(reference.partition(":")[2])
            for duty in _DUTIES
            if (reference := getattr(claim, duty)).startswith("user:")
        }
        for claim in claims
    }
    everybody = {user for some in officials.values() for user in some}
    if not everybody:
        return {}
    acts: dict[int, set[int]] = defaultdict(set)
    for link in acting_for(today=today, user_ids=everybody):
        acts[link.user_id].add(link.party_id)
    contacts = {user: contact_of_user(user_id=user) for user in everybody}
    ways = {user: _ways([contact]) if contact else set() for user, contact in contacts.items()}
    parties = {claim.kept for claim in claims}
    registered = registered_contacts(party_ids=parties)
    people = contacts_of_parties(party_ids=parties, today=today)
    found: dict[int, dict[str, Any]] = {}
    for claim in claims:
        party = claim.kept
        theirs = _ways([registered[party]] if party in registered else [])
        theirs |= _ways(each for each in people.get(party, ()) if each.user_id not in officials[claim.pk])
        told = []
        for user in sorted(officials[claim.pk]):
            contact = contacts[user]
            name = contact.name if contact else str(user)
            if party in acts[user]:
                told.append(f"{name}（获企业授权）")
            elif ways[user] & theirs:
                told.append(f"{name}（联系方式与企业相同）")
        found[claim.pk] = {"connected": told}
    return found


def _peers(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> dict[int, dict[str, Any]]:
    since = now - timedelta(days=int(rule.numbers["usual_days"]))
    found: dict[int, dict[str, Any]] = {}
    for claim in claims:
        rows = Claim.objects.filter(item_code=claim.item_code, decided_at__gt=since, award_fen__gt=0)
        rows = rows.exclude(pk=claim.pk).exclude(state__in=ENDED_WITHOUT).order_by("-pk")
        amounts = [
            fen
            for fen in rows.values_list("award_fen", flat=True)[: breaker.compare_at_most]
            if fen is not None
        ]
        if len(amounts) >= int(rule.numbers["peers_at_least"]):
            found[claim.pk] = {"peers_median_fen": int(median(amounts))}
    return found


def _amount(
    claims: Sequence[Looked], rule: Rule, breaker: Breaker, now: datetime
) -> Mapping[int, dict[str, Any]]:
    """The amount is there anyway; what is usual, where a rule compares it."""
    return _peers(claims, rule, breaker, now) if "peers_at_least" in rule.numbers else {}


_READS = {
    "account_others": _account_others,
    "representative_others": _representative_others,
    "contact_others": _contact_others,
    "burst_count": _burst,
    "changed": _changed,
    "connected": _connected,
    "amount_fen": _amount,
}
