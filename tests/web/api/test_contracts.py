"""Contracts through the API: sent by a unit's system once, told what is wrong, read back, in and out as OCDS."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.areas.contracts.factories import UNIT, supplier, unit
from tests.areas.contracts.gathering.test_ocds import package
from tests.kernel.access.factories import DAOLI, agency, arranged
from tests.web.api.api_factories import PLATFORM, System, a_system, bearer
from yingshang.areas.contracts.gathering.schema import package_mistakes, release_mistakes
from yingshang.areas.contracts.models import Contract
from yingshang.kernel.access.api import register_client
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db


def units_system() -> Client:
    """The system of the unit, under the role of who registers its contracts."""
    from django.utils import timezone

    made = register_client(
        actor=PLATFORM,
        name="合同系统",
        role="contract_administrator",
        agency_id=agency(DAOLI, UNIT).pk,
        now=timezone.now(),
    )
    return bearer(System(made.id, made.client_id, made.secret))


def send(client: Client, address: str, body: Any) -> Any:
    return client.post(
        f"/api/v1/{address}", body, content_type="application/json", headers={"Idempotency-Key": uuid4().hex}
    )


def said(party: Party, **more: Any) -> dict[str, Any]:
    return {
        "source_reference": "OA-1",
        "title": "道路养护服务合同（示例）",
        "kind": "procurement",
        "counterparty_name": party.name,
        "counterparty_code": party.credit_code,
        "amount_fen": 100_000_000,
        "signed_on": "2026-03-02",
        "ends_on": "2026-12-31",
        "obligations": [
            {
                "side": "unit",
                "kind": "pay",
                "title": "支付服务费",
                "share": "1",
                "terms": {"after": "signed", "term": {"days": 30}},
            }
        ],
        **more,
    }


def test_a_units_system_sends_contracts_once_and_reads_them_back() -> None:
    unit()
    party, client = supplier().party, units_system()
    wrong = said(party, source_reference="OA-2", amount_fen=-1)
    first = send(client, "contracts", {"contracts": [said(party), wrong]})
    assert first.status_code == 201, first.content
    told = first.json()
    assert (told["contract_count"], told["problem_count"], told["numbers"][1]) == (1, 1, None)
    assert (told["problems"][0]["row"], told["problems"][0]["column"]) == (2, "合同金额（元）")
    again = send(client, "contracts", {"contracts": [said(party)]}).json()
    assert (again["duplicate_count"], again["numbers"]) == (1, told["numbers"][:1])
    one = client.get(f"/api/v1/contracts/{told['numbers'][0]}").json()
    assert (one["state"], one["obligations"][0]["amount_fen"]) == ("in_force", 100_000_000)
    assert one["obligations"][0]["due_on"] == "2026-04-01"
    assert client.get("/api/v1/contracts/HT20269999999999").status_code == 404
    assert send(bearer(a_system()), "contracts", {"contracts": [said(party)]}).status_code == 403


def test_packages_of_releases_go_in_and_out() -> None:
    people, party, client = unit(), supplier().party, units_system()
    with arranged():
        type(people.agency).objects.filter(pk=people.agency.pk).update(name="道里区住房和城乡建设局")
    given = package("paraguay", party.credit_code or "", party.name)
    done = send(client, "contracts/releases", given)
    assert done.status_code == 201, done.content
    assert done.json()["contract_count"] == 1, done.content
    out = client.get("/api/v1/contracts/releases").json()
    assert out["next"] is None and package_mistakes(out["package"]) == ()
    (release,) = out["package"]["releases"]
    assert release_mistakes(release) == ()
    assert release["contracts"][0]["dncpContractCode"] == "CD-13003-13-70684"
    assert Contract.objects.get().ocid == release["ocid"]
    assert send(client, "contracts/releases", {"releases": [{}], "version": "1.1"}).status_code == 422
