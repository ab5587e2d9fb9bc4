"""Loading the file of roles: once, again, changed, and wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.access.factories import (
    NOW,
    SYSTEM,
    agency,
    ensure_roles,
    enterprise,
    legal_representative_of,
    no_event,
    official,
    one_event,
    person,
)
from yingshang.kernel.access.api import InvalidRole, NotAllowed, appoint, load_roles, roles
from yingshang.kernel.access.models import Mandate, Role
from yingshang.kernel.access.roles_file import read_roles, roles_file

FILE = Path("src/yingshang/kernel/access/data/roles.yaml")


def changed(tmp_path: Path, before: str, after: str) -> Path:
    text = FILE.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "roles.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


@pytest.mark.django_db
def test_roles_are_loaded_once_with_one_event() -> None:
    with one_event("access.roles_loaded"):
        codes = load_roles(actor=SYSTEM, now=NOW)
    assert set(codes) == {role.code for role in roles_file().roles} == {role.code for role in roles()}
    with no_event():
        assert load_roles(actor=SYSTEM, now=NOW) == ()


@pytest.mark.django_db
def test_a_changed_file_changes_only_what_changed(tmp_path: Path) -> None:
    ensure_roles()
    path = changed(tmp_path, "name: 领导", "name: 领导干部")
    with one_event("access.roles_loaded") as events:
        assert load_roles(actor=SYSTEM, now=NOW, path=path) == ("leader",)
    assert events[0]["before"]["leader"]["name"] == "领导"
    assert events[0]["after"]["leader"]["name"] == "领导干部"


@pytest.mark.django_db
def test_new_powers_reach_legal_representatives_who_are_there_already(tmp_path: Path) -> None:
    ensure_roles()
    who = legal_representative_of(enterprise())
    path = changed(tmp_path, "mandates.grant,", "mandates.grant, jobs.view,")
    load_roles(actor=SYSTEM, now=NOW, path=path)
    assert "jobs.view" in Mandate.objects.get(user=who.user).powers


@pytest.mark.django_db
def test_only_the_platform_loads_roles() -> None:
    ensure_roles()
    with no_event(), pytest.raises(NotAllowed):
        load_roles(actor=official("leader").actor(), now=NOW)


@pytest.mark.django_db
def test_a_role_that_was_held_is_not_dropped(tmp_path: Path) -> None:
    official("leader")
    text = FILE.read_text(encoding="utf-8")
    start, end = text.index("  - code: leader"), text.index("  - code: contract_administrator")
    path = tmp_path / "roles.yaml"
    path.write_text(
        (text[:start] + text[end:]).replace("supervisor, leader,", "supervisor,"), encoding="utf-8"
    )
    with no_event(), pytest.raises(InvalidRole, match="leader"):
        load_roles(actor=SYSTEM, now=NOW, path=path)
    assert Role.objects.filter(code="leader").exists()


@pytest.mark.django_db
def test_a_role_nobody_held_is_dropped(tmp_path: Path) -> None:
    ensure_roles()
    text = FILE.read_text(encoding="utf-8")
    start, end = text.index("  - code: leader"), text.index("  - code: contract_administrator")
    path = tmp_path / "roles.yaml"
    path.write_text(
        (text[:start] + text[end:]).replace("supervisor, leader,", "supervisor,"), encoding="utf-8"
    )
    with one_event("access.roles_loaded"):
        load_roles(actor=SYSTEM, now=NOW, path=path)
    assert not Role.objects.filter(code="leader").exists()


@pytest.mark.django_db
def test_a_conflict_between_roles_somebody_holds_is_refused(tmp_path: Path) -> None:
    ensure_roles()
    who = person(agency_code="230102")
    place = agency("230102")
    for role in ("leader", "policy_author"):
        appoint(actor=SYSTEM, user_id=who.id, role=role, agency_id=place.pk, now=NOW)
    text = FILE.read_text(encoding="utf-8")
    text = text.replace(
        "    conflicts: [treasurer]\n",
        "    conflicts: [treasurer, leader]\n",
    )
    text = text.replace(
        "    description: 一屏总览本级及下级\n",
        "    description: 一屏总览本级及下级\n    conflicts: [policy_author]\n",
    )
    path = tmp_path / "roles.yaml"
    path.write_text(text, encoding="utf-8")
    with no_event(), pytest.raises(InvalidRole, match="holds both"):
        load_roles(actor=SYSTEM, now=NOW, path=path)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "parties.view, access.view_audit,",
            "parties.vieww, access.view_audit,",
            "no permission 'parties.vieww'",
        ),
        ("    conflicts: [treasurer]\n", "", "conflicts with 'policy_author', but not the other way round"),
        ("reach: everywhere", "reach: all", "reach 'all' is none of"),
        ("administers: [window_official", "administers: [doorman", "no role 'doorman'"),
        ("code: leader", "code: supervisor", "'supervisor' is written twice"),
        (
            "    conflicts: [auditor]\n",
            "    conflicts: [auditor]\n    second_factor: maybe\n",
            "neither required nor optional",
        ),
        ("    conflicts: [auditor]\n", "    conflict: [auditor]\n", "unknown field 'conflict'"),
        ("clerk: [parties.view_own,", "clerk: [desk.open,", "does not hold 'desk.open'"),
        ("mandates:\n", "powers:\n", "a list of powers of legal_representative is missing"),
        ("    name_en: Leader\n", "", "missing: name_en"),
        ("    reach: everywhere\n", "\treach: everywhere\n", "indent with spaces"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_place(
    tmp_path: Path, before: str, after: str, expected: str
) -> None:
    path = changed(tmp_path, before, after)
    with pytest.raises(InvalidRole) as caught:
        read_roles(path)
    assert expected in caught.value.message
    assert "roles.yaml:" in caught.value.message
    assert caught.value.message_zh != caught.value.message


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = changed(tmp_path, "reach: everywhere", "reach: all")
    path.write_text(
        path.read_text(encoding="utf-8").replace("desk.open, jobs.view", "desk.opn, jobs.view"),
        encoding="utf-8",
    )
    with pytest.raises(InvalidRole) as caught:
        read_roles(path)
    assert len(caught.value.details["problems"]) == 2
