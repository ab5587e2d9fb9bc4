"""A decision told to a person: as a tree in Chinese or English, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.values import OpenContext, Unknown, plain
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.change import Change, grouped, least_changes
from yingshang.rules.policy.decide import (
    Amount,
    ConditionResult,
    Decision,
    Entitlement,
    FactValue,
    Outcome,
    label_of,
)

OUTCOME_WORDS = {
    "zh": {
        Entitlement.ENTITLED: "符合",
        Entitlement.REFUSED: "不符合",
        Entitlement.UNDECIDED: "尚不能确定",
        Entitlement.ERROR: "出错",
    },
    "en": {
        Entitlement.ENTITLED: "entitled",
        Entitlement.REFUSED: "not entitled",
        Entitlement.UNDECIDED: "cannot say yet",
        Entitlement.ERROR: "error",
    },
}
MARKS = {Outcome.TRUE: "✓", Outcome.FALSE: "✗", Outcome.UNKNOWN: "?", Outcome.ERROR: "!"}


def explain_text(
    decision: Decision, facts: Mapping[str, Any], catalogue: FactCatalogue | None = None, language: str = "zh"
) -> str:
    """The decision as an indented tree, each line one condition with what it saw."""
    return "\n".join(_lines(decision, facts, catalogue, language))


def _lines(
    decision: Decision, facts: Mapping[str, Any], catalogue: FactCatalogue | None, language: str
) -> Iterator[str]:
    chinese = language == "zh"
    program = decision.program
    yield f"{program.id} {program.name}"
    yield f"{'结论' if chinese else 'Outcome'}: {OUTCOME_WORDS[language][decision.outcome]}"
    document = program.item.data.get("document") or {}
    if document:
        number = f" {document['number']}" if document.get("number") else ""
        title = f"{document.get('title', '')}{number} {document.get('url', '')}".rstrip()
        yield f"{'依据' if chinese else 'Document'}: {title}"
    yield f"{'截至' if chinese else 'As of'}: {program.as_of}"
    if decision.amount is not None:
        limit = (
            ("（不超过）" if chinese else " (at most)") if program.item.data["benefit"].get("at_most") else ""
        )
        yield f"{'金额' if chinese else 'Amount'}: {amount_text(decision.amount, language)}{limit}"
        if decision.amount.missing:
            yield f"  {_still_to_be_known(decision.amount.missing, catalogue, chinese)}"
    elif program.benefit.grants:
        yield f"{'给予' if chinese else 'Grants'}: {program.benefit.grants}"
    for payment in decision.payments:
        amount = money(payment.amount) if payment.amount is not None else "?"
        yield f"  {MARKS[payment.due]} {payment.text or payment.id}: {amount}{' 元' if chinese else ' yuan'}"
    for who, portion in (*decision.recipients, *decision.shares):
        yield f"  {who}: {money(portion)}{' 元' if chinese else ' yuan'}"
    yield ""
    yield "条件" if chinese else "Conditions"
    for part in decision.reason.parts:
        yield from _condition(part, 1, language)
    if decision.missing:
        yield ""
        yield _still_to_be_known(decision.missing, catalogue, chinese)
    changes = least_changes(decision, facts, catalogue)
    if changes:
        yield ""
        yield "若要符合" if chinese else "To be entitled"
        for change in changes:
            yield f"  → {change.text_zh() if chinese else change.text()}"
        open_facts = {name for part in decision.reason.parts for name in part.missing}
        if open_facts:
            yield f"  {_still_to_be_known(sorted(open_facts), catalogue, chinese)}"
    elif not program.in_force:
        yield ""
        yield "判定日不在政策有效期内。" if chinese else "The policy is not in force on that day."


def _still_to_be_known(names: Sequence[str], catalogue: FactCatalogue | None, chinese: bool) -> str:
    labels = [label(catalogue, name) for name in names]
    return f"还需要知道: {'、'.join(labels)}" if chinese else f"Still to be known: {', '.join(labels)}"


def _condition(result: ConditionResult, depth: int, language: str) -> Iterator[str]:
    indent = "  " * depth
    written = result.parts[0].clause.clause if result.operator == "not" else result.clause.clause
    clause = f"（{written}）" if written else ""
    if result.operator == "at least":
        rule = f" [至少 {result.count} 项]" if language == "zh" else f" [at least {result.count}]"
    else:
        rule = ""
    yield f"{indent}{MARKS[result.outcome]} {result.clause.text}{clause}{rule}"
    if result.operator == "not" and len(result.parts) == 1:
        yield from _facts(result.parts[0], depth + 1, language)
        for part in result.parts[0].parts:
            yield from _condition(part, depth + 1, language)
        return
    yield from _facts(result, depth + 1, language)
    for part in result.parts:
        yield from _condition(part, depth + 1, language)


def _facts(result: ConditionResult, depth: int, language: str) -> Iterator[str]:
    for fact in result.facts:
        source = f"〔{fact.agency}〕" if fact.agency else ""
        yield f"{'  ' * depth}· {fact.name} = {value_text(fact, language)}{source}"
    if result.failure is not None:
        yield f"{'  ' * depth}! {result.failure.message_zh if language == 'zh' else result.failure.message}"


def value_text(fact: FactValue, language: str = "zh") -> str:
    """A fact's value for a person: unknown is said, numbers have separators and units."""
    value = fact.value
    if value.__class__ is Unknown:
        return "未知" if language == "zh" else "unknown"
    if value.__class__ is Decimal:
        return f"{grouped(value)} {fact.unit or ''}".rstrip()
    if isinstance(value, bool):
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    if isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            return f"{len(value)} 条" if language == "zh" else f"{len(value)} lines"
        return "、".join(text_of(each, top=True) for each in value) or ("无" if language == "zh" else "none")
    return text_of(value, top=True)


