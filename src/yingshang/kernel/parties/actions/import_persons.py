"""Persons from a file into the register: any number of rows, resumed after an interruption, repeated without effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Scope, lookup_hash, mask
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.reference.api import Reject, SubjectsFile, open_subjects
from yingshang.rules.errors import SubjectsError
from yingshang.rules.policy.catalogue import Fact, FactCatalogue

from ..batches import lock_writes, refresh_search
from ..contacts import is_phone
from ..errors import InvalidIdentityNumber, InvalidImport
from ..imports import summary_of
from ..models import FactImport, Party, Region
from ..names import name_key
from ..scope import contains
from ..values import ImportSummary
from ._import_steps import NewRejects, begun, fail, find_or_create, note_import, store_rejects
from .register_person import LONGEST_NAME, valid_identity_number

SOURCE = "个人登记"
ID_COLUMNS = ("证件号码", "身份证号码", "身份证号", "公民身份号码", "identity_number", "subject")
NAME, REGION, PHONE = "person.name", "person.region", "person.phone"
ROWS_PER_BATCH = 1_000

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row that was read: what it says, and at which place of its batch it stands."""

    position: int
    number: str
    name: str
    region: str | None
    phone: str


def import_persons(
    *,
    actor: Actor,
    path: Path | str,
    now: datetime,
    file_name: str = "",
    demonstration: bool = False,
    progress: Progress | None = None,
    rows_per_batch: int = ROWS_PER_BATCH,
) -> ImportSummary:
    """Import a CSV, Excel or Parquet file of persons: identity number, name, and if wanted region and phone.

    Who is not in the register is added; who is gets the name, region and phone of the file where they differ. Rows
    with anything wrong are rejected with their reasons, identity numbers masked. Batches of one transaction and one
    event each; after an interruption the same call continues behind the last, after its end it does nothing.

    Not inside a transaction. Needs `parties.import`; rows of regions outside its scope are rejected. Raises
    SubjectsError for a file that cannot be read, InvalidImport, and ImportRunning while the same import runs.
    """
    scope = actor.require("parties.import")
    path = Path(path)
    file = open_persons(path)
    with begun(
        actor=actor,
        path=path,
        as_of=timezone.localdate(now),
        now=now,
        file_name=file_name or path.name,
        source=SOURCE,
        demonstration=demonstration,
        resume=True,
        rows=file.row_count,
        about=FactImport.PERSONS,
    ) as fact_import:
        if fact_import.state == FactImport.DONE:
            return summary_of(fact_import, already_imported=True)
        try:
            _run(actor, scope, fact_import, file, now, progress, rows_per_batch)
        except Exception as error:
            fail(actor, fact_import, error, now)
            raise
        return summary_of(fact_import)


def open_persons(path: Path) -> SubjectsFile:
    """The file, opened and found fit as far as its header tells. Raises SubjectsError, InvalidImport."""
    file = _opened(path)
    if NAME not in file.columns:
        raise InvalidImport(
            f"{path.name}: persons need a column 姓名 beside their identity number",
            message_zh=f"{path.name}：除证件号码外还需要“姓名”一列",
            file=str(path),
            columns=file.columns,
        )
    return file


def request_person_import(
    *, actor: Actor, file: File[Any], file_name: str, now: datetime, demonstration: bool = False
) -> tuple[int, int]:
    """Keep an uploaded file and queue its import. Returns the numbers of the import and of the job.

    The file is removed when it has been imported: it says more of people than the register needs to keep in the clear.
    Raises as `import_persons` does for what the header of the file shows.
    """
    from ..tasks import import_persons_job

    actor.require("parties.import")
    suffix = Path(file_name).suffix.lower()
    kept = default_storage.save(f"imports/{now:%Y%m%d-%H%M%S}{suffix}", file)
    path = Path(default_storage.path(kept))
    try:
        opened = open_persons(path)
        with transaction.atomic():
            fact_import, _ = find_or_create(
                actor=actor,
                path=path,
                as_of=timezone.localdate(now),
                now=now,
                file_name=file_name,
                source=SOURCE,
                demonstration=demonstration,
                rows=opened.row_count,
                about=FactImport.PERSONS,
            )
            # The same file sent again: what an earlier one has left behind is of no use.
            fact_import.stored_as = kept
            fact_import.save(update_fields=["stored_as"])
            note_import(actor, "import_requested", fact_import, now, source=SOURCE)
            job = enqueue(
                import_persons_job,
                actor=actor,
                title=f"导入个人 {file_name}"[:200],
                now=now,
                import_id=fact_import.pk,
            )
    except BaseException:
        default_storage.delete(kept)
        raise
    return fact_import.pk, job


