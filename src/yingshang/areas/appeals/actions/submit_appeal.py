"""Somebody says what hurts: taken in at once, with a number, and on its way to a desk."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.search import SearchVector
from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import Left
from django.utils import timezone

from yingshang.kernel.access.api import Actor, entries_of, lookup_hash
from yingshang.kernel.parties.api import get_party
from yingshang.kernel.reference.api import find_region

from ..alike.fingerprints import fingerprint
from ..clocks import start_clocks
from ..desks import PLATFORM, desk_of
from ..errors import InvalidAppeal
from ..following import tell_followers
from ..links import Link, checked_links
from ..models import Appeal
from ..models.appeals import OPEN, URGENCIES
from ..numbering import appeal_number, take_appeal_ids
from ..reach import DISPATCH, own_party
from ..rules import rules_of
from ..searching import words_of
from ..text.masking import mask
from ..text.problems import checked, first_sentence
from ._steps import note, said_by, tell_agency, tell_reporter

_SPACE = 0x61707073
"""Keeps these locks apart from others of the platform ("apps")."""
OTHERS = frozenset({"hotline", "visit", "mail", "api", "excel"})
"""Channels over which somebody hands in what others said."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was taken in. `key` opens it to who has no account, and is told once. `again`: it had been said before."""

    id: int
    number: str
    key: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Reporter:
    """How to reach who said it. All of it is encrypted; anonymous ones leave it empty."""

    name: str = ""
    phone: str = ""
    mail: str = ""


@transaction.atomic
def submit_appeal(
    *,
    actor: Actor,
    title: str,
    body: str,
    region_code: str = "",
    channel: str = "portal",
    party_id: int | None = None,
    anonymous: bool = False,
    reporter: Reporter = Reporter(),
    urgency: str = "normal",
    links: Sequence[Link] = (),
    reference: str = "",
    held_key: str = "",
    demonstration: bool = False,
    now: datetime,
) -> Submitted:
    """Take an appeal in; its clocks begin, and its desk is told.

    For an enterprise by who acts for it; by anybody in their own name, or in none; over other channels by officials and
    systems with `appeals.register`, within their reach. An enterprise's region is where it is registered unless another
    is named. The same words again from the same sender, while the first are open, are the first; so is what a channel
    tells twice under one `reference`; at the same moment, too. `held_key` is the key to what they said before, of a
    sender without account and contact.

    Raises NotAllowed, PartyNotFound, InvalidAppeal, NobodyToAsk.
    """
    checked_text = checked(title, body)
    rules = rules_of("")
    if channel not in rules.channels:
        raise _invalid("channel", channel, f"write one of {', '.join(rules.channels)}", "没有这个渠道")
    if urgency not in URGENCIES:
        raise _invalid("urgency", urgency, f"write one of {', '.join(URGENCIES)}", "没有这个紧急程度")
    if reference.strip() and channel not in OTHERS:
        raise _invalid(
            "reference",
            reference,
            "leave it out: the same words said again are the same appeal",
            "本企业提出的诉求不用填写编号：同样的内容重复提交，只登记一件",
        )
    scope = actor.require("appeals.register") if channel in OTHERS else None
    party = None
    if party_id is not None:
        party_id = party_id if scope else own_party(actor, party_id)
        party = get_party(actor=PLATFORM, party_id=party_id)
        region_code = region_code or party.region_code or ""
    region = find_region(region_code) if region_code else None
    if region is None:
        raise _invalid("region", region_code, "name the district it is about", "请选择诉求所在的地区")
    if scope and not scope.covers("subtree", agency_id=0, region_path=region.path):
        raise _invalid("region", region_code, "this region is beyond your reach", "该地区超出您的登记范围")
    text_hash = hashlib.sha256(f"{checked_text.title}\n{checked_text.body}".encode()).hexdigest()
    contact = lookup_hash(reporter.phone or reporter.mail) if reporter.phone or reporter.mail else ""
    held = lookup_hash(held_key.strip()) if held_key.strip() else ""
    earlier = _earlier(actor, party_id, contact, held, text_hash, channel, reference, region.path[:4])
    if earlier is not None:
        return Submitted(earlier.pk, earlier.number, again=True)
    today = timezone.localdate(now)
    about = checked_links(links, actor=actor, party_id=party_id, today=today)
    desk = desk_of(region_code=region.code, today=today)
    [number] = take_appeal_ids(1)
    known = [reporter.name, reporter.phone, reporter.mail]
    if anonymous and party is not None:
        known.append(party.name)
    masked = mask(checked_text.body, known=known).text
    masked_title = mask(checked_text.title, known=known).text if title.strip() else first_sentence(masked)
    key = secrets.token_urlsafe(9) if party_id is None else ""
    appeal = Appeal(
        pk=number,
        number=appeal_number(number, now),
        party_id=party_id,
        filed_by_id=int(actor.identifier) if actor.kind == "user" and channel not in OTHERS else None,
        anonymous=anonymous,
        reporter_name=reporter.name.strip()[:60],
        reporter_phone=reporter.phone.strip()[:30],
        reporter_mail=reporter.mail.strip()[:120],
        reporter_hash=contact,
        key_hash=lookup_hash(key) if key else "",
        channel=channel,
        channel_reference=reference.strip()[:80],
        region_path=region.path,
        title=masked_title,
        text=masked,
        body=checked_text.body,
        text_hash=text_hash,
        likeness=list(fingerprint(masked).bands),
        urgency=urgency,
        desk_id=desk.id,
        links=[each.as_dict() for each in about],
        submitted_at=now,
        demonstration=demonstration,
    )
    appeal.desk_id = desk.id
    start_clocks(appeal, now=now)
    appeal.submitted_event = note(
        appeal,
        "submitted",
        actor=actor if channel in OTHERS else said_by(appeal, actor),
        now=now,
        after={"state": appeal.state, "channel": channel, "urgency": urgency, "words": text_hash},
    )
    appeal.save(force_insert=True)
    index_words(appeal)
    if key and appeal.filed_by_id is None:
        tell_reporter(appeal, "received_with_key", now=now, due=appeal.due_on, key=key)
    else:
        tell_reporter(appeal, "received", now=now, due=appeal.due_on)
    tell_agency(desk.id, DISPATCH, "to_dispatch", appeal=appeal, now=now, due=appeal.due_on)
    tell_followers([appeal], now=now)
    return Submitted(appeal.pk, appeal.number, key)


