"""Funds and what is set aside in them."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..errors import BudgetNotFound, InvalidBudget
from ..journal import moved, write_entry
from ..models import Budget, BudgetChange, Fund
from ..models.funding import LEVELS
from ..reach import ensure_region


@transaction.atomic
def create_fund(
    *,
    actor: Actor,
    code: str,
    name: str,
    agency_id: int,
    region_path: str,
    channel: str,
    payer_name: str,
    payer_account: str,
    payer_bank_name: str = "",
    payer_bank_code: str = "",
    demonstration: bool = False,
    now: datetime,
) -> int:
    """A fund of an agency within the actor's reach, and the account it pays from. Raises InvalidBudget."""
    scope = actor.require("claims.manage_funds")
    ensure_region(scope, region_path)
    if not code.strip() or not name.strip() or not payer_account.strip():
        raise InvalidBudget(
            "a fund needs a code, a name and the account it pays from",
            message_zh="资金须有编号、名称和付款账号",
            field="code" if not code.strip() else "name" if not name.strip() else "payer_account",
        )
    try:
        with transaction.atomic():
            fund = Fund.objects.create(
                code=code.strip(),
                name=name.strip(),
                agency_id=agency_id,
                region_path=region_path,
                channel=channel,
                payer_name=payer_name.strip() or name.strip(),
                payer_account=payer_account.replace(" ", ""),
                payer_bank_name=payer_bank_name.strip(),
                payer_bank_code=payer_bank_code.strip(),
                demonstration=demonstration,
                created_at=now,
            )
    except IntegrityError:
        raise InvalidBudget(
            f"the code {code} is taken", message_zh=f"资金编号“{code}”已被使用", field="code", value=code
        ) from None
    record(
        actor=actor,
        action="claims.fund_created",
        target=Target("fund", str(fund.pk), fund.name, region_path=region_path, agency_id=agency_id),
        now=now,
        after={"code": fund.code, "channel": channel},
    )
    return int(fund.pk)


@transaction.atomic
def set_budget(
    *,
    actor: Actor,
    fund_id: int,
    year: int,
    level: str,
    amount_fen: int,
    reason: str,
    region_path: str = "",
    now: datetime,
) -> int:
    """What a level sets aside in a fund for a year, from now on; the number of the budget.

    The first time creates it. Raises BudgetNotFound for a fund out of reach, and InvalidBudget for less than what is
    reserved and spent already.
    """
    scope = actor.require("claims.manage_funds")
    fund = scope.filter(Fund.objects.all(), region="region_path").filter(pk=fund_id).first()
    if fund is None:
        raise BudgetNotFound(f"no fund {fund_id}", message_zh="没有这项资金", value=fund_id)
    if level not in LEVELS:
        raise InvalidBudget(f"{level} is no level", message_zh="请选择财政层级", field="level", value=level)
    if amount_fen < 0:
        raise InvalidBudget(
            "a budget is no less than nothing", message_zh="预算不能为负数", field="amount", value=amount_fen
        )
    if not reason.strip():
        raise InvalidBudget(
            "name the document that sets it aside", message_zh="请填写安排预算的依据（文件）", field="reason"
        )
    row = (
        Budget.objects.select_for_update()
        .filter(fund=fund, year=year, level=level, region_path=region_path)
        .first()
    )
    if row is not None and row.amount_fen == amount_fen:
        # It is that already: nothing is set aside, and nothing to be told.
        return int(row.pk)
    if row is None:
        row = Budget.objects.create(
            fund=fund, year=year, level=level, region_path=region_path, amount_fen=0, changed_at=now
        )
    change = amount_fen - row.amount_fen
    if amount_fen < row.reserved_fen + row.spent_fen:
        taken = row.reserved_fen + row.spent_fen
        raise InvalidBudget(
            f"{taken / 100:.2f} yuan of it are reserved or spent; it cannot be less",
            message_zh=f"已预留和支出 {taken / 100:.2f} 元，预算不能低于这个数",
            field="amount",
            value=amount_fen,
        )
    before = row.amount_fen
    row.amount_fen, row.changed_at, row.revision = amount_fen, now, row.revision + 1
    row.save(update_fields=["amount_fen", "changed_at", "revision"])
    event = record(
        actor=actor,
        action="claims.budget_set",
        target=Target("budget", str(row.pk), f"{fund.name} {year} {level}", region_path=fund.region_path),
        now=now,
        before={"amount_fen": before},
        after={"amount_fen": amount_fen},
        reason=reason.strip()[:400],
    )
    if change:
        BudgetChange.objects.create(
            budget=row,
            amount_fen=change,
            reason=reason.strip()[:400],
            changed_at=now,
            changed_by_name=actor.name,
        )
        write_entry(
            moved(row.pk, change, source="appropriated", to="free"),
            kind="appropriated",
            reference=f"budget:{row.pk}",
            told=reason.strip(),
            event_id=event,
            now=now,
        )
    return int(row.pk)
