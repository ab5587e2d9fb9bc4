"""Contracts: sent by the systems of units, taken in once, read back; in and out as packages of releases (OCDS 1.1)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from yingshang.areas.contracts.api import (
    ContractDetail,
    ContractFields,
    Gathered,
    Incoming,
    OtherParty,
    contract_by_number,
    export_package,
    gather_contracts,
    gather_package,
)
from yingshang.kernel.access.api import actor_from, needs

router = Router(tags=["政府合同 · Contracts"])

REGISTER, VIEW = "contracts.register", "contracts.view"
_MOST = 1000


class OtherPartyIn(Schema):
    """A further party of the other side."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    code: str = Field("", max_length=18)
    role: str = Field("", max_length=40)


class ObligationIn(Schema):
    """What one side owes. `terms` says when: {"on": "2026-05-01"}, {"after": "accepted", "term": {"days": 30}} or
    {"every": {"months": 3}, "from": "2026-01-31", "until": "2026-12-31"}.
    """

    model_config = ConfigDict(extra="forbid")

    side: Literal["unit", "counterparty"]
    kind: str = Field(max_length=20)
    title: str = Field(max_length=200)
    terms: dict[str, Any]
    amount_fen: int | None = Field(None, ge=0, description="以分为单位 · in fen")
    share: str | None = Field(None, max_length=20, description="占价款的比例，如 0.30 · of the price")


class ContractIn(Schema):
    """A contract as it was signed. Amounts are in fen; one without a price leaves it out."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(
        "", max_length=200, description="机构代码或者完整名称；不填为接入系统所属单位 · the unit that signed"
    )
    source_reference: str = Field(
        max_length=160, min_length=1, description="贵系统的编号，同一编号只登记一次 · taken in once"
    )
    title: str = Field(max_length=1000)
    kind: str = Field(max_length=40)
    reference: str = Field("", max_length=200)
    counterparty_name: str = Field(max_length=400)
    counterparty_code: str = Field("", max_length=30)
    counterparty_kind: str = Field("enterprise", max_length=12)
    counterparty_size: str = Field("", max_length=12)
    others: list[OtherPartyIn] = Field([], max_length=50)
    amount_fen: int | None = None
    currency: str = Field("CNY", max_length=10)
    direction: str = Field("pays", max_length=8)
    secrecy: str = Field("open", max_length=12)
    signed_on: date
    starts_on: date | None = None
    ends_on: date | None = None
    open_ended: str = Field("", max_length=400)
    note: str = Field("", max_length=2000)
    obligations: list[ObligationIn] = Field([], max_length=200)


class ContractsIn(Schema):
    """Up to a thousand contracts."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=200, description="批次名称 · what the batch is called")
    contracts: list[ContractIn] = Field(max_length=_MOST, min_length=1)


class GatherProblemOut(Schema):
    """One mistake. `row` counts the contracts, or the releases, that were sent from 1."""

    row: int
    column: str
    value: str
    message: str
    message_zh: str


class GatheredOut(Schema):
    """What was taken in. `numbers` stand in the order of what was sent; of one that was not taken there is none."""

    batch_id: int
    numbers: list[str | None]
    contract_count: int
    duplicate_count: int
    problem_count: int
    problems: list[GatherProblemOut]


class ObligationOut(Schema):
    """An obligation, and how far it has come. `due_on` is missing while its event has not happened."""

    ordinal: int
    side: str
    kind: str
    title: str
    state: str
    due_on: date | None
    amount_fen: int | None
    done_fen: int
    open_fen: int
    disagreed: bool


class ContractOut(Schema):
    """A contract of the register."""

    number: str
    reference: str
    title: str
    kind: str
    state: str
    agency_name: str
    counterparty_name: str
    amount_fen: int | None
    signed_on: date
    ends_on: date | None
    obligations: list[ObligationOut]


class ReleasesQuery(Schema):
    """Which contracts."""

    after: int = Field(0, ge=0, description="从这个序号之后继续 · read on behind this")
    limit: int = Field(100, ge=1, le=_MOST)
    number: list[str] = Field([], max_length=200, description="登记编号 · numbers of the register")


class ReleasesOut(Schema):
    """A package, and where to read on; `next` is missing at the end."""

    next: int | None
    package: dict[str, Any]


@router.post("/contracts", response={201: GatheredOut}, summary="报送合同 · Send contracts")
@needs(REGISTER)
def send_contracts(request: HttpRequest, body: ContractsIn) -> Status[Gathered]:
    """Contracts with mistakes are left out and told, the others are taken in. Sent again under the same
    `source_reference` they are the ones that are there. What a system sends counts as reviewed.
    """
    done = gather_contracts(
        actor=actor_from(request),
        contracts=[_incoming(place, each) for place, each in enumerate(body.contracts, 1)],
        name=body.name or "接口报送",
        now=timezone.now(),
    )
    return Status(201, done)


@router.post(
    "/contracts/releases",
    response={201: GatheredOut},
    summary="报送 OCDS 发布包 · Send a package of releases",
)
@needs(REGISTER)
def send_releases(request: HttpRequest, package: Body[dict[str, Any]]) -> Status[Gathered]:
    """Tender, award, contract and implementation of each process become a contract, its obligations and what was paid.
    What this register has no field for is kept, and given back by the export.
    """
    done = gather_package(
        actor=actor_from(request),
        package=package,
        name="OCDS 发布包",
        now=timezone.now(),
    )
    return Status(201, done)


@router.get("/contracts/releases", response=ReleasesOut, summary="导出 OCDS 发布包 · Contracts as releases")
@needs(VIEW)
def list_releases(request: HttpRequest, query: Query[ReleasesQuery]) -> dict[str, Any]:
    """The open, reviewed contracts within reach, valid by the schema of OCDS 1.1."""
    package, following = export_package(
        actor=actor_from(request),
        uri=request.build_absolute_uri(),
        now=timezone.now(),
        after_id=query.after,
        limit=query.limit,
        numbers=query.number,
    )
    return {"next": following, "package": package}


@router.get("/contracts/{number}", response=ContractOut, summary="一份合同 · One contract")
@needs(VIEW)
def show_contract(request: HttpRequest, number: str) -> ContractDetail:
    """By its number in the register."""
    return contract_by_number(actor=actor_from(request), number=number, now=timezone.now())


def _incoming(place: int, said: ContractIn) -> Incoming:
    written = said.dict(exclude={"unit", "source_reference", "obligations", "others"})
    return Incoming(
        row=place,
        unit=said.unit.strip(),
        fields=ContractFields(
            **written, others=tuple(OtherParty(each.name, each.code, each.role) for each in said.others)
        ),
        rules=tuple(each.dict(exclude_none=True) for each in said.obligations),
        source_reference=said.source_reference.strip(),
    )
