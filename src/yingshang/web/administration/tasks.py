"""What these pages start and do not wait for."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from yingshang.kernel.jobs.api import Run, job
from yingshang.kernel.ledger.api import AuditProgress, InconsistentLog, audit_log


@job(name="ledger.audit")
def audit_the_log(run: Run, **_: Any) -> None:
    """Reread every event. What contradicts fails the job, so that nobody overlooks it."""

    def told(progress: AuditProgress) -> None:
        run.report(done=progress.done, total=progress.total)

    report = audit_log(progress=told)
    run.points_to(reverse("administration:log"))
    if report.problems:
        first = report.problems[0]
        raise InconsistentLog(
            f"{report.count} contradictions: " + "; ".join(each.message for each in report.problems[:10]),
            message_zh=f"发现 {report.count} 处矛盾："
            + "；".join(each.message_zh for each in report.problems[:10]),
            event_id=first.event_id,
        )
    run.report(
        message=f"日志 {report.size} 条与记录逐条一致，{report.checkpoints} 个检查点、"
        f"{report.cosignatures} 个见证签名全部正确，{report.unsequenced} 条待归档"
    )
