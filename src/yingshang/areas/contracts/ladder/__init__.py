"""What happens around the day something is due: clocks, rungs, notices 督办单, cases 立案, transfers 移送, 销号."""


def register() -> None:
    """Make the clocks and documents of this package known, when Django starts."""
    from yingshang.kernel.clock.api import register_owner as register_clock_owner
    from yingshang.kernel.documents.api import register_owner

    from ..registering.agreement import AGREEMENTS, on_agreement_rung
    from .cancelling import CANCELLATIONS
    from .cases import CASES
    from .clocks import OBLIGATION_OWNER
    from .documents import may_read_notice, may_read_transfer
    from .notices import NOTICES
    from .rungs import on_obligation_rung, on_obligation_rungs
    from .step_rungs import on_cancellation_rung, on_case_rung, on_notice_rung, on_transfer_rung
    from .transfers import TRANSFERS

    register_clock_owner(OBLIGATION_OWNER, on_rung=on_obligation_rung, on_rungs=on_obligation_rungs)
    register_clock_owner(NOTICES, on_rung=on_notice_rung)
    register_clock_owner(CASES, on_rung=on_case_rung)
    register_clock_owner(TRANSFERS, on_rung=on_transfer_rung)
    register_clock_owner(CANCELLATIONS, on_rung=on_cancellation_rung)
    register_clock_owner(AGREEMENTS, on_rung=on_agreement_rung)
    register_owner(NOTICES, may_read=may_read_notice)
    register_owner(TRANSFERS, may_read=may_read_transfer)
