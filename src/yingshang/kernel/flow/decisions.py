"""Who may do what with a task: facts in, decision out. No database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from yingshang.kernel.access.api import Actor

from . import lifecycle
from .case_errors import InvalidRequest, NotAllowedByDefinition

WORK, VIEW, ASSIGN = "flow.work", "flow.view", "flow.assign"

DEFINED = frozenset({"return", "deficiency", "commitment", "consult", "delegate", "reject"})
"""Actions that a step must allow. The others belong to every step."""

STEP_ACTIONS = (
    "claim", "release", "complete", "return", "end_correction", "deficiency", "commitment", "consult",
    "end_consultation", "send_back", "reject", "delegate", "reassign", "give_opinion",
)  # fmt: skip
"""What a person may do with a task, in the order of a page's buttons."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a task is, as far as deciding who may act on it goes."""

    kind: lifecycle.Kind
    state: str
    agency_id: int
    region_path: str
    role: str
    assignee_id: int | None
    allow: Collection[str]
    # References ("user:12") of those who took steps this one must be apart from.
    apart_from: Collection[str] = ()


def desks_of(actor: Actor) -> frozenset[tuple[int, str]]:
    """(agency, role) pairs the actor works in."""
    return frozenset(
        (grant.agency_id, grant.role)
        for grant in actor.grants
        if WORK in grant.permissions and grant.agency_id is not None
    )


def may_work(actor: Actor, *, agency_id: int, role: str) -> bool:
    """Whether a task before this agency and role is the actor's to take. An empty role is any that works on tasks."""
    if actor.kind == "system":
        return True
    return any(agency == agency_id and role in ("", held) for agency, held in desks_of(actor))


def may_assign(actor: Actor, *, agency_id: int, region_path: str) -> bool:
    """Whether the actor distributes the work of this agency."""
    return actor.scope(ASSIGN).covers("agency", agency_id=agency_id, region_path=region_path)


def user_id_of(actor: Actor) -> int | None:
    """The user an actor is; None for the platform and for other systems."""
    return int(actor.identifier) if actor.kind == "user" else None


def parts_of(actor: Actor, task: Standing) -> frozenset[str]:
    """As what the actor can act on the task: holder, pool, assigner. Empty: not at all."""
    parts = set()
    works = may_work(actor, agency_id=task.agency_id, role=task.role)
    if task.assignee_id is None:
        if works:
            # Nobody holds it. What only a holder may do is open to the platform itself.
            parts.add("pool")
            if actor.kind == "system":
                parts.add("holder")
    elif (works and task.assignee_id == user_id_of(actor)) or actor.kind == "system":
        parts.add("holder")
    if may_assign(actor, agency_id=task.agency_id, region_path=task.region_path):
        parts.add("assigner")
    return frozenset(parts)


def is_apart(actor: Actor, task: Standing) -> bool:
    """Whether separation of duties lets the actor take this step."""
    return actor.kind == "system" or f"{actor.kind}:{actor.identifier}" not in set(task.apart_from)


def actions_on(actor: Actor, task: Standing) -> tuple[str, ...]:
    """The actions the actor may take on the task now, in the order of `STEP_ACTIONS`."""
    parts = parts_of(actor, task)
    found = {
        action
        for part in parts
        if part == "assigner" or is_apart(actor, task)
        for action in lifecycle.possible(task.kind, task.state, part)
        if action not in DEFINED or action in task.allow or task.kind == "opinion"
    }
    if user_id_of(actor) is None:
        found.discard("claim")
    return tuple(action for action in STEP_ACTIONS if action in found)


def back_in_hand(assignee_id: int | None) -> str:
    """The state of a task that nothing holds up any more."""
    return "ready" if assignee_id is None else "claimed"


def ensure_allowed(action: str, allow: Collection[str], step_name: str) -> None:
    """That the step allows the action. Raises NotAllowedByDefinition."""
    if action in DEFINED and action not in allow:
        raise NotAllowedByDefinition(
            f"the step {step_name} does not allow {action}; "
            f"it allows {', '.join(sorted(allow)) or 'nothing but its outcomes'}",
            message_zh=f"流程没有规定“{step_name}”环节可以这样办理",
            action=action,
            allowed=sorted(allow),
        )


def cleaned_list(
    items: Iterable[str], *, field: str, what: str, what_zh: str, longest: int = 200
) -> list[str]:
    """Things to be listed, without blanks and doubles. Raises InvalidRequest for none, or one too long."""
    cleaned = list(dict.fromkeys(item.strip() for item in items if item.strip()))
    if not cleaned or any(len(item) > longest for item in cleaned):
        raise InvalidRequest(
            f"list {what}: at least one, each of at most {longest} characters",
            message_zh=f"请列出{what_zh}：至少一项，每项不超过 {longest} 字",
            field=field,
        )
    return cleaned


def cleaned_text(
    text: str, *, field: str, what: str, what_zh: str, longest: int = 4000, required: bool = False
) -> str:
    """A text that was written. Raises InvalidRequest when it is missing or too long."""
    text = text.strip()
    if (required and not text) or len(text) > longest:
        raise InvalidRequest(
            f"write {what} in {'1' if required else '0'} to {longest} characters",
            message_zh=f"请填写{what_zh}（不超过 {longest} 字）"
            if required
            else f"{what_zh}不超过 {longest} 字",
            field=field,
        )
    return text
