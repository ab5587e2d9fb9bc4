"""Bytes are there when a row says so, once for all who have them, and gone when nobody does."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from tests.kernel.access.factories import NOW, SYSTEM, no_event, one_event
from tests.kernel.documents.factories import KIND, owner_that_says, stored, word_document
from yingshang.kernel.access.api import VISITOR
from yingshang.kernel.documents import storage
from yingshang.kernel.documents.actions import store as store_module
from yingshang.kernel.documents.actions.sweep import AGE
from yingshang.kernel.documents.api import (
    DocumentNotFound,
    Owner,
    RefusedFile,
    check_upload,
    documents_of,
    open_document,
    remove_document,
    store,
    sweep_files,
)
from yingshang.kernel.documents.models import Document, StoredFile
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db
LATER = NOW + AGE + timedelta(hours=1)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A storage of this test's own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    yield tmp_path / "files"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _aged(folder: Path) -> None:
    long_ago = (timezone.now() - timedelta(days=3)).timestamp()
    for path in _files(folder):
        os.utime(path, (long_ago, long_ago))


def test_a_file_lies_under_its_digest_and_is_recorded(own_folder: Path) -> None:
    with one_event("documents.stored") as events:
        document = stored(b"words", "a.txt")
    sha256 = hashlib.sha256(b"words").hexdigest()
    assert (document.sha256, document.size, document.content_type) == (sha256, 5, "text/plain")
    [path] = _files(own_folder)
    assert path == own_folder / "documents" / sha256[:2] / sha256[2:4] / sha256
    assert path.read_bytes() == b"words"
    assert path.stat().st_mode & 0o077 == 0
    assert events[0]["after"]["sha256"] == sha256


def test_equal_bytes_are_kept_once(own_folder: Path) -> None:
    first, second = stored(b"same", "a.txt"), stored(b"same", "b.txt", identifier="2")
    assert first.id != second.id and first.sha256 == second.sha256
    assert len(_files(own_folder)) == StoredFile.objects.count() == 1
    assert [each.name for each in documents_of(Owner(KIND, "1"))] == ["a.txt"]


def test_an_upload_is_taken_from_its_beginning() -> None:
    upload = SimpleUploadedFile("合同.docx", word_document())
    upload.read(100)
    assert stored(upload, upload.name).size == upload.size  # type: ignore[arg-type]


def test_what_was_checked_before_is_not_checked_again_but_only_of_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = SimpleUploadedFile("合同.docx", word_document())
    checked = check_upload(content=upload, name="合同.docx")
    proofs: list[str] = []
    true = store_module.check_file
    monkeypatch.setattr(store_module, "check_file", lambda *given: proofs.append("") or true(*given))
    assert stored(upload, "合同.docx", checked=checked).sha256 == checked.sha256 and not proofs
    for content, name in ((b"\x00", "合同.docx"), (word_document(), "合同.pdf")):
        with no_event(), pytest.raises(RefusedFile):
            stored(content, name, checked=checked)
    assert len(proofs) == 2


def test_a_refused_file_leaves_nothing(own_folder: Path) -> None:
    with no_event(), pytest.raises(RefusedFile):
        stored(b"\x00", "a.txt")
    assert not Document.objects.exists() and not StoredFile.objects.exists()
    assert not own_folder.exists()


def test_a_disk_that_fails_leaves_no_row_and_no_half_file(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("yingshang.kernel.documents.storage.os.fsync", full)
    with pytest.raises(OSError, match="No space"), transaction.atomic():
        stored(b"words")
    assert not Document.objects.exists() and not StoredFile.objects.exists()
    assert _files(own_folder) == []


def test_a_file_cut_short_at_its_place_is_written_anew(own_folder: Path) -> None:
    document = stored(b"whole words")
    [path] = _files(own_folder)
    path.chmod(0o600)
    path.write_bytes(b"whole")
    stored(b"whole words", identifier="2")
    assert path.read_bytes() == b"whole words"
    with (
        owner_that_says(lambda *_: True),
        open_document(actor=SYSTEM, document_id=document.id, now=NOW).file as file,
    ):
        assert file.read() == b"whole words"


def test_removing_leaves_the_row_and_the_sweep_takes_the_bytes(own_folder: Path) -> None:
    one, other = stored(b"shared"), stored(b"shared", identifier="2")
    alone = stored(b"alone")
    with one_event("documents.removed"):
        remove_document(actor=SYSTEM, document_id=one.id, reason="误传", now=NOW)
    remove_document(actor=SYSTEM, document_id=alone.id, now=NOW)
    assert documents_of(Owner(KIND, "1")) == ()
    with owner_that_says(lambda *_: True), pytest.raises(DocumentNotFound):
        open_document(actor=SYSTEM, document_id=one.id, now=NOW)
    with pytest.raises(DocumentNotFound):
        remove_document(actor=SYSTEM, document_id=one.id, now=NOW)
    # For a day they stay.
    assert sweep_files(actor=SYSTEM, now=NOW + timedelta(hours=1)).removed == 0
    with one_event("documents.swept"):
        assert sweep_files(actor=SYSTEM, now=LATER).removed == 1
    [kept] = _files(own_folder)
    assert kept.name == other.sha256
    row = Document.objects.get(pk=alone.id)
    assert (row.file_id, row.sha256, row.name) == (None, alone.sha256, "a.txt")
    # The same bytes may come again.
    again = stored(b"alone", identifier="3")
    assert storage.open_bytes(again.sha256).read() == b"alone"


def test_what_a_broken_transaction_left_is_swept(own_folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        stored(b"orphan")
        1 / 0  # noqa: B018
    kept = stored(b"kept")
    (own_folder / "documents" / "ab" / "cd").mkdir(parents=True)
    (own_folder / "documents" / "ab" / "cd" / f"x{storage.HALF_WRITTEN}").write_bytes(b"hal")
    (own_folder / "documents" / "ab" / "cd" / "somebody-else.txt").write_bytes(b"not ours")
    assert sweep_files(actor=SYSTEM, now=timezone.now()) == type(
        sweep_files(actor=SYSTEM, now=timezone.now())
    )(0, 0, 0)
    _aged(own_folder)
    result = sweep_files(actor=SYSTEM, now=timezone.now())
    assert (result.orphans, result.half_written, result.removed) == (1, 1, 0)
    assert {path.name for path in _files(own_folder)} == {kept.sha256, "somebody-else.txt"}


@pytest.mark.django_db(transaction=True)
def test_the_sweep_does_not_take_what_somebody_is_bringing(own_folder: Path) -> None:
    sha256 = hashlib.sha256(b"brought").hexdigest()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        stored(b"brought")
        1 / 0  # noqa: B018
    _aged(own_folder)
    brought, swept = threading.Event(), threading.Event()

    def bring() -> None:
        try:
            with transaction.atomic():
                # The bytes are there already, and old: only the lock tells that they are wanted.
                stored(b"brought")
                brought.set()
                swept.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=bring)
    thread.start()
    assert brought.wait(10)
    assert sweep_files(actor=SYSTEM, now=timezone.now()).orphans == 0
    swept.set()
    thread.join()
    assert [path.name for path in _files(own_folder)] == [sha256]
    assert sweep_files(actor=SYSTEM, now=timezone.now()).orphans == 0


def test_any_storage_will_do(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    assert isinstance(storages["default"], InMemoryStorage)
    first, second = stored(b"words"), stored(b"words", identifier="2")
    assert first.sha256 == second.sha256
    assert storages["default"].exists(storage.place(first.sha256))
    with (
        owner_that_says(lambda *_: True),
        open_document(actor=VISITOR, document_id=first.id, now=NOW).file as file,
    ):
        assert file.read() == b"words"
    remove_document(actor=SYSTEM, document_id=first.id, now=NOW)
    remove_document(actor=SYSTEM, document_id=second.id, now=NOW)
    assert sweep_files(actor=SYSTEM, now=LATER).removed == 1
    assert not storages["default"].exists(storage.place(first.sha256))


def test_reading_the_documents_of_an_owner_is_one_query(django_assert_num_queries: Any) -> None:
    for number in range(5):
        stored(b"x%d" % number)
    with django_assert_num_queries(1):
        assert len(documents_of(Owner(KIND, "1"))) == 5


def test_an_owner_nobody_speaks_for_is_closed_to_the_platform_too() -> None:
    document = store(actor=SYSTEM, content=b"x", name="a.txt", owner=Owner("nobody-s", "1"), now=NOW)
    with pytest.raises(DocumentNotFound):
        open_document(actor=SYSTEM, document_id=document.id, now=NOW)
    assert AuditEvent.objects.filter(action="documents.stored").count() == 1
