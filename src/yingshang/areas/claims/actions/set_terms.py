"""How claims for an item are dealt with: by whom, on which way, from which fund."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from yingshang.areas.policies.api import PublishedItem, published_items
from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import AgencyNotFound, get_agency
from yingshang.kernel.reference.api import UnknownFact, get_fact

from ..after.results import KINDS
from ..assessing.rules import as_data, as_field_data, field_rules, scoring_rules
from ..claim_forms import check_form
from ..errors import BudgetNotFound, InvalidTerms
from ..licences import check_fact
from ..line_tables import TYPES, columns_of
from ..models import Fund, ItemTerms
from ..models.claims import MODES
from ..ranking.places import first_come_only, rule_of
from ..reach import ensure_region
from ._steps import PLATFORM

PERIODS = ("year", "window", "once", "quarter", "month")
DUTIES = ("accept", "review", "approve", "pay")
REVIEWS = ("joint", "experts", "field")
RANKED_BY = ("approver", "platform")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agency sets for an item; the fields are those of `ItemTerms`."""

    agency_id: int
    mode: str
    fund_id: int
    period: str = "year"
    publicity_working_days: int = 5
    consent_working_days: int = 15
    needs_representative: bool = False
    separate: Sequence[str] = DUTIES
    reviews: Sequence[str] = ()
    joint_agencies: Sequence[int] = ()
    materials: Sequence[Mapping[str, Any]] = ()
    lines: Mapping[str, Any] = field(default_factory=dict)
    form_code: str = ""
    sample_percent: int = 10
    ranking_by: str = "approver"
    results: Sequence[Mapping[str, Any]] = ()
    scoring: Mapping[str, Any] = field(default_factory=dict)
    field_check: Mapping[str, Any] = field(default_factory=dict)
    promise_check_percent: int = 100
    reconsider_agency_id: int | None = None
    source: str = ""


@transaction.atomic
def set_terms(*, actor: Actor, code: str, terms: Terms, now: datetime) -> int:
    """Set or change the terms of an item in force. Claims that have begun keep their way.

    Raises InvalidTerms with the field, BudgetNotFound for a fund that does not exist.
    """
    scope = actor.require("claims.set_terms")
    item = _item(code, now)
    ensure_region(scope, item.region_path)
    _check(terms)
    rule = rule_of(code, timezone.localdate(now))
    if terms.mode == "instant" and rule is not None and rule[1].together:
        raise InvalidTerms(
            "whom a quota or a pool serves is known once everybody is; choose automatic, online or once",
            message_zh="该事项按名额排序或按比例分配，全部企业确定后才能核准，办理方式应为免申即享、零跑动或最多跑一次",
            field="mode",
        )
    problem = first_come_only(rule[1]) if terms.mode == "automatic" and rule is not None else None
    if problem is not None:
        raise InvalidTerms(problem[0], message_zh=problem[1], field="mode")
    # The money of the item's own region, of one above it or of one below it: never that of a neighbour.
    fund = Fund.objects.filter(pk=terms.fund_id).first()
    if fund is None or not _on_one_line(fund.region_path, item.region_path):
        raise BudgetNotFound(f"no fund {terms.fund_id}", message_zh="没有这项资金", value=terms.fund_id)
    _check_agencies(terms, item.region_path)
    row = ItemTerms.objects.select_for_update().filter(item_code=code).first()
    before = _plain(row) if row else None
    values = {
        "agency_id": terms.agency_id,
        "region_path": item.region_path,
        "mode": terms.mode,
        "fund": fund,
        "period": terms.period,
        "publicity_working_days": terms.publicity_working_days,
        "consent_working_days": terms.consent_working_days,
        "needs_representative": terms.needs_representative,
        "separate": list(terms.separate),
        "reviews": list(terms.reviews),
        "joint_agencies": list(terms.joint_agencies),
        "materials": [dict(each) for each in terms.materials],
        "lines": dict(terms.lines),
        "form_code": terms.form_code,
        "sample_percent": terms.sample_percent,
        "ranking_by": terms.ranking_by,
        "results": [dict(each) for each in terms.results],
        "scoring": as_data(scoring_rules(terms.scoring)) if terms.scoring else {},
        "field_check": as_field_data(field_rules(terms.field_check)) if terms.field_check else {},
        "promise_check_percent": terms.promise_check_percent,
        "reconsider_agency_id": terms.reconsider_agency_id,
        "source": terms.source[:400],
        "changed_at": now,
        "changed_by_name": actor.name,
    }
    if row is None:
        row = ItemTerms.objects.create(item_code=code, **values)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.revision += 1
        row.save()
    record(
        actor=actor,
        action="claims.terms_set",
        target=Target(
            "claim_terms", code, item.name, region_path=item.region_path, agency_id=terms.agency_id
        ),
        now=now,
        before=before,
        after=_plain(row),
    )
    return int(row.pk)


def _item(code: str, now: datetime) -> PublishedItem:
    found = next((each for each in published_items(day=timezone.localdate(now), codes=[code])), None)
    if found is None:
        raise InvalidTerms(
            f"{code} is not published", message_zh=f"“{code}”没有已发布的版本", field="code", value=code
        )
    return found