@cache
def _catalogue() -> FactCatalogue:
    columns = (
        Fact(NAME, "姓名", "string", sensitivity="personal"),
        Fact(REGION, "所在区划", "string", code_list="regions"),
        Fact(PHONE, "手机号码", "string", sensitivity="personal"),
    )
    return FactCatalogue({each.code: each for each in columns})


def _opened(path: Path) -> SubjectsFile:
    """By the first id column we know that the file has."""
    found: SubjectsError | None = None
    for column in ID_COLUMNS:
        try:
            return open_subjects(path, catalogue=_catalogue(), id_column=column)
        except SubjectsError as error:
            if error.details.get("column") != column:
                raise
            # No such column: perhaps it goes by another of its names.
            found = found or error
    assert found is not None
    raise found


def _run(
    actor: Actor,
    scope: Scope,
    fact_import: FactImport,
    file: SubjectsFile,
    now: datetime,
    progress: Progress | None,
    rows_per_batch: int,
) -> None:
    rejects = NewRejects(file)
    wanted = [name for name in (NAME, REGION, PHONE) if name in file.columns]
    for batch in file.batches(wanted, rows_per_batch):
        told, count = rejects.take()
        if file.rows_read <= fact_import.rows_done:
            continue
        _write(actor, scope, fact_import, batch.to_pylist(), file, told, count, now)
        if progress is not None:
            progress(fact_import.rows_done, file.row_count)
    with transaction.atomic():
        told, count = rejects.take()
        store_rejects(fact_import, map(_masked, told))
        fact_import.rejected += count
        fact_import.rows_done = fact_import.rows_total = file.rows_read
        fact_import.state, fact_import.message = FactImport.DONE, ""
        fact_import.finished_at = max(timezone.now(), now)
        fact_import.save()
        note_import(
            actor,
            "import_finished",
            fact_import,
            now,
            **{
                name: getattr(fact_import, name)
                for name in ("rows_done", "created", "changed", "unchanged", "rejected")
            },
        )


@transaction.atomic
def _write(
    actor: Actor,
    scope: Scope,
    fact_import: FactImport,
    rows: Sequence[Mapping[str, Any]],
    file: SubjectsFile,
    told: Sequence[Reject],
    count: int,
    now: datetime,
) -> None:
    """One batch, one transaction, one event."""
    first, read = fact_import.rows_done, file.rows_read
    lock_writes()
    places = _places(rows)
    answers = [_taken(position, row, file.id_column, places, scope) for position, row in enumerate(rows)]
    good = [each for each in answers if isinstance(each, _Row)]
    refused = [each for each in answers if isinstance(each, Reject)]
    created, changed = _save(good, places, fact_import.demonstration, now)
    unusable = {each.row for each in told}
    numbers = [row for row in range(first + 1, read + 1) if row not in unusable]
    known = len(numbers) == len(rows)
    store_rejects(
        fact_import,
        [
            *map(_masked, told),
            *(replace(each, row=numbers[each.row] if known else 0) for each in refused),
        ],
    )
    fact_import.rows_done = read
    fact_import.created += created
    fact_import.changed += changed
    fact_import.unchanged += len(good) - created - changed
    fact_import.rejected += count + len(refused)
    fact_import.state = FactImport.RUNNING
    fact_import.save()
    note_import(
        actor,
        "batch_imported",
        fact_import,
        now,
        rows=[first + 1, read],
        created=created,
        changed=changed,
        rejected=count + len(refused),
    )


