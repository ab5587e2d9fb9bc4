"""Claims of the demonstration, in every state: funds, terms, officials at work, enterprises, banks that answer.

Everything goes through the doors of the areas, in one transaction: interrupted, it begins again; repeated, it does
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from yingshang.areas.claims import api as claims
from yingshang.areas.policies import api as policies
from yingshang.kernel.access import api as access
from yingshang.kernel.flow import api as flow
from yingshang.kernel.forms import api as forms
from yingshang.kernel.parties import api as parties
from yingshang.kernel.ratings import api as ratings
from yingshang.kernel.reference.api import parse_yaml
from yingshang.operations.sample_pictures import picture

ACTOR = access.system_actor("demonstration")
LISTED, FROZEN = "DEMO-HRB-01", "DEMO-HRB-08"


@cache
def described() -> dict[str, Any]:
    """`data/claims.yaml`; do not change the result."""
    text = (files(__package__) / "data" / "claims.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))


@transaction.atomic
def load_claims(enterprises: Mapping[int, int], *, now: datetime) -> bool:
    """Make everything, unless it is there; whether it was made. `enterprises`: those somebody acts for."""
    if claims.claims(actor=ACTOR, item_code=LISTED, limit=1).total or claims.lists(actor=ACTOR, limit=1).rows:
        return False
    _funds(now - timedelta(days=90))
    _form(now - timedelta(days=90))
    _terms(now - timedelta(days=90))
    _windows(now - timedelta(days=90))
    _lists(enterprises, now)
    made = _claims(enterprises, now)
    _assess(now)
    _publish(made, now)
    _pay(made, now)
    _rate(made, now)
    _ask_back(made, now)
    _bundle(now - timedelta(days=2))
    _reconsider(made, now)
    _check_promises(now)
    claims.advance_instalments(actor=_official("prepare"), now=now)
    supervisor = _official("supervise")
    stopped = described()["stopped"]
    claims.stop_by_hand(actor=supervisor, item_code=stopped["item"], reason=stopped["reason"], now=now)
    claims.record_results(actor=ACTOR, now=now)
    return True


def _funds(at: datetime) -> None:
    agency = _agency()
    words = described()
    for each in words["funds"]:
        number = claims.create_fund(
            actor=ACTOR,
            code=each["code"],
            name=each["name"],
            payer_account=each["payer_account"],
            agency_id=agency,
            region_path="2301",
            demonstration=True,
            now=at,
            **words["payer"],
        )
        for year in sorted({at.year, (at + timedelta(days=90)).year}):
            claims.set_budget(
                actor=ACTOR,
                fund_id=number,
                year=year,
                level="city",
                amount_fen=each["amount"] * 100,
                reason="演示预算",
                now=at,
            )
        _fund_ids[each["code"]] = number


_fund_ids: dict[str, int] = {}


def _form(at: datetime) -> None:
    """The form one of the items asks for."""
    words = described()["form"]
    code = words["code"]
    forms.create_form(
        actor=ACTOR, code=code, name=words["name"], name_en=words["name_en"], region_path="2301", now=at
    )
    forms.save_form_draft(actor=ACTOR, code=code, schema=words["schema"], layout=words["layout"], now=at)
    forms.publish_form(actor=ACTOR, code=code, now=at)


def _terms(at: datetime) -> None:
    for code, words in described()["terms"].items():
        _set_terms(code, words, at)


def _set_terms(code: str, words: Mapping[str, Any], at: datetime) -> None:
    values = {name: value for name, value in words.items() if name != "fund"}
    claims.set_terms(
        actor=ACTOR,
        code=code,
        terms=claims.Terms(
            agency_id=_agency(),
            fund_id=_fund_ids[words["fund"]],
            results=described()["results"],
            source="演示规则",
            **values,
        ),
        now=at,
    )


def _windows(at: datetime) -> None:
    for words in described()["windows"]:
        hours = [
            claims.Hours(day, *(time.fromisoformat(each) for each in stretch))
            for day in range(1, 6)
            for stretch in words["stretches"]
        ]
        claims.save_window(
            actor=ACTOR,
            window=claims.Window(
                agency_id=_agency(),
                hours=hours,
                **{name: value for name, value in words.items() if name != "stretches"},
            ),
            now=at,
        )


# --- the automatic mode -----------------------------------------------------------------------------------------------


def _lists(enterprises: Mapping[int, int], now: datetime) -> None:
    """One list that was offered, confirmed, declined, doubted and lapsed; one that waits to be approved."""
    for code, days_ago in ((LISTED, 30), (FROZEN, 1)):
        at = now - timedelta(days=days_ago)
        number = claims.draw_up_list(actor=_official("review"), code=code, now=at)
        claims.draw_up(actor=ACTOR, list_id=number, now=at)
        if code == FROZEN:
            continue
        found = claims.get_list(actor=ACTOR, list_id=number)
        after = at + timedelta(days=1)
        claims.approve_list(actor=_official("approve"), list_id=number, digest=found.digest, now=after)
        claims.offer_list(actor=ACTOR, list_id=number, now=after)
        rows = list(claims.claims(actor=ACTOR, item_code=code, states=["offered"], limit=8).rows)
        rows.sort(key=lambda row: row.party_id not in enterprises.values())
        answered = after + timedelta(days=2)
        for place, row in enumerate(rows):
            actor = _for(row.party_id, answered)
            if place == 0:
                claims.say_wrong(
                    actor=actor, claim_id=row.id, text="演示：参保人数应当多两人。", now=answered
                )
            elif place == 1:
                claims.decline_offer(actor=actor, claim_id=row.id, reason="演示：不需要。", now=answered)
            elif place < 5:
                account = _account(actor, row.party_id, answered)
                claims.confirm_offer(actor=actor, claim_id=row.id, account_id=account, now=answered)
        claims.end_offers(actor=ACTOR, now=now)


# --- applied for ------------------------------------------------------------------------------------------------------


def _claims(enterprises: Mapping[int, int], now: datetime) -> list[tuple[int, Mapping[str, Any]]]:
    made: list[tuple[int, Mapping[str, Any]]] = []
    entitled: dict[str, Iterator[int]] = {}
    for words in described()["claims"]:
        code = words["item"]
        if code not in entitled:
            found = policies.matched_parties(actor=ACTOR, code=code, limit=40).rows
            numbers = [each.party.id for each in found]
            if code in described()["left_free"]:
                # Whoever looks at the demonstration as that enterprise has something to apply for.
                numbers = [each for each in numbers if each != enterprises.get(0)]
            entitled[code] = iter(sorted(numbers, key=lambda each: each not in enterprises.values()))
        party_id = next(entitled[code], None)
        if party_id is not None:
            made.append((_claim(party_id, words, now), words))
    return made


def _claim(party_id: int, words: Mapping[str, Any], now: datetime) -> int:
    at, to = now - timedelta(days=words["days_ago"]), words["to"]
    actor = _for(party_id, at)
    claim_id = claims.begin_claim(actor=actor, party_id=party_id, code=words["item"], now=at)
    if to == "draft":
        return claim_id
    _complete_draft(claim_id, actor, at, promised=words.get("promised", ()))
    account = _account(actor, party_id, at)
    if claims.get_claim(actor=ACTOR, claim_id=claim_id).summary.mode == "once":
        return _visit(claim_id, actor, account, words, at)
    claims.submit_claim(actor=actor, claim_id=claim_id, account_id=account, now=at)
    if claims.get_claim(actor=ACTOR, claim_id=claim_id).summary.mode == "instant" or to == "accepting":
        return claim_id
    if to == "withdrawn":
        claims.withdraw_claim(actor=actor, claim_id=claim_id, reason="演示：暂不申请。", now=at)
        return claim_id
    hour = timedelta(hours=2)
    if to == "returned":
        flow.return_case(
            actor=_official("accept"),
            task_id=_task(claim_id, "accept", at),
            what=["演示：服务站照片"],
            now=at + hour,
        )
        return claim_id
    _complete(claim_id, "accept", "accepted", at + hour)
    return _reviewed(claim_id, to, at)


def _complete_draft(
    claim_id: int, actor: access.Actor, at: datetime, *, promised: Collection[str] = ()
) -> None:
    """What an item asks for: what the register knows is taken from there, the form is filled in."""
    draft = claims.draft_of(actor=actor, claim_id=claim_id, now=at)
    for each in draft.materials:
        if each.known is not None:
            claims.use_known(actor=actor, claim_id=claim_id, code=each.code, now=at)
        elif each.code in promised or (each.required and each.commitment):
            claims.promise_material(actor=actor, claim_id=claim_id, code=each.code, now=at)
    if draft.form is None:
        return
    words = described()["form"]
    party_id = draft.claim.summary.party_id
    filled = forms.submit(
        actor=actor,
        form_code=words["code"],
        party_id=party_id,
        subject=claims.form_subject(claim_id),
        data={**words["filled"], "name": draft.claim.summary.party_name},
        files={name: [SimpleUploadedFile(told, picture(3))] for name, told in words["file"].items()},
        now=at,
    )
    claims.keep_form(actor=actor, claim_id=claim_id, submission_id=filled.id, now=at)


def _bundle(at: datetime) -> None:
    """One enterprise that has handed several items in together; for one of them somebody comes to a window."""
    asked = described()["bundle"]
    for row in policies.matched_parties(actor=ACTOR, code=asked[0], limit=40).rows:
        choices = claims.bundle_choices(actor=ACTOR, party_id=row.party.id, now=at)
        codes = [each.code for each in choices if each.code in asked and not each.single and not each.draft]
        if len(codes) == len(asked):
            actor = _for(row.party.id, at)
            number = claims.begin_bundle(actor=actor, party_id=row.party.id, codes=codes, now=at)
            found = claims.bundle_draft(actor=actor, number=number, now=at)
            for draft in found.drafts:
                _complete_draft(draft.claim.summary.id, actor, at)
            claims.submit_bundle(
                actor=actor,
                bundle=number,
                account_id=_account(actor, row.party.id, at),
                visits={each.agency_id: _first_free(each.windows) for each in found.visits},
                now=at,
            )
            return


def _visit(claim_id: int, actor: access.Actor, account: int, words: Mapping[str, Any], at: datetime) -> int:
    """Handed in with an appointment; and what the window made of it, unless it is still awaited."""
    window, start = _first_free(claims.windows_of_claim(actor=actor, claim_id=claim_id, now=at))
    claims.submit_claim(
        actor=actor, claim_id=claim_id, account_id=account, window_id=window, starts_at=start, now=at
    )
    if words["to"] == "appointed":
        return claim_id
    booked = claims.appointment_of(actor=ACTOR, claim_id=claim_id)
    assert booked is not None
    clerk = _official("accept")
    if words["to"] == "returned":
        claims.tell_missing(actor=clerk, appointment_id=booked.id, what=["演示：服务站照片"], now=start)
        return claim_id
    seen = [each.code for each in claims.to_bring(actor=ACTOR, claim_id=claim_id)]
    claims.accept_at_window(actor=clerk, appointment_id=booked.id, seen=seen, now=start)
    return _reviewed(claim_id, words["to"], start)


def _first_free(windows: Iterable[claims.WindowChoice]) -> tuple[int, datetime]:
    return next((each.id, slot.starts_at) for each in windows for slot in each.slots if slot.left)


def _reviewed(claim_id: int, to: str, at: datetime) -> int:
    """What the review makes of a claim that was accepted."""
    hour = timedelta(hours=2)
    if to == "reviewing":
        return claim_id
    _complete(claim_id, "review", "supported", at + 2 * hour)
    outcome = {"ranking": "queued", "unranked": "queued", "refused": "refused"}.get(to, "approved")
    _complete(claim_id, "approve", outcome, at + 3 * hour)
    if to == "unranked":
        claims.leave_outside_quota(
            actor=_official("approve"), claim_id=claim_id, reason="演示：名额已满。", now=at + 4 * hour
        )
    return claim_id


def _publish(made: list[tuple[int, Mapping[str, Any]]], now: datetime) -> None:
    shown = [number for number, words in made if words["to"] in {"publicity", "objected"}]
    if not shown:
        return
    code = next(words["item"] for number, words in made if number == shown[0])
    at = now - timedelta(days=1)
    publicity = claims.publish_awards(actor=_official("review"), code=code, claims=shown, now=at)
    objected = {number for number, words in made if words["to"] == "objected"}
    for entry in claims.public_awards(publicity_id=publicity, limit=20).rows:
        # The public list does not say which claim it is; the last of them is objected to.
        last = entry
    if objected:
        claims.object_to_award(
            actor=ACTOR, entry_id=last.id, text="演示：该企业没有开展培训。", name="演示群众", now=now
        )


def _pay(made: list[tuple[int, Mapping[str, Any]]], now: datetime) -> None:
    """Batches of what the bank is to answer; what it is not asked stays payable."""
    claims.clear_published(actor=ACTOR, now=now - timedelta(days=11, hours=1))
    for code, fund_id in _fund_ids.items():
        items = {each for each, words in described()["terms"].items() if words["fund"] == code}
        chosen = {
            number: words["bank"] for number, words in made if words.get("bank") and words["item"] in items
        }
        if not chosen:
            continue
        at = now - timedelta(days=11)
        waiting = [number for number, bank in chosen.items() if bank == "prepared"]
        answered = [number for number in chosen if number not in waiting]
        if waiting:
            _prepare(fund_id, waiting, at)
        batch_id = _prepare(fund_id, answered, at) if answered else None
        if batch_id is None:
            continue
        batch = claims.get_batch(actor=ACTOR, batch_id=batch_id, now=at).batch
        claims.check_batch(actor=_official("check"), batch_id=batch_id, digest=batch.digest, now=at)
        claims.answer_as_bank(
            actor=_official("prepare"),
            batch_id=batch_id,
            answers={
                number: (chosen[number], "演示：账号与户名不符" if chosen[number] == "rejected" else "")
                for number in answered
            },
            now=at + timedelta(days=1),
        )


def _prepare(fund_id: int, chosen: list[int], at: datetime) -> int | None:
    """A batch of these claims; None where the circuit breaker holds them all."""
    try:
        return claims.prepare_batch(actor=_official("prepare"), fund_id=fund_id, claims=chosen, now=at)
    except claims.NothingToPay:
        return None


def _rate(made: list[tuple[int, Mapping[str, Any]]], now: datetime) -> None:
    at = now - timedelta(days=3)
    for number, words in made:
        for step, level in words.get("rated", {}).items():
            bad = level < 3
            party_id = claims.get_claim(actor=ACTOR, claim_id=number).summary.party_id
            if step == "pay" and not claims.get_claim(actor=ACTOR, claim_id=number).summary.paid_fen:
                # The circuit breaker looks at the demonstration, too: what it holds was not paid.
                continue
            rating = claims.rate_claim(
                actor=_for(party_id, at),
                claim_id=number,
                step=step,
                level=level,
                reasons=words.get("reasons", ()) if bad else (),
                words=words.get("words", "") if bad else "",
                now=at,
            )
            if not bad:
                continue
            official = _official("review")
            if "called" in words:
                ratings.note_call(actor=official, rating_id=rating, text=words["called"], now=at)
                ratings.note_correction(actor=official, rating_id=rating, text=words["corrected"], now=now)
            if "appealed" in words:
                ratings.appeal_rating(
                    actor=official, rating_id=rating, kind="mistaken", reason=words["appealed"], now=now
                )


# --- looked at once more, and later ---------------------------------------------------------------------------------


def _reconsider(made: list[tuple[int, Mapping[str, Any]]], now: datetime) -> None:
    """Refusals that are asked about: one waits, the others were decided by somebody who had no hand in them."""
    for number, words in made:
        if "asked" not in words:
            continue
        at = now - timedelta(days=3)
        party_id = claims.get_claim(actor=ACTOR, claim_id=number).summary.party_id
        asked = claims.ask_reconsideration(
            actor=_for(party_id, at), claim_id=number, reasons=words["asked"], now=at
        )
        if "kept" not in words:
            continue
        after, official = at + timedelta(days=2), _official("supervise")
        found = claims.get_reconsideration(actor=official, reconsideration_id=asked, now=after)
        claims.keep_decision(
            actor=official,
            reconsideration_id=asked,
            decision=words["kept"],
            reasons={str(each["key"]): words["kept"] for each in found.questions},
            now=after,
        )


def _check_promises(now: datetime) -> None:
    """The first promise was kept, by what the register says; the others wait."""
    official = _official("review")
    rows = claims.promises(actor=ACTOR, now=now, state="open", limit=20).rows
    if len(rows) < 2:
        return
    first = min(rows, key=lambda each: each.id)
    facts = claims.facts_to_show(actor=official, promise_id=first.id, now=now)
    if facts:
        claims.confirm_promise(
            actor=official, promise_id=first.id, finding="演示：登记数据可以证明。", fact=facts[0][0], now=now
        )


def _ask_back(made: list[tuple[int, Mapping[str, Any]]], now: datetime) -> None:
    """Half of what one claim was paid is asked back; what has come is not in a statement yet: a difference. What was
    asked back of another is written off.
    """
    words = described()["asked_back"]
    found = (claims.get_claim(actor=ACTOR, claim_id=number).summary for number, _ in made)
    held = [each for each in found if each.item_code == words["item"] and each.paid_fen]
    if not held:
        return
    paid = held[0]
    if len(held) > 1:
        _write_off(held[-1], described()["written_off"], now)
    at = now - timedelta(days=4)
    first = timezone.localdate(at) + timedelta(days=30)
    recovery = claims.demand_repayment(
        actor=_official("review"),
        claim_id=paid.id,
        principal_fen=paid.paid_fen // 2,
        reason=words["reason"],
        basis=words["basis"],
        plan=claims.even_plan(paid.paid_fen // 2, first=first, parts=words["parts"]),
        rate="lpr_1y",
        now=at,
    )
    later = at + timedelta(days=2)
    claims.record_repayment(
        actor=_official("prepare"),
        recovery_id=recovery,
        amount_fen=words["repaid"] * 100,
        paid_on=timezone.localdate(later),
        bank_reference=words["line"],
        now=later,
    )


def _write_off(paid: claims.ClaimSummary, words: Mapping[str, Any], now: datetime) -> None:
    at = now - timedelta(days=6)
    recovery = claims.demand_repayment(
        actor=_official("review"),
        claim_id=paid.id,
        principal_fen=paid.paid_fen,
        reason=words["reason"],
        basis=words["basis"],
        plan=claims.even_plan(paid.paid_fen, first=timezone.localdate(at) + timedelta(days=30), parts=1),
        now=at,
    )
    claims.write_off(
        actor=_official("write_off"),
        recovery_id=recovery,
        decision=words["decision"],
        now=at + timedelta(days=3),
    )


# --- scored and visited ---------------------------------------------------------------------------------------------


def _assess(now: datetime) -> None:
    """Claims that experts score; the first of them was visited as well, the next is to be. Where too few enterprises
    are entitled, fewer.
    """
    words = described()["assessed"]
    for each in words["experts"]:
        user = access.find_account(actor=ACTOR, username=each["username"])[0]
        claims.add_expert(
            actor=ACTOR,
            agency_id=_agency(),
            user_id=user,
            fields=each["fields"],
            employer_name=each["employer"],
            now=now - timedelta(days=30),
        )
    # Whoever has applied already keeps to the terms as they were.
    _set_terms(
        words["item"], {**described()["terms"][words["item"]], **words["terms"]}, now - timedelta(days=8)
    )
    taken = {each.party_id for each in claims.claims(actor=ACTOR, item_code=words["item"]).rows}
    found = policies.matched_parties(actor=ACTOR, code=words["item"], limit=40).rows
    free = [each.party.id for each in found if each.party.id not in taken]
    made = [
        _claim_to_score(party, words["item"], now - timedelta(days=7))
        for party in free[: len(words["scored"])]
    ]
    for claim_id, scores in zip(made, words["scored"], strict=False):
        _score(claim_id, scores, now)
    if made:
        _check_on_site(made[0], words["visit"], now)
    for claim_id in made[1:]:
        actor = _official("review")
        claims.order_field_check(actor=actor, claim_id=claim_id, user_id=int(actor.identifier), now=now)


def _claim_to_score(party_id: int, code: str, at: datetime) -> int:
    actor = _for(party_id, at)
    claim_id = claims.begin_claim(actor=actor, party_id=party_id, code=code, now=at)
    account = _account(actor, party_id, at)
    claims.submit_claim(actor=actor, claim_id=claim_id, account_id=account, now=at)
    _complete(claim_id, "accept", "accepted", at + timedelta(hours=2))
    _complete(claim_id, "review", "supported", at + timedelta(hours=4))
    return claim_id


def _score(claim_id: int, scores: list[Mapping[str, Any]], now: datetime) -> None:
    """Who was drawn nobody knows here either: whoever finds a seat scores, as many as there are scores."""
    at = now - timedelta(days=1)
    panel_id = claims.draw_experts(actor=_official("review"), claim_ids=[claim_id], now=at)
    waiting = list(scores)
    # The first of them is the one visitors are told of: something is left for that one.
    for each in reversed(described()["assessed"]["experts"]):
        actor = access.actor_by_reference(
            f"user:{access.find_account(actor=ACTOR, username=each['username'])[0]}"
        )
        drawn = any(own.panel_id == panel_id for own in claims.own_scorings(actor=actor, now=at))
        if drawn and waiting:
            claims.submit_scores(actor=actor, panel_id=panel_id, claim_id=claim_id, now=at, **waiting.pop(0))
    if claims.get_scoring(actor=ACTOR, panel_id=panel_id, now=at).summary.state == "completed":
        _complete(claim_id, "experts", "scored", at + timedelta(hours=1))


def _check_on_site(claim_id: int, words: Mapping[str, Any], now: datetime) -> None:
    at = now - timedelta(hours=20)
    actor = _official("review")
    check_id = claims.order_field_check(actor=actor, claim_id=claim_id, user_id=int(actor.identifier), now=at)
    for number in (1, 2):
        claims.add_photo(
            actor=actor, check_id=check_id, content=picture(number), name=f"演示照片{number}.png", now=at
        )
    claims.record_visit(
        actor=actor,
        check_id=check_id,
        visit=claims.Visit(visited_on=timezone.localdate(at), **words),
        now=at,
    )


# --- who does it ------------------------------------------------------------------------------------------------------


def _complete(claim_id: int, step: str, outcome: str, at: datetime) -> None:
    flow.complete_task(
        actor=_official(step),
        task_id=_task(claim_id, step, at),
        outcome=outcome,
        opinion="演示意见。",
        now=at,
    )


def _task(claim_id: int, step: str, at: datetime) -> int:
    detail = flow.case_progress(kind="claim", identifier=str(claim_id), now=at)
    assert detail is not None
    return next(each.id for each in detail.tasks if each.open and each.step == step)


def _official(duty: str) -> access.Actor:
    username = described()["officials"][duty]
    return access.actor_by_reference(f"user:{access.find_account(actor=ACTOR, username=username)[0]}")


def _for(party_id: int, at: datetime) -> access.Actor:
    """Who acts for an enterprise: its legal representative where there is an account, else the demonstration."""
    held = access.mandates_of_party(actor=ACTOR, party_id=party_id, today=timezone.localdate())
    legal = next((each for each in held if "claims.confirm_own" in each.powers), None)
    return access.actor_by_reference(f"user:{legal.user_id}") if legal else ACTOR


def _account(actor: access.Actor, party_id: int, at: datetime) -> int:
    return claims.add_account(
        actor=actor,
        party_id=party_id,
        number=f"6217{party_id:015d}",
        bank_name="演示银行哈尔滨分行",
        now=at,
    )


def _agency() -> int:
    code = described()["agency"]
    found = parties.agencies(actor=ACTOR, text=code, per_page=50).rows
    return next(each.id for each in found if each.code == code)
