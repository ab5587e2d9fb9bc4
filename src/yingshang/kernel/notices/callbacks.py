"""What gateways report: delivered, read, failed. Signed, within a window of time, each request taken in once."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from .channels.gateway import signature
from .channels.http_gateways import gateway_settings
from .errors import BadSignature, InvalidReport, ReplayedReport, StaleReport, UnknownGateway
from .models import STATES, Delivery, GatewayReport

logger = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=5)
"""How far the time of a signature may lie from now, either way."""

OLDEST = timedelta(days=366)
"""How long ago something may have happened: an older time is a gateway's mistake, and may be none that can be read
back."""

MOST_REPORTS = 1_000
LARGEST_BODY = 256 * 1024
_RANK = {state: rank for rank, state in enumerate(STATES)}
_CHANGED = ("state", "next_try_at", "secret_body", "sent_at", "delivered_at", "read_at", "error")
_REPORTED = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED})


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What a request came to: `applied` changed a state, `known` told nothing new, `unknown` is about no message
    of ours.
    """

    applied: int
    known: int
    unknown: int


@dataclass(frozen=True, slots=True)
class _Report:
    reference: str
    state: str
    error: str
    at: datetime


def receive_reports(*, gateway: str, timestamp: str, signed: str, body: bytes, now: datetime) -> ReportResult:
    """Take in what a gateway reports.

    `signed` is the hexadecimal HMAC-SHA256 of the timestamp (seconds since 1970), a full stop and the body, under the
    gateway's `callback_secret`. The body is {"reports": [{"id", "state", "at", "error"}]} or one report alone;
    `id` is the one the gateway was given. A state never goes back: what was read is not delivered again, and what
    was delivered has not failed. Raises UnknownGateway, BadSignature, StaleReport, ReplayedReport, InvalidReport;
    then nothing is taken in.
    """
    secret = str(gateway_settings(gateway).get("callback_secret", ""))
    if not secret:
        raise UnknownGateway(
            f"no gateway {gateway!r} reports here", message_zh=f"没有配置“{gateway}”的回执", value=gateway
        )
    # Who cannot sign learns nothing, not even whether the time would have been right.
    expected = signature(secret, timestamp, body)
    if not hmac.compare_digest(expected.encode(), signed.strip().lower().encode()):
        raise BadSignature(
            "X-Signature is not the HMAC-SHA256 of X-Timestamp, a full stop and the body",
            message_zh="签名不符：X-Signature 应为 X-Timestamp、句点与正文的 HMAC-SHA256",
        )
    if not timestamp.isdecimal() or len(timestamp) > 12:
        raise StaleReport(
            "X-Timestamp has to be seconds since 1970", message_zh="X-Timestamp 应为1970年以来的秒数"
        )
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise StaleReport(
            f"signed more than {WINDOW.seconds // 60} minutes ago, or in the future; sign anew",
            message_zh=f"签名时间与现在相差超过{WINDOW.seconds // 60}分钟，请重新签名",
        )
    reports = _read(body, now)
    with transaction.atomic():
        _, new = GatewayReport.objects.get_or_create(
            gateway=gateway,
            signature=expected,
            defaults={"received_at": now, "reports": len(reports)},
        )
        if not new:
            raise ReplayedReport("this very request was taken in before", message_zh="这个请求已经收到过")
        result = _apply(gateway, reports)
    logger.info(
        "gateway reported",
        gateway=gateway,
        applied=result.applied,
        known=result.known,
        unknown=result.unknown,
    )
    return result


def _apply(gateway: str, reports: list[_Report]) -> ReportResult:
    rows = {
        row.reference: row
        for row in Delivery.objects.select_for_update()
        .filter(reference__in={report.reference for report in reports}, message__channel=gateway)
        .order_by("pk")
    }
    applied = known = unknown = 0
    for report in reports:
        row = rows.get(report.reference)
        if row is None:
            unknown += 1
        elif _take(row, report):
            applied += 1
        else:
            known += 1
    if applied:
        # One statement however many rows: each is there and locked, so this only ever updates.
        Delivery.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["message"],
            update_fields=_CHANGED,
        )
    return ReportResult(applied, known, unknown)


