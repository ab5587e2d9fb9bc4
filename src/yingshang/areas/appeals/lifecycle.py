"""Which way appeals, and what belongs to them, may go: the tables of `data/lifecycle.yaml`."""

from __future__ import annotations

from yingshang.kernel.reference.api import Lifecycle

from .errors import NotPossibleNow


def _table(name: str, thing: str, thing_zh: str) -> Lifecycle:
    return Lifecycle(
        "yingshang.areas.appeals", table=name, thing=thing, thing_zh=thing_zh, refusal=NotPossibleNow
    )


APPEAL = _table("appeal", "appeal", "该诉求")
PART = _table("part", "part of another agency", "该协办事项")
REQUEST = _table("request", "request", "该申请")
REPLY = _table("reply", "reply", "该答复")
NOTICE = _table("notice", "supervision notice", "该督办单")
CALL = _table("call", "request to get in touch", "该联系请求")
ANSWER = _table("answer", "answer of the library", "该知识条目")
ANSWER_VERSION = _table("answer_version", "version of the answer", "该版本")
SUGGESTION = _table("suggestion", "suggestion", "该建议")
OBJECTION = _table("objection", "objection", "该异议")
CONSULTATION = _table("consultation", "consultation", "该会商")
INVITATION = _table("invitation", "invitation to a consultation", "该会商邀请")
