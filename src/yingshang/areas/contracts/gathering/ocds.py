"""Packages of releases (OCDS 1.1) read as contracts, and contracts written as releases. Pure.

What a release says and this register has no field for is kept with the contract (`Contract.release`) and given back
when it is exported; values of ours are laid over it, and what still means the same stays as the publisher wrote it.
What this register knows and OCDS has no field for stands under `yingshang` in contracts and milestones, as the standard
allows.

An amount is known by its currency; a day by the first ten signs of a date-time. What a release does not say is unknown.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from yingshang.kernel.reference.api import check_credit_code

from ..errors import InvalidImport
from ..registering.values import ContractFields, OtherParty
from .rules import OcdsRules, gathering_rules
from .schema import package_mistakes, release_mistakes
from .values import Incoming, RowProblem, SaidPerformance

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_DEEPEST, _LONGEST_DAYS, _MOST_DIGITS = 60, 40_000, 20
_SIDES = ("unit", "counterparty")
_WHAT = ("done", "partial", "not_received", "disputed", "settled")
OWN = "yingshang"
"""The name under which what only this register knows stands."""


def read_package(package: Any) -> Iterator[Incoming]:
    """The contracts of a release package, in the order of its releases; several releases of one process are laid one
    over the other by their dates. Releases that do not agree with the schema are told, one by one.

    Raises InvalidImport for what is no release package.
    """
    rules = gathering_rules()
    if not isinstance(package, dict) or not isinstance(package.get("releases"), list):
        raise InvalidImport(
            "this is no release package of OCDS: it has no list of releases",
            message_zh="这不是开放合同数据（OCDS）的发布包：没有 releases",
            field="releases",
        )
    mistakes = package_mistakes(package)
    if mistakes:
        raise InvalidImport(
            f"the package does not agree with the schema of OCDS 1.1: {'; '.join(mistakes)}",
            message_zh=f"发布包不符合 OCDS 1.1 的结构：{'；'.join(mistakes)}",
            field="package",
        )
    if len(package["releases"]) > rules.most_releases:
        raise InvalidImport(
            f"the package has {len(package['releases'])} releases; split it into packages of {rules.most_releases}",
            message_zh=f"发布包有 {len(package['releases'])} 个发布，请按每包最多 {rules.most_releases} 个拆分",
            field="releases",
        )
    processes: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for place, release in enumerate(package["releases"], 1):
        mistakes = _unfit(release) or release_mistakes(release)
        if mistakes:
            yield _wrong(place, release, mistakes)
        else:
            processes.setdefault(release["ocid"], []).append((place, release))
    for releases in processes.values():
        releases.sort(key=lambda each: each[1]["date"])
        compiled: dict[str, Any] = {}
        for _, release in releases:
            compiled = laid_over(compiled, release)
        yield from _contracts(releases[-1][0], compiled, rules.ocds)


def _unfit(release: Any) -> tuple[str, ...]:
    """What of a release nobody could keep: signs and numbers JSON may hold and no database, or without bottom."""
    left: list[tuple[Any, int]] = [(release, 0)]
    while left:
        value, depth = left.pop()
        if depth > _DEEPEST:
            return (f"release: is nested more than {_DEEPEST} deep",)
        if isinstance(value, dict):
            left += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            left += [(each, depth + 1) for each in value]
        elif isinstance(value, str) and _UNFIT.search(value):
            return ("release: holds signs that cannot be kept (U+0000, halves of signs)",)
        elif isinstance(value, float) and not math.isfinite(value):
            return ("release: holds a number that is none (NaN, Infinity)",)
    return ()


def laid_over(before: Any, after: Any) -> Any:
    """A later release over an earlier one, as the standard merges: objects field by field, lists of objects by their
    ids, other lists and values as a whole; null takes away.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        merged = dict(before)
        for name, value in after.items():
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = laid_over(merged.get(name), value)
        return merged
    if _by_id(before) and _by_id(after):
        found = {str(each["id"]): each for each in before}
        for each in after:
            found[str(each["id"])] = laid_over(found.get(str(each["id"])), each)
        return list(found.values())
    return copy.deepcopy(after)


