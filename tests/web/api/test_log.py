"""The log over the API: anybody can check it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client

from tests.kernel.ledger.factories import NOW, events, tamper
from yingshang.kernel.access.api import system_actor
from yingshang.kernel.ledger import keys, tree
from yingshang.kernel.ledger.api import add_cosigner, receipt, receipt_code, sequence
from yingshang.kernel.ledger.models import Cosignature
from yingshang.kernel.ledger.standalone import verify_receipt as standalone

pytestmark = pytest.mark.django_db
BASE = "/api/v1/log"
WITNESS = keys.Signer("witness.example/演示", keys.private_key("77" * 32), standalone.SIGNATURE_TYPE_COSIGNER)


def get(path: str, **query: Any) -> Any:
    return Client().get(f"{BASE}/{path}", query)


def test_an_outsider_checks_an_entry_from_what_the_api_gives() -> None:
    assert get("checkpoint").status_code == 404
    numbers = events(11)
    sequence(now=NOW)
    first = get("checkpoint").json()
    events(30)
    sequence(now=NOW)
    second = get("checkpoint").json()
    [key] = get("keys").json()["log"]
    verifier = standalone.parse_key(key["key"])
    roots = {}
    for each in (first, second):
        text, [(_, data)] = standalone.split_note(each["note"])
        assert standalone.ed25519_verify(verifier.public, data[4:], text.encode())
        _, size, roots[each["size"]] = standalone.parse_checkpoint(text)
        assert size == each["size"]
    answer = get("proofs/consistency", first=first["size"], second=second["size"])
    assert "immutable" in answer["Cache-Control"]
    steps = [base64.b64decode(each) for each in answer.json()["hashes"]]
    assert tree.is_consistent(first["size"], second["size"], *roots.values(), steps)
    proof = get("proofs/inclusion", index=4, size=second["size"]).json()
    path = [base64.b64decode(each) for each in proof["hashes"]]
    leaf = base64.b64decode(proof["leaf_hash"])
    assert tree.root_from_inclusion(4, second["size"], leaf, path) == roots[second["size"]]
    assert get(f"checkpoints/{first['size']}").json() == first
    given = get(f"receipts/{receipt_code(numbers[2])}").json()
    assert given == receipt(numbers[2])
    assert standalone.verify(given, keys=[verifier]).ok


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("proofs/inclusion", {"index": 12, "size": 12}, 422),
        ("proofs/inclusion", {"index": 0, "size": 13}, 422),
        ("proofs/inclusion", {"index": -1, "size": 3}, 422),
        ("proofs/inclusion", {"index": 10**30, "size": 10**30}, 422),
        ("proofs/consistency", {"first": 0, "second": 3}, 422),
        ("proofs/consistency", {"first": 5, "second": 3}, 422),
        ("proofs/consistency", {"first": 5}, 422),
        ("checkpoints/7", {}, 404),
        (f"checkpoints/{10**25}", {}, 404),
        ("receipts/" + "0" * 21, {}, 404),
        ("receipts/x", {}, 404),
    ],
)
def test_what_is_not_there_is_said_not_to_be(path: str, query: dict[str, Any], status: int) -> None:
    events(11)
    sequence(now=NOW)
    answer = get(path, **query)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json")


def test_a_receipt_is_verified_and_a_forged_one_refused() -> None:
    [number] = events(1)
    sequence(now=NOW)
    given = receipt(number)
    assert given is not None

    def verify(value: Any) -> Any:
        return Client().post(
            f"{BASE}/verify", json.dumps({"receipt": value}), content_type="application/json"
        )

    assert verify(given).json()["ok"] is True
    refused = verify(given | {"index": 40}).json()
    assert (refused["ok"], refused["code"]) == (False, "not_in_log")
    assert verify([]).status_code == 422


def hand_in(note: str, key: str = "k-1") -> Any:
    return Client().post(
        f"{BASE}/cosignatures",
        json.dumps({"note": note}),
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )


def test_a_cosignature_is_taken_from_whom_we_know_and_goes_into_receipts() -> None:
    [number] = events(1)
    sequence(now=NOW)
    note = get("checkpoint").json()["note"]
    text, _ = standalone.split_note(note)
    cosigned = note + WITNESS.cosign(text, timestamp=1_770_000_000)
    assert hand_in(cosigned, "a").json()["code"] == "ledger.invalid_cosignature"
    add_cosigner(actor=system_actor("test"), key=WITNESS.public.text, now=NOW)
    assert hand_in(cosigned, "b").json() == {"added": 1}
    assert hand_in(cosigned, "c").json() == {"added": 0}
    assert get("checkpoint").json()["cosigners"] == [WITNESS.name]
    [cosigner] = get("keys").json()["cosigners"]
    assert (cosigner["signed_size"], cosigner["active"]) == (1, True)
    given = receipt(number)
    assert given is not None
    [found] = standalone.verify(given, cosigners=[WITNESS.public]).cosignatures
    assert found == {"name": WITNESS.name, "timestamp": 1_770_000_000}
    bent = given | {"checkpoint": given["checkpoint"].replace(cosigned[-20:], "A" * 17 + "==\n")}
    assert not standalone.verify(bent, cosigners=[WITNESS.public]).ok


def test_wrong_cosignatures_are_refused_and_nothing_is_kept() -> None:
    events(3)
    sequence(now=NOW)
    note = get("checkpoint").json()["note"]
    text, _ = standalone.split_note(note)
    add_cosigner(actor=system_actor("test"), key=WITNESS.public.text, now=NOW)
    elsewhere = text.replace("\n3\n", "\n4\n")
    other = keys.Signer(WITNESS.name, keys.private_key("78" * 32), standalone.SIGNATURE_TYPE_COSIGNER)
    line = WITNESS.cosign(text, timestamp=1_770_000_000)
    wrong = [
        "",
        "nonsense",
        note,
        f"{elsewhere}\n{WITNESS.cosign(elsewhere, timestamp=1)}",
        note + other.cosign(text, timestamp=1),
        note + WITNESS.cosign(elsewhere, timestamp=1),
        note + WITNESS.cosign(text, timestamp=4_000_000_000),
        note + line[:-10] + line[-2:],
    ]
    for number, each in enumerate(wrong):
        assert hand_in(each, f"w{number}").status_code == 422, each
    assert not Cosignature.objects.exists()
    assert hand_in(note + line, "right").status_code == 201
    tamper("UPDATE ledger_cosignature SET timestamp = timestamp + 1")
