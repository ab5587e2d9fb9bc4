"""Documents over HTTP: whole, in parts, and not at all."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from django.test import Client

from tests.kernel.access.factories import NOW, SYSTEM, person
from tests.kernel.documents.factories import KIND, PNG, owner_that_says, plain_pdf, stored
from tests.web.desk.factories import signed_in
from yingshang.kernel.documents import storage
from yingshang.kernel.documents.api import DocumentView, remove_document

pytestmark = pytest.mark.django_db

CONTENT = "".join(f"第{number}行\n" for number in range(200)).encode()


@pytest.fixture
def reader() -> Iterator[Client]:
    """Somebody who may read the documents of the thing 1, and of no other."""
    someone = person()
    client = signed_in(someone)
    with owner_that_says(lambda actor, identifier: identifier == "1" and actor.identifier == str(someone.id)):
        yield client


def _body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def _address(document: DocumentView) -> str:
    return f"/documents/{document.id}/"


def test_a_document_is_handed_over_as_a_download_in_which_nothing_runs(reader: Client) -> None:
    document = stored(CONTENT, "合同 正本.txt")
    response = reader.get(_address(document))
    assert response.status_code == 200
    assert _body(response) == CONTENT
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["ETag"] == f'"{document.sha256}"'
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%90%88")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["Content-Security-Policy"].endswith("sandbox")


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [("a.pdf", plain_pdf(), True), ("a.png", PNG, True), ("a.txt", b"<script>", False)],
)
def test_only_pdfs_and_pictures_are_shown_in_place(
    reader: Client, name: str, content: bytes, shown: bool
) -> None:
    response = reader.get(f"{_address(stored(content, name))}?inline")
    assert response["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert _body(response) == content


def test_head_says_what_get_would_send(reader: Client) -> None:
    response = reader.head(_address(stored(CONTENT)), headers={"Range": "bytes=0-1"})
    assert (response.status_code, response["Content-Length"], response.content) == (
        200,
        str(len(CONTENT)),
        b"",
    )


def test_a_range_is_a_part(reader: Client) -> None:
    response = reader.get(_address(stored(CONTENT)), headers={"Range": "bytes=10-19"})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes 10-19/{len(CONTENT)}"
    assert response["Content-Length"] == "10"
    assert _body(response) == CONTENT[10:20]


def test_several_ranges_are_several_parts(reader: Client) -> None:
    response = reader.get(_address(stored(CONTENT)), headers={"Range": "bytes=0-9,100-149,-7"})
    assert response.status_code == 206
    body = _body(response)
    assert response["Content-Length"] == str(len(body))
    message = message_from_bytes(b"Content-Type: " + response["Content-Type"].encode() + b"\r\n\r\n" + body)
    parts = [(part["Content-Range"], part.get_payload(decode=True)) for part in message.get_payload()]  # type: ignore[union-attr]
    size = len(CONTENT)
    assert parts == [
        (f"bytes 0-9/{size}", CONTENT[:10]),
        (f"bytes 100-149/{size}", CONTENT[100:150]),
        (f"bytes {size - 7}-{size - 1}/{size}", CONTENT[-7:]),
    ]


def test_behind_the_end_there_is_nothing(reader: Client) -> None:
    response = reader.get(_address(stored(b"abc")), headers={"Range": "bytes=3-"})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */3")


@pytest.mark.parametrize(
    ("condition", "status"),
    [("same", 206), ('W/"same"', 200), ('"other"', 200), ("Sun, 22 Nov 2026 00:00:00 GMT", 200)],
)
def test_a_part_is_continued_only_of_the_same_content(reader: Client, condition: str, status: int) -> None:
    document = stored(CONTENT)
    value = f'"{document.sha256}"' if condition == "same" else condition.replace("same", document.sha256)
    response = reader.get(_address(document), headers={"Range": "bytes=0-1", "If-Range": value})
    assert response.status_code == status


def test_what_is_known_is_not_sent_again(reader: Client) -> None:
    document = stored(CONTENT)
    etag = f'"{document.sha256}"'
    assert reader.get(_address(document), headers={"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    # The condition comes before the range.
    assert (
        reader.get(_address(document), headers={"If-None-Match": etag, "Range": "bytes=0-1"}).status_code
        == 304
    )
    assert reader.get(_address(document), headers={"If-Match": '"x"'}).status_code == 412
    assert reader.get(_address(document), headers={"If-Match": etag}).status_code == 200


def test_nobody_else_learns_that_it_exists(reader: Client) -> None:
    mine, other, of_nobody = stored(), stored(identifier="2"), stored(kind="unknown-kind")
    removed = stored(b"gone")
    remove_document(actor=SYSTEM, document_id=removed.id, now=NOW)
    assert [reader.get(_address(each)).status_code for each in (mine, other, of_nobody, removed)] == [
        200,
        404,
        404,
        404,
    ]
    assert reader.get("/documents/999999/").status_code == 404
    stranger = signed_in(person())
    assert stranger.get(_address(mine)).status_code == 404
    assert Client().get(_address(mine))["Location"].startswith("/account/login/")
    assert reader.post(_address(mine)).status_code == 405


def test_a_refusal_of_the_owner_is_not_told(reader: Client) -> None:
    def refuses(actor: Any, identifier: str) -> bool:
        actor.require("parties.view")
        return True

    with owner_that_says(refuses, "refusing"):
        assert reader.get(_address(stored(kind="refusing"))).status_code == 404
    with owner_that_says(lambda *_: "yes", "vague"):
        assert reader.get(_address(stored(kind="vague"))).status_code == 404


def test_bytes_that_are_lost_are_said_to_be(reader: Client) -> None:
    document = stored(b"to be lost")
    storage.delete(storage.place(document.sha256))
    response = reader.get(_address(document))
    assert response.status_code == 503
    assert f"文书 {document.id} 的内容不在存储中" in response.content.decode()
    assert KIND not in response.content.decode()