def _by_id(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) and "id" in each for each in value)
    )


def _wrong(place: int, release: Any, mistakes: Sequence[str]) -> Incoming:
    told = release if isinstance(release, dict) else {}
    return Incoming(
        row=place,
        unit="",
        fields=ContractFields(title="", kind="", signed_on=None, counterparty_name=""),
        ocid=_UNFIT.sub("", str(told.get("ocid") or ""))[:160],
        problems=tuple(
            RowProblem(
                place,
                each.split(":")[0],
                "",
                f"not as the schema of OCDS 1.1 asks: {each}",
                f"不符合 OCDS 1.1：{each}",
            )
            for each in mistakes
        ),
    )


def _contracts(place: int, release: Mapping[str, Any], rules: OcdsRules) -> Iterator[Incoming]:
    awards = {str(each["id"]): each for each in release.get("awards") or ()}
    contracts = list(release.get("contracts") or ())
    told = {str(each["awardID"]) for each in contracts}
    for contract in contracts:
        if contract.get("status") == "cancelled":
            continue
        yield _contract(place, release, contract, awards.get(str(contract["awardID"]), {}), rules)
    for code, award in awards.items():
        # Publishers that end with the award say of it what others say of the contract.
        if code not in told and award.get("status") in (None, "active") and award.get("suppliers"):
            yield _contract(place, release, {}, award, rules)


def _contract(
    place: int,
    release: Mapping[str, Any],
    contract: Mapping[str, Any],
    award: Mapping[str, Any],
    rules: OcdsRules,
) -> Incoming:
    problems: list[RowProblem] = []
    ocid = str(release["ocid"])
    tender = release.get("tender") or {}
    parties = {str(each.get("id")): each for each in release.get("parties") or ()}
    suppliers = [
        _party(each, parties, rules) for each in contract.get("suppliers") or award.get("suppliers") or ()
    ]
    first = suppliers[0] if suppliers else OtherParty("")
    value = contract.get("value") or award.get("value") or {}
    amount = _fen(value.get("amount"))
    currency = str(value.get("currency") or "CNY")
    if value.get("amount") is not None and amount is None:
        problems.append(
            RowProblem(
                place, "value/amount", str(value["amount"]), "has more than two decimals", "金额最多两位小数"
            )
        )
    signed_on, note = _day(contract.get("dateSigned")), ""
    if signed_on is None and not contract and (awarded_on := _day(award.get("date"))) is not None:
        signed_on, note = awarded_on, rules.award_note.format(day=awarded_on)
    if contract.get("status") == "pending":
        problems.append(
            RowProblem(
                place,
                "contracts/status",
                "pending",
                "it has not been signed: send it once it is",
                "合同尚未签订，请在签订后再报送",
            )
        )
    own = _own(contract)
    period = contract.get("period") or award.get("contractPeriod") or {}
    starts_on, ends_on = _period(period)
    fields = ContractFields(
        title=str(contract.get("title") or award.get("title") or tender.get("title") or "").strip(),
        kind=str(
            own.get("kind")
            or rules.categories.get(str(tender.get("mainProcurementCategory")), rules.without_category)
        ),
        signed_on=signed_on,
        counterparty_name=first.name,
        counterparty_code=first.code,
        counterparty_kind=str(own.get("counterparty_kind") or ("enterprise" if first.code else "foreign")),
        counterparty_size=str(own.get("counterparty_size") or ""),
        others=tuple(suppliers[1:]),
        amount_fen=amount,
        currency=currency,
        direction=str(own.get("direction") or "pays"),
        reference=str(own["reference"] if "reference" in own else contract.get("id") or "")[:80],
        secrecy="open",
        starts_on=starts_on,
        ends_on=ends_on,
        open_ended=str(own.get("open_ended") or ""),
        note=str(own.get("note") or note),
    )
    obligations, performances, wrong = _obligations(place, contract, fields, rules)
    problems += wrong
    code = str(contract.get("id") or award.get("id") or "")
    return Incoming(
        row=place,
        unit=_unit(release, parties),
        fields=fields,
        rules=obligations,
        performances=performances,
        source_reference=f"{ocid}/{code}"[:160],
        ocid=ocid[:160],
        release=kept_release(release, contract, award, rules),
        over=rules.statuses.get(str(contract.get("status"))) == "completed",
        problems=tuple(problems),
    )


