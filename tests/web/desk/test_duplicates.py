"""Duplicates: proposed, compared side by side, merged with a reason, and separated again."""

from __future__ import annotations

import pytest

from tests.kernel.access.factories import DAOLI, QIQIHAR, no_event, official, one_event
from tests.kernel.parties.factories import a_party
from tests.web.desk.factories import signed_in
from yingshang.kernel.parties.models import DistinctPair, Merge, Party

# Facts come in by an import, which has transactions of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def pair(region: str = DAOLI) -> tuple[Party, Party]:
    one = a_party("演示同名商贸", region_code=region, facts={"ent.status": "存续"})
    return one, a_party("演示同名商贸", region_code=region, facts={"ent.status": "注销"})


def test_from_the_proposal_to_the_merge_and_back() -> None:
    one, other = pair()
    client = signed_in(official("department_official", DAOLI))
    listed = client.get("/desk/duplicates/").content.decode()
    address = f"/desk/duplicates/{one.pk}/{other.pk}/"
    assert address in listed and "名称相同" in listed
    assert "可能是同一主体" in client.get("/desk/").content.decode()
    page = client.get(address).content.decode()
    assert "存续" in page and "注销" in page and "不同" in page
    with no_event():
        assert client.post(address, {"kept": one.pk, "reason": ""}).status_code == 422
    with one_event("parties.merged"):
        assert client.post(address, {"kept": one.pk, "reason": "同一执照换发代码"}).status_code == 302
    assert "它已合并到另一主体" in client.get(f"/desk/parties/{other.pk}/").content.decode()
    (merge,) = Merge.objects.all()
    assert "同一执照换发代码" in client.get("/desk/duplicates/").content.decode()
    with one_event("parties.merge_undone"):
        assert client.post(f"/desk/merges/{merge.pk}/undo/").status_code == 302
    assert "已撤销" in client.get("/desk/duplicates/").content.decode()


def test_pairs_elsewhere_do_not_exist() -> None:
    one, other = pair(QIQIHAR)
    client = signed_in(official("department_official", DAOLI))
    assert client.get(f"/desk/duplicates/{one.pk}/{other.pk}/").status_code == 404
    assert client.get(f"/desk/duplicates/{one.pk}/{one.pk}/").status_code == 404
    assert "没有发现重复的主体" in client.get("/desk/duplicates/").content.decode()


def test_what_is_merged_already_is_told() -> None:
    one, other = pair()
    client = signed_in(official("department_official", DAOLI))
    address, values = f"/desk/duplicates/{one.pk}/{other.pk}/", {"kept": one.pk, "reason": "重复"}
    client.post(address, values)
    with no_event():
        assert client.post(address, values).status_code in (409, 422)


def test_a_pair_that_only_looks_alike_is_marked_and_the_mark_taken_back() -> None:
    one, other = pair()
    client = signed_in(official("department_official", DAOLI))
    address = f"/desk/duplicates/{one.pk}/{other.pk}/"
    assert "不是同一主体" in client.get(address).content.decode()
    with no_event():
        assert client.post(f"{address}distinct/", {"apart-reason": ""}).status_code == 422
    with one_event("parties.marked_distinct"):
        assert client.post(f"{address}distinct/", {"apart-reason": "住所不同"}).status_code == 302
    listed = client.get("/desk/duplicates/").content.decode()
    assert "没有发现重复的主体" in listed and "住所不同" in listed
    assert "可能是同一主体" not in client.get("/desk/").content.decode()
    shown = client.get(address).content.decode()
    assert "撤销这项判断" in shown and 'name="kept"' not in shown
    with no_event():
        assert client.post(address, {"kept": one.pk, "reason": "重复"}).status_code in (409, 422)
        assert client.post(f"{address}distinct/", {"apart-reason": "再次"}).status_code == 422
    (mark,) = DistinctPair.objects.all()
    with one_event("parties.distinct_taken_back"):
        assert client.post(f"/desk/distinct/{mark.pk}/undo/").status_code == 302
    assert address in client.get("/desk/duplicates/").content.decode()
