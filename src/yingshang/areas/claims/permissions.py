"""What roles, mandates and the platform itself may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("claims.apply_own", "为本企业申请兑现", "claim for one's own enterprise"),
        Permission(
            "claims.confirm_own", "确认兑现和收款账户", "confirm claims and accounts of one's own enterprise"
        ),
        Permission("claims.view", "查看兑现申请", "see claims"),
        Permission("claims.review", "受理和审核兑现申请", "accept and review claims"),
        Permission("claims.approve", "核准兑现申请", "approve claims"),
        Permission("claims.manage_experts", "管理评审专家库", "keep the register of experts"),
        Permission("claims.score", "为兑现申请评分", "score claims as an expert"),
        Permission("claims.set_terms", "设定事项的兑现办理规则", "set how claims for an item are dealt with"),
        Permission("claims.manage_funds", "管理专项资金和预算", "manage funds and budgets"),
        Permission("claims.view_money", "查看资金、拨付和对账", "see funds, payments and reconciliation"),
        Permission("claims.pay", "编制拨付批次", "prepare payment batches"),
        Permission("claims.check_payments", "复核拨付批次", "check payment batches"),
        Permission("claims.reconcile", "处理对账差异", "explain differences with the bank"),
        Permission("claims.confirm_unpaid", "确认银行未执行", "find that a bank has not executed an order"),
        Permission("claims.recover", "追回已拨付资金", "ask paid money back"),
        Permission("claims.reconsider", "复核兑现决定", "decide on reconsiderations of claims"),
        Permission("claims.release", "处理监督熔断", "decide on what the circuit breaker stopped"),
    )
)