def _own(value: Mapping[str, Any]) -> Mapping[str, Any]:
    own = value.get(OWN)
    return own if isinstance(own, dict) else {}


def _unit(release: Mapping[str, Any], parties: Mapping[str, Mapping[str, Any]]) -> str:
    """The code or the name of the buyer, whichever our register may know: its identifier before its name."""
    buyer = release.get("buyer") or next(
        (each for each in parties.values() if "buyer" in (each.get("roles") or ())), {}
    )
    if not buyer:
        buyer = (release.get("tender") or {}).get("procuringEntity") or {}
    party = parties.get(str(buyer.get("id")), buyer)
    identifier = party.get("identifier") or {}
    name = str(party.get("name") or buyer.get("name") or identifier.get("legalName") or "")
    codes = [str(each) for each in (identifier.get("id"), buyer.get("id")) if each]
    return "\n".join(each.strip() for each in (*codes, name) if each.strip())


def _party(
    reference: Mapping[str, Any], parties: Mapping[str, Mapping[str, Any]], rules: OcdsRules
) -> OtherParty:
    party = parties.get(str(reference.get("id")), reference)
    name = str(party.get("name") or reference.get("name") or "").strip()
    identifiers = [party.get("identifier") or {}, *(party.get("additionalIdentifiers") or ())]
    name = name or str(identifiers[0].get("legalName") or "")
    for each in identifiers:
        code = str(each.get("id") or "").strip().upper()
        if code and (each.get("scheme") in rules.schemes or check_credit_code(code).is_valid):
            return OtherParty(name, code, "supplier")
    return OtherParty(name, "", "supplier")


def _period(period: Mapping[str, Any]) -> tuple[date | None, date | None]:
    starts, ends = _day(period.get("startDate")), _day(period.get("endDate"))
    ends = ends or _day(period.get("maxExtentDate"))
    length = period.get("durationInDays")
    if ends is None and starts is not None and isinstance(length, int) and 0 < length <= _LONGEST_DAYS:
        ends = starts + timedelta(days=length - 1)
    return starts, ends


def _day(text: Any) -> date | None:
    """The day a date-time was written on: what its first ten signs say, whatever the zone."""
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None


def _fen(amount: Any) -> int | None:
    if amount is None:
        return None
    try:
        fen = Decimal(repr(amount) if isinstance(amount, float) else str(amount)) * 100
    except ArithmeticError:
        return None
    # With a power of ten a few signs are a number of a million digits.
    if not fen.is_finite() or fen.adjusted() > _MOST_DIGITS or fen != fen.to_integral_value():
        return None
    return int(fen)