def amount_text(amount: Amount, language: str = "zh") -> str:
    """An amount in yuan, or what is known of it."""
    unit = " 元" if language == "zh" else " yuan"
    if amount.value is not None:
        return money(amount.value) + unit
    if amount.failure is not None:
        return amount.failure.message_zh if language == "zh" else amount.failure.message
    low = money(amount.at_least or Decimal(0))
    if amount.at_most is None:
        return f"未定（不低于 {low}{unit}）" if language == "zh" else f"not known (at least {low}{unit})"
    return f"{low} – {money(amount.at_most)}{unit}"


def money(value: Decimal) -> str:
    """Yuan with separators; jiao and fen if there are any."""
    return f"{value:,.2f}".removesuffix(".00")


def label(catalogue: FactCatalogue | None, name: str) -> str:
    """The Chinese name of a missing fact with its code, such as 参保人数 (emp.insured_count)."""
    fact = catalogue.fact_of_column(name) if catalogue else None
    return f"{label_of(fact, name)} ({name})" if fact and fact.name != name else name


# --- JSON ---------------------------------------------------------------------------------------------------------


def explain_data(
    decision: Decision, facts: Mapping[str, Any], catalogue: FactCatalogue | None = None
) -> dict[str, Any]:
    """The decision as JSON-ready data: numbers as text, so that no fen is lost."""
    program = decision.program
    return {
        "item": program.id,
        "name": program.name,
        "version": program.item.data.get("version"),
        "as_of": str(program.as_of),
        "in_force": program.in_force,
        "window_open": program.window_open,
        "outcome": str(decision.outcome),
        "amount": _amount_data(decision.amount),
        "amount_is_a_limit": bool(program.item.data["benefit"].get("at_most")),
        "grants": program.benefit.grants,
        "missing": [{"fact": name, "name": label(catalogue, name)} for name in decision.missing],
        "conditions": [_condition_data(part) for part in decision.reason.parts],
        "changes": [_change_data(each) for each in least_changes(decision, facts, catalogue)],
        "payments": [
            {
                "id": each.id,
                "text": each.text,
                "due": str(each.due),
                "payable": str(each.payable),
                "amount": None if each.amount is None else plain(each.amount),
                "after": each.after,
            }
            for each in decision.payments
        ],
        "shares": {who: plain(amount) for who, amount in decision.shares},
        "recipients": {who: plain(amount) for who, amount in decision.recipients},
        "parameters": [
            {"name": each.name, "value": plain_value(each.value), "unit": each.unit, "source": each.source}
            for each in program.parameters
        ],
        "document": {key: str(value) for key, value in (program.item.data.get("document") or {}).items()},
    }


def _amount_data(amount: Amount | None) -> dict[str, Any] | None:
    if amount is None:
        return None
    return {
        "value": None if amount.value is None else plain(amount.value),
        "at_least": None if amount.at_least is None else plain(amount.at_least),
        "at_most": None if amount.at_most is None else plain(amount.at_most),
        "missing": list(amount.missing),
        "error": amount.failure.message if amount.failure else None,
    }


def _condition_data(result: ConditionResult) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": result.id,
        "operator": result.operator,
        "text": result.clause.text,
        "clause": result.clause.clause,
        "outcome": str(result.outcome),
    }
    if result.facts:
        data["facts"] = [
            {
                "fact": each.code,
                "name": each.name,
                "value": None if each.value.__class__ is Unknown else plain_value(each.value),
                "known": each.value.__class__ is not Unknown,
                "unit": each.unit,
                "source": each.agency,
            }
            for each in result.facts
        ]
    if result.missing:
        data["missing"] = list(result.missing)
    if result.failure is not None:
        data["error"] = {"message": result.failure.message, "message_zh": result.failure.message_zh}
    if result.clause.evidence:
        data["evidence"] = list(result.clause.evidence)
    if result.clause.materials:
        data["materials"] = list(result.clause.materials)
    if result.operator == "at least":
        data["at_least"] = result.count
    if result.parts:
        data["parts"] = [_condition_data(each) for each in result.parts]
    return data


def _change_data(change: Change) -> dict[str, Any]:
    return {
        "condition": change.condition,
        "fact": change.fact,
        "name": change.name,
        "current": plain_value(change.current),
        "needed": change.needed,
        "gap": None if change.gap is None else plain(change.gap),
        "unit": change.unit,
        "on": None if change.on is None else str(change.on),
        "text": change.text(),
        "text_zh": change.text_zh(),
    }


def plain_value(value: Any) -> Any:
    """A FEEL value as JSON: numbers and temporal values as text, unknown parts as null."""
    if value is None or isinstance(value, bool | str):
        return value
    if value.__class__ is Decimal:
        return plain(value)
    if value.__class__ is Unknown:
        return None
    if isinstance(value, list):
        return [plain_value(each) for each in value]
    if isinstance(value, dict | OpenContext):
        return {key: plain_value(each) for key, each in value.items()}
    return str(value)
