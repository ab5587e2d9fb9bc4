"""One batch of an import, written in one transaction: what is new is copied in, what is known is merged set by set.

Rules, all of `history`: a record holds what its sources have not already said as of the same day; a portrait takes
what is not older than what it has. Nothing here opens a transaction or records an event; the action does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import connection

from yingshang.kernel.access.api import Scope, lookup_hash, mask
from yingshang.kernel.reference.api import find_region, is_valid_credit_code

from .contacts import is_email, is_phone
from .history import NAME, Record, not_yet_said, winning
from .incoming import Incoming, dumped
from .models import FactRecord, Party
from .names import name_key, search_vector
from .registration import COLUMNS, REGION, Registration, registration
from .scope import contains
from .values import masked_email

# Every transaction that changes portraits holds this lock, so that revisions grow in the order of commits.
WRITE_LOCK = 4_743_001

_BACKSLASH = "\\"
_PIECE = 50_000
_LONGEST_NAME = 120
# U+0000 as JSON writes it, which is the one character that PostgreSQL keeps in no text.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What all rows of an import share."""

    import_id: int
    as_of: date
    now: datetime
    demonstration: bool
    scope: Scope


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of a batch that was not taken: its position, and why."""

    position: int
    column: str | None
    value: str | None
    code: str
    message: str
    message_zh: str


@dataclass(slots=True)
class Outcome:
    """What a batch came to. `confirmed` are those of the unchanged that added to the history."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    confirmed: int = 0
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class _Known:
    """A party that is there already. `root` is the party it was merged into, or itself."""

    id: int
    root: int
    name: str
    region: str | None
    as_of: date | None
    email_hash: str | None
    phone_hash: str | None


@dataclass(slots=True)
class _News:
    """What one row adds: to the records of a party, and to the portrait of its root."""

    party: int
    root: int
    said: str
    values: str


def lock_writes() -> None:
    """Wait until nobody else changes portraits; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITE_LOCK])


def next_revision() -> int:
    """The revision for the portraits this transaction changes. Call it under `lock_writes`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('parties_revision')")
        return int(cursor.fetchone()[0])


def write_batch(batch: Incoming, delivery: Delivery) -> Outcome:
    """Write the rows of a batch. Must run in a transaction."""
    lock_writes()
    outcome = Outcome()
    known = _known_parties(batch.codes)
    taken = _admitted(batch, known, delivery, outcome)
    fresh = [position for position in taken if batch.codes[position] not in known]
    _create(batch, fresh, delivery)
    outcome.created = len(fresh)
    rows = [position for position in taken if batch.codes[position] in known]
    _count_coverage(batch, taken, known, delivery)
    while rows:
        # Two rows may be about one party, once under the code of a duplicate: one after the other.
        first: dict[int, int] = {}
        for position in rows:
            first.setdefault(known[batch.codes[position]].root, position)
        _extend(batch, sorted(first.values()), known, delivery, outcome)
        rows = sorted(set(rows) - set(first.values()))
        if rows:
            known = _known_parties([batch.codes[position] for position in rows])
    return outcome


# --- who the rows are about -------------------------------------------------------------------------------------------