def _obligations(
    place: int, contract: Mapping[str, Any], fields: ContractFields, rules: OcdsRules
) -> tuple[tuple[dict[str, Any], ...], tuple[SaidPerformance, ...], list[RowProblem]]:
    found: list[dict[str, Any]] = []
    said: list[SaidPerformance] = []
    wrong: list[RowProblem] = []
    places: dict[str, int] = {}
    implementation = contract.get("implementation") or {}
    milestones = [*(contract.get("milestones") or ()), *(implementation.get("milestones") or ())]
    told_wholly: set[str] = set()
    for milestone in milestones:
        rule = _milestone(milestone, rules)
        if rule is None:
            continue
        code = str(milestone.get("id"))
        if code in places:
            continue
        places[code] = len(found)
        found.append(rule)
        own = _own(milestone)
        if "said" in own:
            told_wholly.add(code)
            told, mistakes = _said_of(place, places[code], own["said"])
            said += told
            wrong += mistakes
        elif milestone.get("status") == "met" and (met := _day(milestone.get("dateMet"))):
            said.append(SaidPerformance(places[code], rule["side"], "done", met, rule.get("amount_fen")))
    money: dict[int, int] = {}
    for transaction in implementation.get("transactions") or ():
        value = transaction.get("value") or transaction.get("amount") or {}
        amount, on = _fen(value.get("amount")), _day(transaction.get("date"))
        about = str((transaction.get("relatedImplementationMilestone") or {}).get("id") or "")
        if about in told_wholly:
            continue
        if (
            amount is None
            or on is None
            or amount <= 0
            or str(value.get("currency") or fields.currency) != fields.currency
        ):
            wrong.append(
                RowProblem(
                    place,
                    "implementation/transactions",
                    str(transaction.get("id") or ""),
                    "a payment needs a day, and an amount in the contract's currency with at most two decimals",
                    "付款记录应有日期，以及与合同同币种、最多两位小数的金额",
                )
            )
            continue
        index = places.get(about)
        if index is None:
            # Paid, and nothing says what it was owed by: what was paid was owed, on that day. What is still owed of the
            # price, and when, nobody has said: it stays unknown.
            index = len(found)
            found.append(
                {
                    "side": "unit" if fields.direction != "receives" else "counterparty",
                    "kind": "pay",
                    "title": rules.payment_title,
                    "amount_fen": amount,
                    "terms": {"on": on.isoformat()},
                    "source": str(transaction.get("id") or ""),
                }
            )
        else:
            money[index] = money.get(index, 0) + amount
        said.append(
            SaidPerformance(
                index, found[index]["side"], "done", on, amount, str(transaction.get("id") or "")[:100]
            )
        )
    for index, amount in money.items():
        said = [
            each
            for each in said
            if not (each.rule == index and each.amount_fen is None and each.what == "done")
        ]
        # A milestone of the core schema has no amount: what was paid towards it was owed.
        owed = found[index].setdefault("amount_fen", amount)
        if isinstance(owed, int) and amount < owed:
            said = [_part(each) if each.rule == index else each for each in said]
    return tuple(found), tuple(said), wrong


def _part(said: SaidPerformance) -> SaidPerformance:
    return SaidPerformance(said.rule, said.side, "partial", said.happened_on, said.amount_fen, said.note)


def _milestone(milestone: Mapping[str, Any], rules: OcdsRules) -> dict[str, Any] | None:
    """The obligation a milestone stands for; none where its day or its kind is not known: it stays in the release."""
    own = _own(milestone)
    title = str(milestone.get("title") or milestone.get("description") or "").strip()[:200]
    if "terms" in own:
        rule = {
            name: own[name]
            for name in ("side", "kind", "terms", "amount_fen", "share")
            if own.get(name) is not None
        }
        return {**rule, "title": title, "source": str(milestone.get("id"))}
    known = rules.milestones.get(str(milestone.get("type")))
    due = _day(milestone.get("dueDate"))
    if known is None or due is None or not title:
        return None
    return {**known, "title": title, "terms": {"on": due.isoformat()}, "source": str(milestone.get("id"))}


def _said_of(place: int, index: int, written: Any) -> tuple[list[SaidPerformance], list[RowProblem]]:
    """What a package of this register's own shape says was said; anybody may write one."""
    found: list[SaidPerformance] = []
    wrong: list[RowProblem] = []
    for told in written if isinstance(written, list) else [written]:
        one = told if isinstance(told, dict) else {}
        on, amount = _day(one.get("on")), one.get("amount_fen")
        whole = amount is None or (isinstance(amount, int) and not isinstance(amount, bool) and amount >= 0)
        if one.get("side") not in _SIDES or one.get("what") not in _WHAT or on is None or not whole:
            wrong.append(
                RowProblem(
                    place,
                    f"milestones/{OWN}/said",
                    "",
                    "say side, what, on (a day) and, in fen, amount_fen",
                    "履约记录应有 side、what、on（日期），金额 amount_fen 为以分为单位的整数",
                )
            )
            continue
        found.append(SaidPerformance(index, one["side"], one["what"], on, amount, str(one.get("note") or "")))
    return found, wrong