def index_words(appeal: Appeal) -> None:
    """What the search finds it by: the words of what may be read by officials of its reach."""
    words = " ".join(words_of(f"{appeal.title} {appeal.text}"))
    Appeal.objects.filter(pk=appeal.pk).update(words=SearchVector(Value(words), config="simple"))


def _earlier(
    actor: Actor,
    party_id: int | None,
    contact: str,
    held: str,
    text_hash: str,
    channel: str,
    reference: str,
    city: str,
) -> Appeal | None:
    """What was said before; who says the same at the same moment waits here until it is known."""
    reference = reference.strip()[:80]
    said_by, sender = "", Q(pk__in=())
    if party_id is not None:
        said_by, sender = f"party:{party_id}", Q(party_id__in=entries_of(party_id))
    elif actor.kind == "user" and channel not in OTHERS:
        said_by, sender = f"user:{actor.identifier}", Q(filed_by=int(actor.identifier), party__isnull=True)
    elif contact:
        said_by, sender = f"contact:{contact}", Q(reporter_hash=contact, party__isnull=True)
    elif held:
        said_by, sender = f"key:{held}", Q(key_hash=held)
    _one_at_a_time(
        f"{said_by}:{text_hash}" if said_by else "", f"{channel}:{city}:{reference}" if reference else ""
    )
    if reference:
        # The hotlines of two cities both count from one: the very columns that are unique together.
        told = (
            Appeal.objects.annotate(city=Left("region_path", 4))
            .filter(channel=channel, channel_reference=reference, city=city)
            .first()
        )
        if told is not None:
            return told
    return Appeal.objects.filter(sender, text_hash=text_hash, state__in=OPEN).order_by("pk").first()


def _one_at_a_time(*names: str) -> None:
    """Hold these names until the transaction ends; always in the same order, so that two never wait for each other."""
    digests = (hashlib.sha256(name.encode()).digest()[:8] for name in names if name)
    with connection.cursor() as cursor:
        for key in sorted(int.from_bytes(each, signed=True) ^ _SPACE for each in digests):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _invalid(field: str, value: object, text: str, text_zh: str) -> InvalidAppeal:
    return InvalidAppeal(f"{field} {value!r}: {text}", message_zh=text_zh, field=field, value=value)