def _taken(
    position: int, row: Mapping[str, Any], id_column: str, places: Mapping[str, Region], scope: Scope
) -> _Row | Reject:
    """The row as it goes into the register, or why not. In a reject `row` is the position in the batch."""

    def refusal(column: str, value: str, message: str, message_zh: str) -> Reject:
        shown = mask(str(row[id_column] or ""))
        return Reject(position, None, shown, column, value, "person_refused", message, message_zh)

    try:
        number = valid_identity_number(str(row[id_column]))
    except InvalidIdentityNumber as error:
        return refusal(id_column, mask(str(row[id_column])), error.message, error.message_zh or "")
    name = str(row.get(NAME) or "").strip()
    if not name or len(name) > LONGEST_NAME:
        return refusal(
            "姓名",
            name[:20],
            f"a name of 1 to {LONGEST_NAME} characters is needed",
            f"姓名应为1至{LONGEST_NAME}个字",
        )
    phone = str(row.get(PHONE) or "").strip()
    if phone and not is_phone(phone):
        return refusal("手机号码", mask(phone), "this is no phone number", "不是电话号码")
    region = row.get(REGION)
    place = places.get(str(region)) if region else None
    if (region and place is None) or not contains(scope, place.path if place else None):
        return refusal(
            "所在区划",
            str(region or ""),
            "this region is not within your reach; write one that is",
            "该区划不在您可以登记的范围内，请填写范围内的区划代码",
        )
    return _Row(position, number, name, place.code if place else None, phone)


def _places(rows: Sequence[Mapping[str, Any]]) -> dict[str, Region]:
    codes = {str(row[REGION]) for row in rows if row.get(REGION)}
    return Region.objects.in_bulk(list(codes))


def _save(
    rows: Sequence[_Row], places: Mapping[str, Region], demonstration: bool, now: datetime
) -> tuple[int, int]:
    """How many persons are new, and of how many something changed."""
    hashes = {lookup_hash(row.number): row for row in rows}
    held = {
        each.identity_hash: each
        for each in Party.objects.filter(identity_hash__in=list(hashes)).select_related("merged_into")
    }
    new, changed = [], []
    for hashed, row in hashes.items():
        phone_hash = lookup_hash(row.phone) if row.phone else None
        person = held.get(hashed)
        if person is None:
            new.append(
                Party(
                    kind=Party.PERSON,
                    identity_number=row.number,
                    identity_hash=hashed,
                    name=row.name,
                    name_key=name_key(row.name),
                    region=places.get(row.region or ""),
                    contact_phone=row.phone,
                    phone_hash=phone_hash,
                    demonstration=demonstration,
                    created_at=now,
                    updated_at=now,
                )
            )
            continue
        before = (person.name, person.region_id, person.phone_hash)
        person.name, person.name_key = row.name, name_key(row.name)
        # What the file does not say is left as it is.
        person.region_id = row.region or person.region_id
        if row.phone and phone_hash != person.phone_hash:
            person.contact_phone, person.phone_hash = row.phone, phone_hash
        if (person.name, person.region_id, person.phone_hash) != before:
            person.updated_at = now
            changed.append(person)
    Party.objects.bulk_create(new)
    Party.objects.bulk_update(
        changed, ["name", "name_key", "region", "contact_phone", "phone_hash", "updated_at"]
    )
    refresh_search([each.pk for each in (*new, *changed)])
    return len(new), len(changed)


def _masked(reject: Reject) -> Reject:
    """What the file's reader says of a row, without the identity number in it."""
    number = reject.subject or ""
    shown = mask(number)

    def hide(text: str | None) -> str | None:
        return text.replace(number, shown) if text and number else text

    return replace(
        reject,
        subject=shown or None,
        value=hide(reject.value),
        message=hide(reject.message) or "",
        message_zh=hide(reject.message_zh) or "",
    )
