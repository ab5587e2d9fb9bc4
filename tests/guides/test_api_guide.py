"""The guide to the API is true: each of its requests is sent, and its answer is the one that stands there.

An `http` block that begins with a method is a request, the one after it the answer. `$NAME` is a value of this run, `…` is
anything. In a form, `file=NAME` sends the file of that name. An answer's headers are those that are shown; its body is whole.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.web.api import api_factories as make
from yingshang.kernel.access.api import register_client
from yingshang.kernel.parties.models import Party

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "api.md"
CODE = "91230102MA1B2C3D8J"


def _examples() -> list[tuple[str, str]]:
    blocks = re.findall(r"```http\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) % 2 == 0
    return list(zip(blocks[::2], blocks[1::2], strict=True))


def _parts(block: str) -> tuple[str, dict[str, str], str]:
    head, _, body = block.partition("\n\n")
    first, *lines = head.strip().splitlines()
    return first, dict(line.split(": ", 1) for line in lines), body.strip()


@pytest.mark.django_db
def test_every_example() -> None:
    make.ensure_roles()
    system = register_client(
        actor=make.PLATFORM,
        name="税务数据接口",
        role="department_official",
        agency_id=make.agency(make.OWN).pk,
        now=timezone.now(),
    )
    party = make.enterprise(make.OWN, name="演示科技有限公司")
    with make.arranged():
        Party.objects.filter(pk=party.pk).update(credit_code=CODE)
    values = {
        "CLIENT_ID": system.client_id,
        "SECRET": system.secret,
        "IMPORT_TOKEN": make.a_token(make.System(system.id, system.client_id, system.secret)),
        "ETAG": Client().get("/api/v1/regions/230102")["ETag"],
    }
    for request, expected in _examples():
        response = _sent(re.sub(r"\$([A-Z_]+)", lambda found: values[found[1]], request))
        _compare(request, response, expected)
        if "access_token" in expected:
            values["TOKEN"] = response.json()["access_token"]
        if response.has_header("Location"):
            values["LOCATION"] = response["Location"]
    assert len(_examples()) >= 10


def _sent(request: str) -> Any:
    first, headers, body = _parts(request)
    method, address = first.split(" ")
    content_type = headers.pop("Content-Type", "")
    client = Client()
    if content_type == "multipart/form-data":
        form: dict[str, Any] = dict(line.split("=", 1) for line in body.splitlines())
        content = f"统一社会信用代码,注册资本\n{CODE},1000000\n".encode()
        form["file"] = SimpleUploadedFile(form["file"], content)
        return client.post(address, form, headers=headers)
    return client.generic(method, address, body, content_type=content_type or "", headers=headers)


def _compare(request: str, response: Any, expected: str) -> None:
    first, headers, body = _parts(expected)
    told = (
        f"{request}\nis answered with\n{response.status_code} {response.headers}\n{response.content.decode()}"
    )
    assert first == f"{response.status_code} {HTTPStatus(response.status_code).phrase}", told
    for name, value in headers.items():
        assert _fits(value, response[name]), told
    if body:
        _same(json.loads(body), response.json(), told)
    else:
        assert response.content == b"", told


def _same(shown: Any, real: Any, told: str) -> None:
    if isinstance(shown, str):
        assert _fits(shown, str(real)), f"{shown!r} is {real!r}\n{told}"
    elif isinstance(shown, dict):
        assert isinstance(real, dict) and list(shown) == list(real), told
        for name, value in shown.items():
            _same(value, real[name], told)
    elif isinstance(shown, list):
        assert isinstance(real, list) and len(shown) == len(real), told
        for one, other in zip(shown, real, strict=True):
            _same(one, other, told)
    else:
        assert shown == real, f"{shown!r} is {real!r}\n{told}"


def _fits(shown: str, real: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, real, re.DOTALL) is not None