def _take(row: Delivery, report: _Report) -> bool:
    """Put a report into a row; False when it tells nothing new. A delivery report after the reading still has its
    time.
    """
    before = (row.state, row.sent_at, row.delivered_at, row.read_at)
    if report.state == Delivery.SENT:
        row.sent_at = row.sent_at or report.at
    if report.state == Delivery.DELIVERED:
        row.delivered_at = row.delivered_at or report.at
    if report.state == Delivery.READ:
        row.read_at = row.read_at or report.at
    if _RANK[report.state] > _RANK[row.state]:
        row.state = report.state
        # The gateway has it: it is not handed over again, whether or not it told us so in time.
        row.next_try_at, row.secret_body = None, ""
        row.error = report.error if report.state == Delivery.FAILED else ""
        row.sent_at = row.sent_at or report.at
        if report.state == Delivery.READ:
            row.delivered_at = row.delivered_at or report.at
    return before != (row.state, row.sent_at, row.delivered_at, row.read_at)


def _read(body: bytes, now: datetime) -> list[_Report]:
    if len(body) > LARGEST_BODY:
        raise _invalid(f"the body has {len(body)} bytes", f"正文有{len(body)}字节")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise _invalid("the body is not JSON", "正文不是JSON") from None
    rows = told.get("reports", [told]) if isinstance(told, dict) else told
    if not isinstance(rows, list) or not rows or len(rows) > MOST_REPORTS:
        raise _invalid(f"send 1 to {MOST_REPORTS} reports", f"一次发送1至{MOST_REPORTS}条回执")
    return [_report(number, row, now) for number, row in enumerate(rows, 1)]


def _report(number: int, row: Any, now: datetime) -> _Report:
    if not isinstance(row, Mapping):
        raise _invalid(f"report {number} is not an object", f"第{number}条回执不是对象")
    reference, state = row.get("id"), row.get("state")
    # Ours are hexadecimal; signs the database cannot even be asked for are none of ours either.
    if not isinstance(reference, str) or not 0 < len(reference) <= 64 or not reference.isprintable():
        raise _invalid(f"report {number} has no id", f"第{number}条回执没有id")
    if not isinstance(state, str) or state not in _REPORTED:
        known = ", ".join(sorted(_REPORTED))
        raise _invalid(
            f"report {number}: the state has to be one of {known}", f"第{number}条回执的state应为：{known}"
        )
    # Providers quote telephone numbers in their errors; the words and codes around them are what helps.
    error = "".join(sign for sign in str(row.get("error") or "") if sign.isprintable())
    error = re.sub(r"\d{6,}", "…", error)[:200]
    return _Report(reference, state, error, _moment(number, row.get("at"), now))


def _moment(number: int, told: Any, now: datetime) -> datetime:
    """When it happened, as the gateway says; never later than now, and now when it does not say."""
    if told is None:
        return now
    try:
        moment = datetime.fromisoformat(told)
    except (ValueError, TypeError):
        raise _invalid(
            f"report {number}: at has to be a time such as 2026-11-23T10:00:00+08:00",
            f"第{number}条回执的at应为时间，例如 2026-11-23T10:00:00+08:00",
        ) from None
    if moment.tzinfo is None:
        raise _invalid(
            f"report {number}: at needs an offset, such as +08:00", f"第{number}条回执的at须带时区"
        )
    if now - moment > OLDEST:
        raise _invalid(
            f"report {number}: at is more than {OLDEST.days} days ago",
            f"第{number}条回执的at早于{OLDEST.days}天前",
        )
    return min(moment, now)


def _invalid(message: str, message_zh: str) -> InvalidReport:
    return InvalidReport(message, message_zh=message_zh)