def _check(terms: Terms) -> None:
    for name, value, known in (
        ("mode", [terms.mode], MODES),
        ("period", [terms.period], PERIODS),
        ("separate", terms.separate, DUTIES),
        ("reviews", terms.reviews, REVIEWS),
        ("ranking_by", [terms.ranking_by], RANKED_BY),
    ):
        strange = [each for each in value if each not in known]
        if strange:
            raise InvalidTerms(
                f"{name}: {', '.join(strange)} is none of {', '.join(known)}",
                message_zh=f"{name} 应为以下之一：{'、'.join(known)}",
                field=name,
            )
    if not 0 <= terms.sample_percent <= 100:
        raise InvalidTerms(
            "the share drawn for a check lies between 0 and 100",
            message_zh="抽查比例应在 0 到 100 之间",
            field="sample_percent",
        )
    if not 0 <= terms.promise_check_percent <= 100:
        raise InvalidTerms(
            "the share of promises that are checked lies between 0 and 100",
            message_zh="承诺核查比例应在 0 到 100 之间",
            field="promise_check_percent",
        )
    codes = [str(each.get("code") or "") for each in terms.materials]
    if (
        len(set(codes)) < len(codes)
        or not all(codes)
        or not all(each.get("name") for each in terms.materials)
    ):
        raise InvalidTerms(
            "every material needs a code of its own and a name",
            message_zh="每项材料都要有名称和不重复的代码",
            field="materials",
        )
    for each in terms.materials:
        check_fact(each)
    check_form(terms.form_code)
    _check_lines(terms)
    _check_assessing(terms)
    _check_results(terms)
    if terms.mode == "instant" and (terms.reviews or terms.publicity_working_days):
        raise InvalidTerms(
            "what is granted at once has no review and no publicity before payment",
            message_zh="即申即享的事项不设审核环节和事前公示",
            field="mode",
        )


def _on_one_line(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _check_agencies(terms: Terms, region_path: str) -> None:
    """That whoever carries it out, or joins the review, is there, and not of another place."""
    wanted = [("agency_id", terms.agency_id), *(("joint_agencies", each) for each in terms.joint_agencies)]
    for name, number in wanted:
        try:
            known = _on_one_line(get_agency(actor=PLATFORM, agency_id=number).region_path, region_path)
        except AgencyNotFound:
            known = False
        if not known:
            raise InvalidTerms(
                f"{name}: no agency {number} of this place; choose one of the list",
                message_zh=f"本地区没有编号为 {number} 的机构，请从列表中选择",
                field=name,
                value=number,
            )


def _check_lines(terms: Terms) -> None:
    if not terms.lines:
        return
    try:
        columns = columns_of(terms.lines)
    except TypeError:
        columns = ()
    codes = [each.code for each in columns]
    if not columns or not str(terms.lines.get("name") or ""):
        raise InvalidTerms(
            "a table of line items needs a name and columns with code and name",
            message_zh="明细表要有名称，并至少有一列（代码和列名）",
            field="lines",
        )
    if len(set(codes)) < len(codes) or any(each.type not in TYPES for each in columns):
        raise InvalidTerms(
            f"columns need codes of their own, and a type of {', '.join(TYPES)}",
            message_zh="各列的代码不能重复，类型应为以下之一：" + "、".join(TYPES),
            field="lines",
        )


def _check_results(terms: Terms) -> None:
    """What is told the register can be told, and taken back: a column of the catalogue, once, of a type that fits."""
    told: set[str] = set()
    for each in terms.results:
        column, source = str(each.get("column") or ""), str(each.get("from") or "")
        if source not in KINDS:
            raise _no_result(
                f"{column or 'a result'}: from {source or 'nothing'} is none of {', '.join(KINDS)}",
                f"结果回流“{column}”：from 应为以下之一：{'、'.join(KINDS)}（金额、是否或多少获得）；"
                "日期不能回流，因为资金退回后无法收回",
            )
        try:
            fact = get_fact(column)
        except UnknownFact as unknown:
            raise _no_result(unknown.message, f"结果回流：{unknown.message_zh}") from None
        if fact.code != column or column in told:
            raise _no_result(
                f"name {fact.code} itself, and once",
                f"结果回流请填写“{fact.code}”本身（年度由付款日期决定），并且不要重复",
            )
        told.add(column)
        kinds = ("number",) if fact.series else KINDS[source]
        if fact.type not in kinds or (fact.series and (source != "amount" or fact.series != "year")):
            raise _no_result(
                f"{column} is {fact.series or 'no'} series of type {fact.type}; {source} is told to {', '.join(kinds)}",
                f"“{column}”（{fact.name}）的类型或序列不适合结果回流“{source}”，请选择"
                + ("数值型的年度序列或数值" if source == "amount" else "是否型或数值型、不分年度的列"),
            )


def _no_result(message: str, message_zh: str) -> InvalidTerms:
    return InvalidTerms(message, message_zh=message_zh, field="results")


def _check_assessing(terms: Terms) -> None:
    """That what the review needs is described, and what is described is needed."""
    for review, described, name, words in (
        ("experts", terms.scoring, "scoring", "专家评审"),
        ("field", terms.field_check, "field_check", "实地核查"),
    ):
        if (review in terms.reviews) != bool(described):
            raise InvalidTerms(
                f"{name} and `{review}` among the reviews go together",
                message_zh=f"勾选“{words}”须同时填写它的规则；不需要的，请清空规则",
                field=name,
            )
    if terms.scoring:
        scoring_rules(terms.scoring)
    if terms.field_check:
        field_rules(terms.field_check)


def _plain(row: ItemTerms) -> dict[str, Any]:
    plain = model_to_dict(row, exclude=["id", "revision", "changed_at", "changed_by_name"])
    return {name: value for name, value in plain.items() if value not in (None, "", [], {})}
