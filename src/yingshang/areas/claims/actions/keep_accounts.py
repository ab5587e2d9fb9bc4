"""Accounts that enterprises are paid to."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor, entries_of, lookup_hash
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import get_party

from ..errors import AccountNotFound, InvalidAccount
from ..models import PayeeAccount
from ..reach import own_party

CHANNELS = ("bank", "wallet")
_NUMBER = re.compile(r"[0-9]{8,30}")
_WALLET = re.compile(r"[0-9A-Za-z@._\-]{5,64}")
_BANK_CODE = re.compile(r"[0-9]{12}")


@transaction.atomic
def add_account(
    *,
    actor: Actor,
    party_id: int,
    number: str,
    channel: str = "bank",
    name: str = "",
    bank_name: str = "",
    bank_code: str = "",
    standing: bool = False,
    now: datetime,
) -> int:
    """An account of one's own enterprise; its number in the register. The same one again answers with the earlier one.

    The name of a bank account is the enterprise's own: money for an enterprise is not paid to anybody else.
    Raises InvalidAccount with the field.
    """
    party_id = own_party(actor, party_id)
    party = get_party(actor=actor, party_id=party_id)
    number = re.sub(r"[\s\-]", "", number) if channel == "bank" else number.strip()
    name = name.strip() or party.name
    if channel not in CHANNELS:
        raise _invalid("channel", "choose a bank account or a wallet", "请选择银行账户或商户钱包", channel)
    if channel == "bank":
        if not _NUMBER.fullmatch(number):
            raise _invalid(
                "number", "an account number has 8 to 30 digits", "银行账号应为 8 至 30 位数字", ""
            )
        if name != party.name:
            raise _invalid(
                "name",
                f"the account must be held by {party.name} itself",
                f"户名须与企业名称“{party.name}”一致",
                name,
            )
        if not bank_name.strip():
            raise _invalid("bank_name", "name the bank that keeps it", "请填写开户行", "")
        if bank_code and not _BANK_CODE.fullmatch(bank_code):
            raise _invalid("bank_code", "a bank code has 12 digits", "联行号应为 12 位数字", bank_code)
    elif not _WALLET.fullmatch(number):
        raise _invalid(
            "number", "a wallet is named by 5 to 64 letters and digits", "商户号应为 5 至 64 位字母或数字", ""
        )
    digest = lookup_hash(f"{channel}:{number}")
    found = PayeeAccount.objects.filter(
        party__in=entries_of(party_id), channel=channel, number_hash=digest, state="usable"
    ).first()
    if found is not None:
        if standing and not found.standing:
            PayeeAccount.objects.filter(party=found.party_id, standing=True).update(standing=False)
            found.standing = True
            found.save(update_fields=["standing"])
            _note(found, actor=actor, now=now)
        return int(found.pk)
    if standing:
        PayeeAccount.objects.filter(party=party_id, standing=True).update(standing=False)
    try:
        with transaction.atomic():
            row = PayeeAccount.objects.create(
                party_id=party_id,
                channel=channel,
                name=name[:140],
                number=number,
                number_hash=digest,
                number_tail=number[-4:],
                bank_name=bank_name.strip()[:140],
                bank_code=bank_code,
                standing=standing,
                added_at=now,
                added_by_name=actor.name,
            )
    except IntegrityError:
        # Somebody else of the enterprise added the same one at this moment.
        return int(
            PayeeAccount.objects.get(party=party_id, channel=channel, number_hash=digest, state="usable").pk
        )
    _note(row, actor=actor, now=now)
    return int(row.pk)


def _note(row: PayeeAccount, *, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        action="claims.account_added",
        target=Target("payee_account", str(row.pk), f"＊{row.number_tail}", party_id=row.party_id),
        now=now,
        after={"channel": row.channel, "bank": row.bank_name, "standing": row.standing},
    )


def usable_account(*, party_id: int, account_id: int) -> PayeeAccount:
    """An account of this enterprise that can be paid to. Raises AccountNotFound."""
    row = PayeeAccount.objects.filter(pk=account_id, party__in=entries_of(party_id), state="usable").first()
    if row is None:
        raise AccountNotFound(
            f"no usable account {account_id} of this enterprise",
            message_zh="没有这个可用的收款账户，请重新填写",
            value=account_id,
        )
    return row


@transaction.atomic
def remove_account(*, actor: Actor, account_id: int, now: datetime) -> None:
    """An account that is not to be used any more; what was paid to it stays on record. Raises AccountNotFound."""
    scope = actor.require("claims.apply_own")
    row = (
        scope.filter(PayeeAccount.objects.select_for_update(), party="party")
        .filter(pk=account_id, state="usable")
        .first()
    )
    if row is None:
        raise AccountNotFound(f"no account {account_id}", message_zh="没有这个收款账户", value=account_id)
    row.state, row.standing = "removed", False
    row.save(update_fields=["state", "standing"])
    record(
        actor=actor,
        action="claims.account_removed",
        target=Target("payee_account", str(row.pk), f"＊{row.number_tail}", party_id=row.party_id),
        now=now,
    )


def _invalid(field: str, message: str, message_zh: str, value: str) -> InvalidAccount:
    return InvalidAccount(message, message_zh=message_zh, field=field, value=value)
