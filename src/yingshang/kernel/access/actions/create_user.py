"""An account for somebody who works in an agency."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from yingshang.kernel.ledger.api import record

from ..actors import Actor
from ..errors import AlreadyHeld, InvalidUser
from ..models import User
from ._steps import load_agency, user_target


def create_user(
    *,
    actor: Actor,
    username: str,
    name: str,
    agency_id: int | None,
    now: datetime,
    email: str = "",
    phone: str = "",
    password: str | None = None,
) -> int:
    """Make an account kept by an agency of the actor's scope, and return its number.

    Without a password its owner sets one by the page 忘记密码, so `email` is needed then; whoever makes the account
    vouches for the address. The platform itself may make accounts without an agency (`agency_id` None), as the public
    does by registering.
    """
    scope = actor.require("access.manage_users")
    with transaction.atomic():
        agency = (
            None if agency_id is None and actor.kind == "system" else load_agency(agency_id or 0, scope=scope)
        )
        user = User(
            username=username.strip(),
            name=name.strip(),
            email=email.strip(),
            phone=phone.strip(),
            agency=agency,
        )
        user.created_at = now
        user.set_password(password)
        _check(user, password)
        user.save(force_insert=True)
        if user.email:
            # In one statement, without the signals by which the pages of the accounts library are recorded.
            EmailAddress.objects.bulk_create(
                [EmailAddress(user=user, email=user.email.lower(), primary=True, verified=True)]
            )
        record(
            actor=actor,
            action="access.user_created",
            target=user_target(user, agency),
            now=now,
            after={"username": user.username, "agency_id": agency_id},
        )
    return user.pk


def _check(user: User, password: str | None) -> None:
    if User.objects.filter(username__iexact=user.username).exists():
        raise AlreadyHeld(
            f"the user name {user.username!r} is taken",
            message_zh=f"用户名“{user.username}”已被使用",
            field="username",
        )
    if user.email and EmailAddress.objects.filter(email__iexact=user.email, verified=True).exists():
        raise AlreadyHeld(
            "another account has this e-mail address",
            message_zh="这个电子邮箱已属于另一个账号",
            field="email",
        )
    if password is None and not user.email:
        raise InvalidUser(
            "an account needs a password, or an e-mail address to set one by",
            message_zh="请填写密码，或填写电子邮箱以便本人设置密码",
            field="email",
        )
    try:
        user.clean_fields(exclude=["password", "agency"])
        if password is not None:
            validate_password(password, user)
    except ValidationError as error:
        _refuse(error)


def _refuse(error: ValidationError) -> None:
    by_field: dict[str, list[Any]] = getattr(error, "message_dict", {"password": error.messages})
    field, messages = next(iter(by_field.items()))
    text = " ".join(str(message) for message in messages)
    raise InvalidUser(f"{field}: {text}", message_zh=text, field=field) from None
