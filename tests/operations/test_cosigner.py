"""The second key holder: signs what continues, and nothing else, whatever the platform says."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.kernel.ledger.factories import NOW, events, tamper
from yingshang.kernel.access.api import system_actor
from yingshang.kernel.ledger import keys
from yingshang.kernel.ledger.api import add_cosigner, latest_checkpoint, log_keys, sequence
from yingshang.kernel.ledger.models import Checkpoint, Leaf, Node
from yingshang.operations.cosigner import (
    CosigningRefused,
    LogUnreachable,
    asking,
    cosign,
    new_key,
    read_key,
)

pytestmark = pytest.mark.django_db


def ask(path: str, content: dict[str, Any] | None) -> dict[str, Any]:
    """The platform's own answers, without a network between."""
    if content is None:
        answer = Client().get(f"/api/v1/log/{path}")
    else:
        answer = Client().post(
            f"/api/v1/log/{path}",
            json.dumps(content),
            content_type="application/json",
            headers={"Idempotency-Key": str(hash(content["note"]))},
        )
    assert answer.status_code < 300, answer.content
    found: dict[str, Any] = answer.json()
    return found


class Witness:
    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "witness.json"
        self.public = new_key(self.key_file, "witness.example/one")
        self.state = folder / "state"
        add_cosigner(actor=system_actor("test"), key=self.public, now=NOW)

    def sign(self, **changes: Any) -> Any:
        return cosign(
            signer=read_key(self.key_file), state=self.state, now=1_770_000_000, **{"ask": ask, **changes}
        )


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    events(9)
    sequence(now=NOW)
    return Witness(tmp_path)


def grow(count: int) -> None:
    events(count)
    sequence(now=NOW)


def test_it_signs_what_continues(witness: Witness) -> None:
    assert stat.S_IMODE(witness.key_file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        new_key(witness.key_file, "x")
    with pytest.raises(CosigningRefused, match="--log-key the first time"):
        witness.sign()
    done = witness.sign(log_key=log_keys()[0].text)
    assert (done.before, done.size) == (0, 9)
    grow(20)
    done = witness.sign()
    assert (done.before, done.size) == (9, 31)
    assert witness.sign().size == 31  # the same again is no harm
    newest = latest_checkpoint()
    assert newest is not None
    assert newest.cosigners == ("witness.example/one",)


def test_a_log_that_lost_its_end_is_refused(witness: Witness) -> None:
    """As after a restore of an older backup."""
    old = ask("checkpoint", None)
    grow(20)
    witness.sign(log_key=log_keys()[0].text)
    with pytest.raises(CosigningRefused, match="cut off"):
        witness.sign(ask=lambda path, content: old)


def _rewritten() -> None:
    """The whole log anew over a changed event, with the platform's own key: only a second pair of eyes can tell."""
    tamper(
        "UPDATE ledger_auditevent SET reason = 'other' WHERE id = (SELECT event_id FROM ledger_leaf WHERE index = 3)",
        "DELETE FROM ledger_cosignature",
        "DELETE FROM ledger_checkpoint",
        "DELETE FROM ledger_leaf",
        "DELETE FROM ledger_node",
    )
    assert not Leaf.objects.exists()
    assert not Node.objects.exists()
    assert not Checkpoint.objects.exists()
    sequence(now=NOW)


def test_a_log_written_anew_with_the_right_key_is_refused(witness: Witness) -> None:
    witness.sign(log_key=log_keys()[0].text)
    before = witness.state.read_bytes()
    _rewritten()
    grow(5)
    with pytest.raises(CosigningRefused, match="history was changed"):
        witness.sign()
    assert witness.state.read_bytes() == before


def test_another_key_or_log_is_refused(witness: Witness) -> None:
    other = keys.Signer(log_keys()[0].name, keys.private_key("55" * 32)).public.text
    elsewhere = keys.Signer("other.example/log", keys.platform_key()).public.text
    for wrong in (other, elsewhere):
        with pytest.raises(CosigningRefused, match="not signed by the key you know"):
            witness.sign(log_key=wrong)
    for nonsense in ({}, {"note": 7}, {"note": "x"}):
        with pytest.raises(CosigningRefused):
            witness.sign(log_key=log_keys()[0].text, ask=lambda path, content, told=nonsense: told)
    assert not witness.state.exists()


def test_the_promise_is_kept_even_when_the_signature_never_arrives(witness: Witness) -> None:
    def dies(path: str, content: dict[str, Any] | None) -> dict[str, Any]:
        if content is not None:
            raise LogUnreachable("gone")
        return ask(path, content)

    with pytest.raises(LogUnreachable):
        witness.sign(ask=dies, log_key=log_keys()[0].text)
    assert json.loads(witness.state.read_text())[log_keys()[0].name]["size"] == 9


def test_without_its_memory_it_signs_nothing(witness: Witness) -> None:
    witness.state.write_text("{")
    with pytest.raises(CosigningRefused, match="cannot be read"):
        witness.sign(log_key=log_keys()[0].text)


def test_nobody_at_the_address() -> None:
    with pytest.raises(LogUnreachable, match="does not answer"):
        asking("http://127.0.0.1:9")("checkpoint", None)
    with pytest.raises(LogUnreachable, match="no http address"):
        asking("file:///etc/passwd")
