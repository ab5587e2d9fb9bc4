"""What is hashed of an event: the canonical text of its leaf, made by the database so that a batch is one statement.

The text is JSON with sorted keys and without blanks. What a holder of any receipt may see stands in it as it is: when,
which action, on what kind of thing. Everything else stands there as a digest, `sha256(salt of the field || value)`,
where the salt of a field is `sha256(salt of the leaf || name of the field)`: a receipt opens the fields it should show
by giving their salts, and says nothing of the others. The salt of a leaf is random and never leaves the platform, since
names, reasons and amounts could be guessed otherwise.

    action, recorded, target, time, event, v     as they are; times in UTC with microseconds
    name, reason                                 the texts; null when empty
    before, after                                the JSON as PostgreSQL writes jsonb; null when there is none
    details                                      a JSON array: actor_kind, actor_id, actor_name, target_id, region_path,
                                                 agency_id, party_id, request_id

Changing any of this changes every hash: a new form needs a new `v` and the old one kept.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

DETAILS = (
    "actor_kind",
    "actor_id",
    "actor_name",
    "target_id",
    "region_path",
    "agency_id",
    "party_id",
    "request_id",
)

_VALUES = {
    "after": "after::text",
    "before": "before::text",
    "details": f"json_build_array({', '.join(DETAILS)})::text",
    "name": "nullif(target_name, '')",
    "reason": "nullif(reason, '')",
}


def _time(column: str) -> str:
    return f"""'"' || to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'"""


def _seal(field: str) -> str:
    """SQL for the digest of one field in quotes, or null."""
    value = _VALUES[field]
    return (
        f"coalesce('\"' || encode(sha256(sha256(uuid_send(salt) || '{field}'::bytea) "
        f"|| convert_to({value}, 'UTF8')), 'hex') || '\"', 'null')"
    )


CANONICAL = " || ".join(
    (
        """'{"action":' || to_json(action::text)::text""",
        f"""',"after":' || {_seal("after")}""",
        f"""',"before":' || {_seal("before")}""",
        f"""',"details":' || {_seal("details")}""",
        """',"event":' || id""",
        f"""',"name":' || {_seal("name")}""",
        f"""',"reason":' || {_seal("reason")}""",
        f"""',"recorded":' || {_time("recorded_at")}""",
        """',"target":' || to_json(target_kind::text)::text""",
        f"""',"time":' || {_time("occurred_at")} || ',"v":1}}'""",
    )
)
"""SQL for the text of a leaf, from the columns of an event and a column `salt`."""

LEAF_HASH = rf"sha256('\x00'::bytea || convert_to({CANONICAL}, 'UTF8'))"
"""SQL for the hash of a leaf."""

VALUES = ", ".join(f"{_VALUES[field]} AS sealed_{field}" for field in sorted(_VALUES))
"""SQL for the values behind the digests."""

SEALED = tuple(sorted(_VALUES))


def field_salt(salt: UUID, field: str) -> bytes:
    """What opens one field of a leaf and no other."""
    return hashlib.sha256(salt.bytes + field.encode("ascii")).digest()
