"""Receipts: what they show, what they prove, and everything that can be wrong with one."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.ledger.factories import NOW, events, record, tamper
from yingshang.kernel.ledger import keys
from yingshang.kernel.ledger.api import (
    LogNotFound,
    NewEvent,
    Target,
    event_of_code,
    event_state,
    log_keys,
    receipt,
    receipt_code,
    sequence,
    verify_receipt,
)
from yingshang.kernel.ledger.standalone import verify_receipt as standalone

STANDALONE = Path(standalone.__file__)


@pytest.fixture
def log(db: None) -> list[int]:
    numbers = events(21)
    sequence(now=NOW)
    return numbers


def given(event_id: int, **arguments: Any) -> dict[str, Any]:
    found = receipt(event_id, **arguments)
    assert found is not None
    return found


def offline(folder: Path, content: str | bytes, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The verifier file alone, by a Python that sees nothing else, in an empty folder."""
    folder.mkdir(exist_ok=True)
    (folder / "verify_receipt.py").write_bytes(STANDALONE.read_bytes())
    (folder / "receipt.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify_receipt.py", "receipt.json", "--json", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else {"message": done.stderr}


def test_before_it_is_sequenced_there_is_a_code_and_no_receipt(db: None) -> None:
    [number] = events(1)
    assert receipt(number) is None
    assert event_of_code(receipt_code(number)) == number
    assert event_state(number).index is None
    for function in (receipt, receipt_code, event_state):
        with pytest.raises(LogNotFound):
            function(number + 1000)


def test_a_receipt_proves_and_shows_no_more_than_it_should(log: list[int]) -> None:
    found = given(log[15])
    verdict = verify_receipt(found)
    assert verdict.ok, verdict.message
    assert verdict.entry["event"] == log[15]
    assert verdict.entry["time"] == "2026-03-02T01:30:00.123456Z"
    assert verdict.disclosed == {"name": "演示“对象”\\15"}
    text = json.dumps(found, ensure_ascii=False)
    assert "因为" not in text
    # Region, agency and party lie behind commitments; times may hold any digits.
    assert all(str(value) != "2301" for value in verdict.entry.values())
    opened = verify_receipt(given(log[15], disclose=("name", "reason", "before", "details")))
    assert opened.ok
    assert opened.disclosed["reason"] == "因为\t如此"
    assert opened.disclosed["before"] == '{"rate": 1.10, "名称": "旧"}'.replace("1.10", "1.1")
    assert json.loads(opened.disclosed["details"])[3] == "15"
    with pytest.raises(ValueError, match="can open"):
        receipt(log[0], disclose=("salt",))


def test_what_can_be_guessed_cannot_be_tried(log: list[int]) -> None:
    """Two events of the same content have different digests; a field's salt says nothing of another field's."""
    same = NewEvent("ledger.tried", Target("thing", "1", "同名"), None, {"approved": True}, "同一理由")
    first, second = record([same, same])
    sequence(now=NOW)
    one, other = json.loads(given(first)["leaf"]), json.loads(given(second)["leaf"])
    for field in ("after", "details", "name", "reason"):
        assert one[field] != other[field]
        assert one[field] != hashlib.sha256(b"\xe5\x90\x8c\xe5\x90\x8d").hexdigest()


def test_older_receipts_stay_valid_when_the_log_grows_and_the_key_changes(
    log: list[int], settings: Any
) -> None:
    old = given(log[4])
    settings.LEDGER_SIGNING_KEY = "cd" * 32
    events(5)
    sequence(now=NOW)
    assert verify_receipt(old).ok
    new = given(log[4])
    assert new["checkpoint"] != old["checkpoint"]
    assert verify_receipt(new).ok
    assert len(log_keys()) == 2


def test_a_stolen_old_key_makes_nothing_new(log: list[int], settings: Any) -> None:
    stolen = keys.Signer(log_keys()[0].name, keys.platform_key())
    settings.LEDGER_SIGNING_KEY = "cd" * 32
    events(5)
    sequence(now=NOW)
    found = given(log[4])
    text, _ = standalone.split_note(found["checkpoint"])
    found["checkpoint"] = f"{text}\n{stolen.sign_note(text)}"
    assert verify_receipt(found).code == "key_out_of_use"


def _edit(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda found: {**found, **changes}


def _leaf(change: Callable[[str], str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda found: {**found, "leaf": change(found["leaf"])}


def _checkpoint(change: Callable[[str], str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda found: {**found, "checkpoint": change(found["checkpoint"])}


def _disclose(field: str, **changes: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(found: dict[str, Any]) -> dict[str, Any]:
        told = found["disclosed"].get("name")
        return {**found, "disclosed": {field: {**told, **changes}}}

    return change


FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "another action": (_leaf(lambda leaf: leaf.replace("ledger.tried", "ledger.other")), "not_in_log"),
    "a blank more": (_leaf(lambda leaf: leaf + " "), "not_in_log"),
    "a field more": (_leaf(lambda leaf: leaf[:-1] + ',"x":1}'), "malformed"),
    "a field twice": (_leaf(lambda leaf: leaf[:-1] + ',"v":1}'), "malformed"),
    "no entry": (_leaf(lambda leaf: "[]"), "malformed"),
    "empty entry": (_edit(leaf=""), "malformed"),
    "half a character": (_edit(leaf="\ud800"), "malformed"),
    "another place": (lambda found: {**found, "index": found["index"] - 1}, "not_in_log"),
    "a place beyond": (_edit(index=2**70), "malformed"),
    "a true place": (_edit(index=True), "malformed"),
    "no proof": (_edit(proof=[]), "not_in_log"),
    "a proof too long": (lambda found: {**found, "proof": found["proof"] * 2}, "not_in_log"),
    "an endless proof": (lambda found: {**found, "proof": found["proof"] * 50}, "malformed"),
    "a proof of numbers": (_edit(proof=[1, 2]), "malformed"),
    "a proof of odd hashes": (_edit(proof=["AAAA"]), "malformed"),
    "a larger log": (
        _checkpoint(lambda note: note.replace("\n22\n", "\n23\n").replace("\n21\n", "\n22\n")),
        "bad_signature",
    ),
    "another origin": (_checkpoint(lambda note: "x" + note), "wrong_origin"),
    "no signature": (_checkpoint(lambda note: note.split("\n\n")[0] + "\n\n"), "malformed"),
    "a signature of nobody": (
        _checkpoint(lambda note: note.split("\u2014")[0] + "\u2014 x AAAAAAAA\n"),
        "wrong_key",
    ),
    "no checkpoint": (_edit(checkpoint=None), "malformed"),
    "another name": (_disclose("name", value="别的"), "altered"),
    "another salt": (_disclose("name", salt="00" * 32), "altered"),
    "a name as reason": (_disclose("reason"), "altered"),
    "a field that does not exist": (_disclose("salt"), "malformed"),
    "a list of nothing": (_edit(disclosed=[]), "malformed"),
    "another form": (_edit(format="yingshang-receipt/9"), "unsupported"),
    "another kind of thing": (lambda found: [found], "malformed"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_receipt_is_refused_by_name(log: list[int], what: str, tmp_path: Path) -> None:
    change, code = FORGERIES[what]
    forged = change(given(log[4]))
    text = json.dumps(forged)
    assert verify_receipt(text).code == code
    verdict = standalone.verify(text, keys=log_keys())
    assert (verdict.code, verdict.ok) == (code, False)
    assert verdict.message
    assert verdict.message_zh


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"format": "yingshang-receipt/1"', "malformed"),
        (b'{"format": NaN}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"index": ' + b"9" * 10_000 + b"}", "unsupported"),
        (b" " * 300_000, "too_large"),
        (b"null", "malformed"),
    ],
)
def test_what_is_no_receipt_is_said_to_be_none(db: None, content: bytes, code: str) -> None:
    found = verify_receipt(content).code
    assert found == code or (code == "unsupported" and found == "malformed")


def test_a_receipt_of_another_event_does_not_pass_for_this_one(log: list[int]) -> None:
    assert verify_receipt(given(log[4]), event_id=log[5]).code == "another_event"


def test_a_receipt_signed_by_a_key_that_somebody_brought_along(log: list[int]) -> None:
    forger = keys.Signer(log_keys()[0].name, keys.private_key("99" * 32))
    found = given(log[4])
    text, _ = standalone.split_note(found["checkpoint"])
    found |= {"checkpoint": f"{text}\n{forger.sign_note(text)}", "keys": [forger.public.text]}
    assert verify_receipt(found).code == "wrong_key"
    unpinned = standalone.verify(found)
    assert (unpinned.code, unpinned.ok) == ("key_not_pinned", False)
    assert standalone.verify(found, fingerprints=[log_keys()[0].fingerprint]).code == "wrong_key"


def test_a_signed_receipt_of_a_place_that_is_another_events_now(log: list[int]) -> None:
    """After a restore from an older backup the log has gone another way."""
    found = given(log[20])
    leaf = json.loads(found["leaf"])
    tamper(f"UPDATE ledger_leaf SET event_id = 0 WHERE event_id = {leaf['event']}")
    assert verify_receipt(found).code == "not_here"


def test_an_event_that_was_changed_gives_no_receipt_that_verifies(log: list[int]) -> None:
    tamper(f"UPDATE ledger_auditevent SET target_name = '别的' WHERE id = {log[4]}")
    assert verify_receipt(given(log[4])).code == "not_in_log"
    assert event_state(log[4]).altered


def test_codes_are_read_as_people_write_them_and_cannot_be_guessed(log: list[int]) -> None:
    code = receipt_code(log[4])
    assert len(code) == 23
    assert event_of_code(code.lower().replace("-", " ")) == log[4]
    assert event_of_code(code.replace("0", "O").replace("1", "l")) == log[4]
    assert receipt_code(log[5]) != code
    for wrong in (
        "",
        "Z" * 21,
        code[:-1],
        code + "0",
        "！" * 21,
        code[:-1] + ("0" if code[-1] != "0" else "2"),
    ):
        assert event_of_code(wrong) is None
    # After a restore another event may have the number.
    tamper(f"UPDATE ledger_auditevent SET target_id = 'other' WHERE id = {log[4]}")
    assert event_of_code(code) is None


def test_the_file_alone_verifies_offline(log: list[int], tmp_path: Path) -> None:
    text = json.dumps(given(log[4]), ensure_ascii=False)
    key = log_keys()[0]
    code, verdict = offline(tmp_path / "a", text, "--key", key.text, "--event", str(log[4]))
    assert (code, verdict["ok"]) == (0, True), verdict
    assert verdict["disclosed"] == {"name": "演示“对象”\\4"}
    assert offline(tmp_path / "a", text, "--fingerprint", key.fingerprint.upper())[0] == 0
    code, verdict = offline(tmp_path / "a", text)
    assert (code, verdict["code"]) == (4, "key_not_pinned")
    assert offline(tmp_path / "a", text, "--key", key.text, "--event", "1")[1]["code"] == "another_event"
    assert offline(tmp_path / "a", text, "--key", key.text, "--origin", "x")[1]["code"] == "wrong_origin"
    assert offline(tmp_path / "a", text[:-9], "--key", key.text)[0] == 1
    assert offline(tmp_path / "a", text.replace("ledger.tried", "ledger.other"), "--key", key.text)[0] == 1
    assert offline(tmp_path / "a", text, "--key", "nonsense")[0] == 2


def test_what_it_prints_cannot_steer_a_terminal(
    log: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [number] = record([NewEvent("ledger.tried", Target("thing", "1", "\x1b[2J红\u202e"))])
    sequence(now=NOW)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(given(number)), encoding="utf-8")
    assert standalone.main([str(file), "--key", log_keys()[0].text]) == 0
    printed = capsys.readouterr().out
    assert "红" in printed
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert "不证明" in printed
    assert standalone.main([str(file), "--language", "en"]) == 4
    assert "does not prove" in capsys.readouterr().out


# RFC 8032, section 7.1
ED25519 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), ED25519)
def test_the_published_signatures(public: str, message: str, signature: str) -> None:
    key, signed, data = (bytes.fromhex(each) for each in (public, signature, message))
    for check in (standalone.ed25519_verify, keys.check_signature):
        assert check(key, signed, data)
        assert not check(key, signed, data + b"x")
        assert not check(key, signed[:-1] + bytes([signed[-1] ^ 1]), data)
        assert not check(key, bytes([signed[0] ^ 1]) + signed[1:], data)
        assert not check(b"\xff" * 32, signed, data)
        assert not check(key, signed[:-1], data)
        assert not check(key[:-1], signed, data)
    # The same scalar plus the group's order would verify too, if it were let in.
    scalar = int.from_bytes(signed[32:], "little") + standalone.Q
    assert not standalone.ed25519_verify(key, signed[:32] + scalar.to_bytes(32, "little"), data)


def test_it_agrees_with_the_library_on_random_keys() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    for number in range(8):
        private = Ed25519PrivateKey.generate()
        message = bytes(range(number * 7))
        signed = private.sign(message)
        key = private.public_key().public_bytes_raw()
        assert standalone.ed25519_verify(key, signed, message)
        assert not standalone.ed25519_verify(key, signed, message + b"\0")


# The examples of the notes' reference implementation and of the specification.
NOTES = [
    (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    ),
    (
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "This is an example message.\n\n"
        "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
    ),
]


@pytest.mark.parametrize(("verifier", "note"), NOTES)
def test_published_notes(verifier: str, note: str) -> None:
    key = standalone.parse_key(verifier)
    assert key.text == verifier
    text, [(name, data)] = standalone.split_note(note)
    assert (name, data[:4]) == (key.name, key.identifier)
    assert standalone.ed25519_verify(key.public, data[4:], text.encode())
    assert not standalone.ed25519_verify(key.public, data[4:], text[:-1].encode())


def test_notes_are_written_as_the_reference_does() -> None:
    secret = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    signer = keys.Signer("PeterNeumann", keys.private_key(secret.hex()))
    text, note = NOTES[0][1].split("\n\n")
    assert signer.public.text == NOTES[0][0]
    assert signer.sign_note(text + "\n") == note


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a",
        "a+b+c",
        "x y+00000000+AQ==",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_odd_keys_are_refused(key: str) -> None:
    with pytest.raises(standalone.Unreadable):
        standalone.parse_key(key)


def test_the_file_imports_nothing_but_the_standard_library() -> None:
    import ast

    tree = ast.parse(STANDALONE.read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names
