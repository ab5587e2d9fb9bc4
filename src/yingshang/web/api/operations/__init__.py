"""The operations, by subject. A function is one operation; its mark says who may use it."""

from __future__ import annotations

from . import (
    account,
    agencies,
    calendars,
    claims_automatic,
    claims_publicity,
    credit_codes,
    events,
    imports,
    jobs,
    log,
    parties,
    policies_evaluation,
    policies_library,
    policies_matching,
    policies_outreach,
    policies_review,
    policies_sandbox,
    problem_types,
    reference,
    tasks,
)

ROUTERS = (
    account.router,
    reference.router,
    parties.router,
    policies_library.router,
    policies_matching.router,
    policies_sandbox.router,
    policies_review.router,
    policies_outreach.router,
    policies_evaluation.router,
    claims_automatic.router,
    claims_publicity.router,
    agencies.router,
    calendars.router,
    credit_codes.router,
    imports.router,
    jobs.router,
    tasks.router,
    events.router,
    log.router,
    problem_types.router,
)
