"""Who may open the files of an appeal, its replies and its supervision notices."""

from __future__ import annotations

from datetime import datetime

from yingshang.kernel.access.api import Actor, lookup_hash
from yingshang.kernel.documents.api import OpenDocument, Owner, documents_of, open_document

from .actions.add_file import FILES
from .desks import PLATFORM
from .models import Appeal
from .reach import VIEW, not_found, on_desk, opens_files, own_appeals


def may_read_file(actor: Actor, identifier: str) -> bool:
    """What came with it, as it came: who said it, and those officials of its reach who deal with it."""
    if not identifier.isdigit():
        return False
    number = int(identifier)
    if own_appeals(actor).filter(pk=number).exists():
        return True
    if not actor.may(VIEW):
        return False
    appeal = on_desk(actor).filter(pk=number).defer("body").first()
    return appeal is not None and opens_files(actor, appeal)


def may_read_reply(actor: Actor, identifier: str) -> bool:
    """A reply: who said it, and officials of its reach. It names whom it is to: those whose voices were joined read its
    words on their own pages.
    """
    if not identifier.isdigit():
        return False
    number = int(identifier)
    if own_appeals(actor).filter(pk=number).exists():
        return True
    return actor.may(VIEW) and on_desk(actor).filter(pk=number).exists()


def may_read_notice(actor: Actor, identifier: str) -> bool:
    """A supervision notice is between officials."""
    return identifier.isdigit() and actor.may(VIEW) and on_desk(actor).filter(pk=int(identifier)).exists()


def open_by_key(*, appeal_id: int, key: str, document_id: int, now: datetime) -> OpenDocument:
    """A file of the appeal a key opens, for who has no account. Raises AppealNotFound, DocumentNotFound."""
    rows = Appeal.objects.filter(pk=appeal_id, key_hash=lookup_hash(key.strip())).exclude(key_hash="")
    kept = {each.id for each in documents_of(Owner(FILES, str(appeal_id)))} if rows.exists() else set()
    if document_id not in kept:
        raise not_found(appeal_id)
    return open_document(actor=PLATFORM, document_id=document_id, now=now)