def _known_parties(codes: Sequence[str]) -> dict[str, _Known]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT own.credit_code, own.id, root.id, root.name, root.region_id, portrait.as_of,
                   root.email_hash, root.phone_hash
            FROM parties_party own
            JOIN parties_party root ON root.id = coalesce(own.merged_into_id, own.id)
            LEFT JOIN parties_portrait portrait ON portrait.party_id = root.id
            WHERE own.credit_code = ANY(%s)
            """,
            [[code for code in codes if "\x00" not in code]],
        )
        return {code: _Known(*rest) for code, *rest in cursor.fetchall()}


def _admitted(
    batch: Incoming, known: Mapping[str, _Known], delivery: Delivery, outcome: Outcome
) -> list[int]:
    """The positions of the rows that are taken; the others are refused with a reason."""
    paths: dict[str | None, str | None] = {None: None}
    seen: set[str] = set()
    taken = []
    for position, code in enumerate(batch.codes):
        refusal: tuple[str, str | None, str | None, str, str] | None = None
        party = known.get(code)
        if code in seen:
            refusal = (
                "duplicate_id",
                None,
                code,
                "this code was there before in the file",
                "该代码在文件中重复出现",
            )
        elif party is None and not _is_credit_code(code):
            refusal = (
                "not_a_credit_code",
                None,
                code,
                f"{code} is no unified social credit code",
                f"{code} 不是统一社会信用代码",
            )
        elif (email := batch.emails[position]) and not is_email(email):
            # What was typed wrong is nearly somebody's: masked like a right one. The file of rejects has it in full.
            shown = masked_email(email)
            refusal = ("invalid_email", None, shown, f"{shown} is no e-mail address", f"{shown} 不是电子邮箱")
        elif (phone := batch.phones[position]) and not is_phone(phone):
            shown = mask(phone)
            refusal = ("invalid_phone", None, shown, f"{shown} is no phone number", f"{shown} 不是电话号码")
        elif len(name := batch.registered[position].get(NAME) or "") > _LONGEST_NAME:
            refusal = (
                "name_too_long",
                NAME,
                name[:_LONGEST_NAME],
                f"a name has at most {_LONGEST_NAME} characters, this one {len(name)}",
                f"名称最多 {_LONGEST_NAME} 个字，这里有 {len(name)} 个",
            )
        elif _NUL.search(batch.said[position]):
            refusal = (
                "unusable_character",
                None,
                None,
                "it holds the character U+0000, which cannot be kept",
                "含有无法保存的空字符（U+0000）",
            )
        elif not delivery.scope.everywhere:
            region = batch.registered[position].get(REGION)
            for each in {region or (party.region if party else None), party.region if party else region}:
                if each not in paths:
                    found = find_region(each) if each else None
                    paths[each] = found.path if found else None
                if not contains(delivery.scope, paths[each]):
                    refusal = (
                        "out_of_scope",
                        REGION,
                        each,
                        "a party outside the regions you may import for",
                        "该主体不在您可以导入的地区内",
                    )
        if refusal is None:
            taken.append(position)
            seen.add(code)
        else:
            reason, column, value, message, message_zh = refusal
            outcome.refusals.append(Refusal(position, column, value, reason, message, message_zh))
            outcome.refusals.sort(key=lambda each: each.position)
    return taken


# What has the shape of a credit code and not that of an identity number was checked when the file was read.
_CHECKED = re.compile(r"(?![0-9]{17}[0-9X]$)[0-9A-HJ-NP-RT-UW-Y]{2}[0-9]{6}[0-9A-HJ-NP-RT-UW-Y]{10}")


def _is_credit_code(code: str) -> bool:
    return bool(_CHECKED.fullmatch(code)) or is_valid_credit_code(code)


# --- parties that are new ---------------------------------------------------------------------------------------------

_PARTY_COLUMNS = (
    "id, kind, credit_code, identity_number, name, name_key, region_id, industry, status, size, established_on, "
    "contact_email, contact_phone, email_hash, phone_hash, search, demonstration, created_at, updated_at"
)


def _create(batch: Incoming, positions: Sequence[int], delivery: Delivery) -> None:
    if not positions:
        return
    revision = next_revision()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('parties_party', 'id')) FROM generate_series(1, %s)",
            [len(positions)],
        )
        numbers = [row[0] for row in cursor.fetchall()]
        with cursor.copy(f"COPY parties_party ({_PARTY_COLUMNS}) FROM STDIN") as copy:
            for number, position in zip(numbers, positions, strict=True):
                code = batch.codes[position]
                told, vector = batch.as_new(position)
                email, phone = batch.emails[position], batch.phones[position]
                copy.write_row(
                    (
                        number,
                        Party.ENTERPRISE,
                        code,
                        "",
                        told.name or code,
                        name_key(told.name or ""),
                        told.region,
                        told.industry,
                        told.status,
                        told.size,
                        told.established_on,
                        encrypted(email),
                        encrypted(phone),
                        email and lookup_hash(email),
                        phone and lookup_hash(phone),
                        vector,
                        delivery.demonstration,
                        delivery.now,
                        delivery.now,
                    )
                )
    _add_records(
        ((number, batch.said[position]) for number, position in zip(numbers, positions, strict=True)),
        delivery,
    )
    _copy_json(
        "COPY parties_portrait (party_id, as_of, revision, values) FROM STDIN",
        (
            (f"{number}\t{delivery.as_of}\t{revision}", batch.values[position])
            for number, position in zip(numbers, positions, strict=True)
        ),
    )


def _add_records(records: Iterable[tuple[int, str]], delivery: Delivery) -> None:
    rest = f"{delivery.as_of}\t{delivery.now.isoformat()}\t{delivery.import_id}"
    _copy_json(
        "COPY parties_factrecord (party_id, as_of, received_at, fact_import_id, values) FROM STDIN",
        ((f"{party}\t{rest}", said) for party, said in records),
    )


def _copy_json(statement: str, rows: Iterable[tuple[str, str]]) -> None:
    """Copy rows that end in a JSON text; what goes before is plain, with tabs.

    In large pieces: the client waits for the server once a piece, and each time gives the processor to the thread
    that makes the next batch ready.
    """
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        piece: list[str] = []
        size = 0
        for plain, text in rows:
            # JSON holds no control characters, so only its backslashes mean something to COPY.
            piece.append(f"{plain}\t{text.replace(_BACKSLASH, _BACKSLASH * 2)}\n")
            size += len(text)
            if size > _PIECE:
                copy.write("".join(piece))
                piece, size = [], 0
        copy.write("".join(piece))


def encrypted(text: str | None) -> str:
    """Personal data as its column holds it."""
    return str(Party._meta.get_field("contact_email").get_prep_value(text or ""))


# --- parties that are there -------------------------------------------------------------------------------------------


def _extend(
    batch: Incoming,
    positions: Sequence[int],
    known: Mapping[str, _Known],
    delivery: Delivery,
    outcome: Outcome,
) -> None:
    """Add to parties that are there. No two of the positions are about the same one."""
    news = _news(batch, positions, known, delivery)
    revision = next_revision() if news else 0
    _add_records(((each.party, each.said) for each in news.values()), delivery)
    changed = _update_portraits(news.values(), delivery.as_of, revision)
    _update_registrations(changed, {each.root: each.name for each in known.values()}, delivery.now)
    reachable = _update_contacts(batch, positions, known, delivery)
    for position in positions:
        root = known[batch.codes[position]].root
        if root in changed or root in reachable:
            outcome.changed += 1
        else:
            outcome.unchanged += 1
            outcome.confirmed += position in news


def _news(
    batch: Incoming, positions: Sequence[int], known: Mapping[str, _Known], delivery: Delivery
) -> dict[int, _News]:
    """Position → what it adds, for the rows that add something."""
    news: dict[int, _News] = {}
    closer: list[int] = []
    for position in positions:
        party = known[batch.codes[position]]
        if party.root == party.id and (party.as_of is None or party.as_of < delivery.as_of):
            # Newer than everything known: all of it is news, and all of it wins.
            news[position] = _News(party.id, party.root, batch.said[position], batch.values[position])
        else:
            closer.append(position)
    records = _records_of({known[batch.codes[position]].root for position in closer})
    for position in closer:
        party = known[batch.codes[position]]
        present = records.get(party.root, [])
        said: dict[str, dict[str, Any]] = json.loads(batch.said[position])
        same_day = [
            each.record for each in present if each.owner == party.id and each.record.as_of == delivery.as_of
        ]
        fresh = not_yet_said(said, same_day)
        if not fresh:
            continue
        wins = winning(fresh, delivery.as_of, (each.record for each in present))
        if party.root != party.id:
            wins.pop(NAME, None)
        news[position] = _News(party.id, party.root, dumped(fresh), dumped(wins))
    return {position: each for position, each in news.items() if each.said != "{}"}


@dataclass(frozen=True, slots=True)
class _Owned:
    owner: int
    record: Record


def _records_of(roots: Collection[int]) -> dict[int, list[_Owned]]:
    """Root → the records of it and of those merged into it."""
    if not roots:
        return {}
    own = dict(Party.objects.filter(merged_into__in=roots).values_list("pk", "merged_into_id"))
    own |= {root: root for root in roots}
    found: dict[int, list[_Owned]] = {}
    rows = FactRecord.objects.filter(party__in=list(own)).values_list(
        "party_id", "id", "as_of", "received_at", "values"
    )
    for owner, number, as_of, received_at, said in rows.iterator(chunk_size=5_000):
        root = own[owner]
        record = Record(number, as_of, received_at, said, own=owner == root)
        found.setdefault(root, []).append(_Owned(owner, record))
    return found


def _update_portraits(news: Collection[_News], as_of: date, revision: int) -> dict[int, Registration]:
    """Lay what is new over the portraits. Party → what the register keeps of it, for portraits that changed."""
    if not news:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS parties_incoming (party_id bigint, values jsonb) "
            "ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM parties_incoming")
        with cursor.copy("COPY parties_incoming FROM STDIN") as copy:
            for each in news:
                copy.write_row((each.root, each.values))
        cursor.execute(
            """
            INSERT INTO parties_portrait (party_id, values, as_of, revision)
            SELECT party_id, '{}', %(as_of)s, 0 FROM parties_incoming
            ON CONFLICT (party_id) DO NOTHING
            """,
            {"as_of": as_of},
        )
        cursor.execute(
            """
            UPDATE parties_portrait AS portrait
            SET values = CASE WHEN news.merged <> portrait.values THEN news.merged ELSE portrait.values END,
                as_of = greatest(portrait.as_of, %(as_of)s),
                revision = CASE WHEN news.merged <> portrait.values THEN %(revision)s ELSE portrait.revision END
            FROM (
                SELECT present.party_id, present.values || told.values AS merged
                FROM parties_incoming AS told JOIN parties_portrait AS present USING (party_id)
                OFFSET 0
            ) AS news
            WHERE portrait.party_id = news.party_id
            RETURNING portrait.party_id,
                CASE WHEN portrait.revision = %(revision)s THEN (
                    SELECT jsonb_object_agg(key, value) FROM jsonb_each(portrait.values)
                    WHERE key = ANY(%(columns)s) OR key LIKE 'fin.revenue.____'
                )::text END,
                portrait.revision = %(revision)s
            """,
            {"as_of": as_of, "revision": revision, "columns": list(COLUMNS)},
        )
        return {
            party: registration(json.loads(values) if values else {})
            for party, values, changed in cursor.fetchall()
            if changed
        }


def _update_registrations(
    changed: Mapping[int, Registration], names: Mapping[int, str], now: datetime
) -> None:
    """Bring the register in line with the portraits. `names` are those the parties had."""
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS parties_registered (party_id bigint, name text, region text, "
            "industry text, status text, size text, established_on date) ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM parties_registered")
        with cursor.copy("COPY parties_registered FROM STDIN") as copy:
            for party, told in changed.items():
                copy.write_row(
                    (
                        party,
                        told.name,
                        told.region,
                        told.industry,
                        told.status,
                        told.size,
                        told.established_on,
                    )
                )
        cursor.execute(
            """
            UPDATE parties_party AS party
            SET name = coalesce(told.name, party.name), region_id = coalesce(told.region, party.region_id),
                industry = told.industry, status = told.status, size = told.size,
                established_on = told.established_on, updated_at = %s
            FROM parties_registered AS told
            WHERE party.id = told.party_id AND (
                coalesce(told.name, party.name), coalesce(told.region, party.region_id), told.industry, told.status,
                told.size, told.established_on
            ) IS DISTINCT FROM (
                party.name, party.region_id, party.industry, party.status, party.size, party.established_on
            )
            """,
            [now],
        )
    refresh_search(
        [party for party, told in changed.items() if told.name is not None and told.name != names.get(party)]
    )


def refresh_registration(party_id: int, values: Mapping[str, Any], now: datetime) -> None:
    """Bring the register in line with a portrait that was worked out anew."""
    _update_registrations({party_id: registration(values)}, {}, now)


def refresh_search(parties: Collection[int]) -> None:
    """Work out anew how parties are found: by their own names and codes and those of the merged ones."""
    if not parties:
        return
    named: dict[int, tuple[list[str], list[str]]] = {party: ([], []) for party in parties}
    own = Party.objects.filter(pk__in=list(parties)).values_list("pk", "name", "credit_code")
    merged = Party.objects.filter(merged_into__in=list(parties)).values_list(
        "merged_into_id", "name", "credit_code"
    )
    keys = {party: "" if name == code else name_key(name) for party, name, code in own}
    for party, name, code in [*own, *merged.order_by("pk")]:
        names, codes = named[party]
        if name != code:
            names.append(name)
        if code:
            codes.append(code)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE parties_party AS party SET search = told.search::tsvector, name_key = told.name_key "
            "FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS told(id, search, name_key) "
            "WHERE party.id = told.id",
            [
                list(named),
                [search_vector(names, codes) for names, codes in named.values()],
                [keys.get(party, "") for party in named],
            ],
        )


def _update_contacts(
    batch: Incoming, positions: Sequence[int], known: Mapping[str, _Known], delivery: Delivery
) -> set[int]:
    """Registered contacts that are new; those of an older day or of a duplicate do not count."""
    changed: set[int] = set()
    for position in positions:
        party = known[batch.codes[position]]
        if party.root != party.id or (party.as_of is not None and party.as_of > delivery.as_of):
            continue
        values: dict[str, Any] = {}
        for column, text, before in (
            ("email", batch.emails[position], party.email_hash),
            ("phone", batch.phones[position], party.phone_hash),
        ):
            if text and (hashed := lookup_hash(text)) != before:
                values |= {f"contact_{column}": text, f"{column}_hash": hashed}
        if values:
            Party.objects.filter(pk=party.id).update(**values, updated_at=delivery.now)
            changed.add(party.id)
    return changed


# --- who told of how many ---------------------------------------------------------------------------------------------


def _count_coverage(
    batch: Incoming, positions: Sequence[int], known: Mapping[str, _Known], delivery: Delivery
) -> None:
    if not positions:
        return
    regions = []
    for position in positions:
        party = known.get(batch.codes[position])
        told = batch.registered[position].get(REGION)
        regions.append(told or (party.region if party else None) or "")
    places, numbers = np.unique(np.array(regions, dtype=str), return_inverse=True)
    taken = np.array(positions, dtype=np.int64)
    counts = [
        (delivery.import_id, source, place if find_region(place) else None, delivery.as_of, count)
        for source, told_of in batch.told_by
        for place, count in zip(
            places.tolist(),
            np.bincount(numbers[told_of[taken]], minlength=len(places)).tolist(),
            strict=True,
        )
        if count
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO parties_coverage (fact_import_id, source, region_id, as_of, parties)
            VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (fact_import_id, source, region_id) DO UPDATE
            SET parties = parties_coverage.parties + excluded.parties
            """,
            counts,
        )