def kept_release(
    release: Mapping[str, Any], contract: Mapping[str, Any], award: Mapping[str, Any], rules: OcdsRules
) -> dict[str, Any]:
    """What of a release is kept with one of its contracts: its process, its award and itself, without the others and
    without what is dropped (persons' telephones).
    """
    kept = {name: value for name, value in release.items() if name not in ("awards", "contracts")}
    if award:
        kept["awards"] = [award]
    if contract:
        kept["contracts"] = [contract]
    cleaned: dict[str, Any] = _without(kept, rules.dropped)
    return cleaned


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    return value


@dataclass(frozen=True, slots=True)
class OutgoingPerformance:
    """What a side has said, as it is given out."""

    side: str
    what: str
    happened_on: date
    amount_fen: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingObligation:
    """An obligation as it is given out. `source`: how the release it came with calls it."""

    ordinal: int
    side: str
    kind: str
    title: str
    terms: Mapping[str, Any]
    due_on: date | None
    amount_fen: int | None
    done_fen: int
    state: str
    performed_on: date | None
    performances: tuple[OutgoingPerformance, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A contract as it is given out."""

    number: str
    fields: ContractFields
    state: str
    unit_code: str
    unit_name: str
    updated_at: datetime
    ocid: str = ""
    source_reference: str = ""
    release: Mapping[str, Any] = field(default_factory=dict)
    obligations: tuple[OutgoingObligation, ...] = ()


def write_package(contracts: Iterable[Outgoing], *, uri: str, now: datetime) -> dict[str, Any]:
    """A release package of these contracts, one release each."""
    rules = gathering_rules().ocds
    return {
        "uri": uri,
        "version": rules.version,
        "publishedDate": _moment(now),
        "publisher": {"name": rules.publisher},
        "releases": [write_release(each, rules) for each in contracts],
    }


def write_release(contract: Outgoing, rules: OcdsRules) -> dict[str, Any]:
    """One contract as a release: what its source said, and our values over it."""
    kept = copy.deepcopy(dict(contract.release))
    before = (kept.get("contracts") or [{}])[0]
    award_before = (kept.get("awards") or [{}])[0]
    ocid = contract.ocid or f"{rules.prefix}-{contract.number}"
    release: dict[str, Any] = {
        **kept,
        "ocid": ocid,
        "id": f"{ocid}-{contract.number}-{contract.updated_at:%Y%m%d%H%M%S}",
        "date": _moment(contract.updated_at),
        "tag": ["contract", "implementation"] if contract.obligations else ["contract"],
        "initiationType": "tender",
        "language": kept.get("language") or rules.language,
    }
    if not kept:
        _write_parties(release, contract, rules)
        category = rules.kinds.get(contract.fields.kind)
        release["tender"] = {
            "id": ocid,
            "title": contract.fields.title,
            **({"mainProcurementCategory": category} if category else {}),
        }
    written, award = _write_contract(contract, before, award_before, release, rules)
    release["contracts"] = [written]
    release["awards"] = [award]
    return release


def _write_parties(release: dict[str, Any], contract: Outgoing, rules: OcdsRules) -> None:
    unit = f"{rules.unit_scheme}-{contract.unit_code}"
    release["buyer"] = {"id": unit, "name": contract.unit_name}
    release["parties"] = [
        {
            "id": unit,
            "name": contract.unit_name,
            "identifier": {
                "scheme": rules.unit_scheme,
                "id": contract.unit_code,
                "legalName": contract.unit_name,
            },
            "roles": ["buyer"],
        },
        *(
            {
                "id": code,
                "name": name,
                **(
                    {"identifier": {"scheme": rules.schemes[0], "id": given, "legalName": name}}
                    if given
                    else {}
                ),
                "roles": ["supplier"],
            }
            for code, name, given in _suppliers(contract, rules)
        ),
    ]


def _suppliers(contract: Outgoing, rules: OcdsRules) -> list[tuple[str, str, str]]:
    fields = contract.fields
    every = [(fields.counterparty_name, fields.counterparty_code)] + [
        (each.name, each.code) for each in fields.others
    ]
    return [
        (f"{rules.schemes[0]}-{code}" if code else f"{contract.number}-{place}", name, code)
        for place, (name, code) in enumerate(every, 1)
    ]


def _write_contract(
    contract: Outgoing,
    before: Mapping[str, Any],
    award_before: Mapping[str, Any],
    release: Mapping[str, Any],
    rules: OcdsRules,
) -> tuple[dict[str, Any], dict[str, Any]]:
    fields = contract.fields
    code = before.get("id") or contract.number
    award_id = before.get("awardID") or award_before.get("id") or code
    written: dict[str, Any] = {
        **before,
        "id": code,
        "awardID": award_id,
        "status": _same_status(before.get("status"), contract.state, rules),
        OWN: {
            **_own(before),
            "kind": fields.kind,
            "direction": fields.direction,
            "counterparty_kind": fields.counterparty_kind,
            "counterparty_size": fields.counterparty_size,
            "reference": fields.reference,
            "open_ended": fields.open_ended,
            "note": fields.note,
            "number": contract.number,
        },
    }
    # The title the award or the tender gave stays theirs, as long as it is the same.
    given = before.get("title") or award_before.get("title") or (release.get("tender") or {}).get("title")
    if before.get("title") or str(given or "").strip() != fields.title:
        written["title"] = (
            before["title"] if str(before.get("title")).strip() == fields.title else fields.title
        )
    if fields.amount_fen is not None:
        written["value"] = _value(before.get("value") or award_before.get("value"), fields)
    if fields.signed_on is not None:
        written["dateSigned"] = _same_day(before.get("dateSigned"), fields.signed_on)
    period = dict(before.get("period") or award_before.get("contractPeriod") or {})
    if _period(period) != (fields.starts_on, fields.ends_on):
        period = {
            **(
                {"startDate": _same_day(period.get("startDate"), fields.starts_on)}
                if fields.starts_on
                else {}
            ),
            **({"endDate": _same_day(period.get("endDate"), fields.ends_on)} if fields.ends_on else {}),
        }
    if period:
        written["period"] = period
    if contract.obligations:
        written["implementation"] = _implementation(contract, before)
        # A milestone said in both places would be read twice.
        ours = {str(each["id"]) for each in written["implementation"]["milestones"]}
        rest = [each for each in before.get("milestones") or () if str(each.get("id")) not in ours]
        written.pop("milestones", None)
        if rest:
            written["milestones"] = rest
    award = dict(award_before) or {
        "id": award_id,
        "title": fields.title,
        "status": "active",
        "suppliers": [{"id": code, "name": name} for code, name, _ in _suppliers(contract, rules)],
    }
    return written, award


def _same_status(before: Any, state: str, rules: OcdsRules) -> str:
    """The publisher's own word while it means the same."""
    now = rules.states[state]
    return str(before) if before and rules.statuses.get(str(before)) == rules.statuses.get(now) else now


def _same_day(before: Any, day: date) -> str:
    """The publisher's own date-time while it is the same day."""
    return str(before) if _day(before) == day else f"{day.isoformat()}T00:00:00Z"


def _value(before: Any, fields: ContractFields) -> dict[str, Any]:
    assert fields.amount_fen is not None
    if isinstance(before, dict) and _fen(before.get("amount")) == fields.amount_fen:
        return dict(before)
    return {**(before or {}), "amount": _amount(fields.amount_fen), "currency": fields.currency}


def _amount(fen: int) -> float | int:
    return fen // 100 if fen % 100 == 0 else float(Decimal(fen) / 100)


def _implementation(contract: Outgoing, before: Mapping[str, Any]) -> dict[str, Any]:
    rules = gathering_rules().ocds
    kept = dict(before.get("implementation") or {})
    milestones = {
        str(each.get("id")): each
        for each in (*(before.get("milestones") or ()), *(kept.get("milestones") or ()))
    }
    transactions = {str(each.get("id")): each for each in kept.get("transactions") or ()}
    written: dict[str, dict[str, Any]] = {}
    paid: dict[str, dict[str, Any]] = {}
    for obligation in contract.obligations:
        code = obligation.source or f"{contract.number}-{obligation.ordinal}"
        if code in transactions and code not in milestones:
            # It came as a payment; the milestone says what the payment does not.
            own_transaction = code
            code = f"{contract.number}-{obligation.ordinal}"
        else:
            own_transaction = ""
        written[code] = _write_milestone(obligation, milestones.get(code, {}), code, rules)
        for place, said in enumerate(obligation.performances, 1):
            if (
                said.amount_fen is None
                or said.side != obligation.side
                or said.what not in ("done", "partial")
            ):
                continue
            name = own_transaction or _reference(said, rules) or f"{code}-{place}"
            earlier = transactions.get(name, {})
            paid[name] = {
                **earlier,
                "id": earlier.get("id", name),
                "date": _same_day(earlier.get("date"), said.happened_on),
                "value": _value(earlier.get("value"), _priced(contract.fields, said.amount_fen)),
                "relatedImplementationMilestone": {"id": code, "title": obligation.title},
            }
    result = {**kept, "milestones": [*written.values(), *_rest(milestones, written)]}
    others = _rest(transactions, paid)
    if paid or others:
        result["transactions"] = [*paid.values(), *others]
    return result


def _reference(said: OutgoingPerformance, rules: OcdsRules) -> str:
    """How the source called a payment: it stands in the note of what was said."""
    return said.note.removeprefix(rules.payment_note) if said.note.startswith(rules.payment_note) else ""


def _rest(before: Mapping[str, Mapping[str, Any]], written: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(each) for code, each in before.items() if code not in written]


def _priced(fields: ContractFields, fen: int) -> ContractFields:
    return ContractFields(
        title="", kind="", signed_on=None, counterparty_name="", amount_fen=fen, currency=fields.currency
    )


def _write_milestone(
    obligation: OutgoingObligation, before: Mapping[str, Any], code: str, rules: OcdsRules
) -> dict[str, Any]:
    written: dict[str, Any] = {
        **before,
        "id": before.get("id", code),
        "title": before.get("title") or obligation.title,
        "type": before.get("type") or rules.types[obligation.kind],
        "status": _milestone_status(obligation),
        OWN: {
            "side": obligation.side,
            "kind": obligation.kind,
            "terms": dict(obligation.terms),
            "amount_fen": obligation.amount_fen,
            "said": [
                {
                    "side": each.side,
                    "what": each.what,
                    "on": each.happened_on.isoformat(),
                    "amount_fen": each.amount_fen,
                    "note": each.note,
                }
                for each in obligation.performances
            ],
        },
    }
    if obligation.due_on is not None:
        written["dueDate"] = _same_day(before.get("dueDate"), obligation.due_on)
    if obligation.performed_on is not None:
        written["dateMet"] = _same_day(before.get("dateMet"), obligation.performed_on)
    return written


def _milestone_status(obligation: OutgoingObligation) -> str:
    if obligation.state == "performed":
        return "met"
    if obligation.state == "partial":
        return "partiallyMet"
    return "notMet" if obligation.state in ("released", "dropped") else "scheduled"


def _moment(moment: datetime) -> str:
    return (
        moment.strftime("%Y-%m-%dT%H:%M:%S%z").replace("+0000", "Z")
        if moment.tzinfo
        else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    )
