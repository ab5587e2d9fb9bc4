"""What was issued before the platform is taken into the library, with its origin and without a review."""

from __future__ import annotations

import pytest

from tests.areas.policies.factories import (
    author,
    hiring,
    issued_document,
    published_item,
    written_item,
)
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event
from yingshang.areas.policies.api import (
    InvalidItem,
    NotPossibleNow,
    adopt_item,
    begin_version,
    create_item,
    funding_obstacle,
    published_items,
    withdraw_item,
)
from yingshang.areas.policies.models import ItemVersion, PolicyDocument
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db


def found_item(source: str = "") -> str:
    """An item that was written after a document that is in force."""
    document = issued_document()
    with arranged():
        return create_item(actor=SYSTEM, source=source or hiring(), document_id=document, now=NOW)


def test_it_is_published_with_its_origin_and_cannot_be_funded() -> None:
    code = found_item()
    event = adopt_item(actor=SYSTEM, code=code, reason="省政府网站", now=NOW)
    assert [each.code for each in published_items(day=NOW.date())] == [code]
    noted = AuditEvent.objects.get(pk=event)
    assert (noted.action, noted.reason) == ("policies.item_adopted", "省政府网站")
    assert AuditEvent.objects.filter(action__startswith="policies.item_published").count() == 0
    obstacle = funding_obstacle(code=code, day=NOW.date())
    assert obstacle is not None and obstacle.code == "not_reviewed"


def test_an_author_goes_through_the_review() -> None:
    code = found_item()
    who = author().actor()
    with no_event(), pytest.raises(NotAllowed):
        adopt_item(actor=who, code=code, reason="省政府网站", now=NOW)


def test_a_later_version_is_no_older_policy() -> None:
    code = published_item()
    begin_version(actor=SYSTEM, code=code, now=NOW)
    with no_event(), pytest.raises(InvalidItem):
        adopt_item(actor=SYSTEM, code=code, reason="省政府网站", now=NOW)


def test_without_origin_or_reason_it_is_refused() -> None:
    written_item()
    with no_event(), pytest.raises(InvalidItem):
        adopt_item(actor=SYSTEM, code="HIRING", reason="省政府网站", now=NOW)
    code = found_item(hiring("FOUND"))
    with no_event(), pytest.raises(InvalidItem):
        adopt_item(actor=SYSTEM, code=code, reason=" ", now=NOW)
    with arranged():
        PolicyDocument.objects.update(number="", url="", note="")
    with no_event(), pytest.raises(InvalidItem):
        adopt_item(actor=SYSTEM, code=code, reason="省政府网站", now=NOW)


def test_one_under_review_or_withdrawn_is_not_taken_in() -> None:
    code = found_item()
    adopt_item(actor=SYSTEM, code=code, reason="省政府网站", now=NOW)
    withdraw_item(actor=SYSTEM, code=code, reason="到期清理", now=NOW)
    found_item(hiring("OTHER"))
    with arranged():
        ItemVersion.objects.filter(item__code="OTHER").update(state="approved", approved_at=NOW)
    with no_event(), pytest.raises(NotPossibleNow):
        adopt_item(actor=SYSTEM, code="OTHER", reason="省政府网站", now=NOW)
