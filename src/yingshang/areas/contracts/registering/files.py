"""Files of a contract: the text that was signed, what came with it; and who may open them.

The owner of a document of a contract is named "<purpose>:<number of the contract>", so that what may be opened by the
other side is decided by what it was added as.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import (
    CheckedUpload,
    Owner,
    check_upload,
    documents_of_each,
    read_text,
    remove_document,
    store,
)

from ..errors import ContractNotFound, InvalidContract, NotPossibleNow
from ..models import Contract
from ..reach import REGISTER, VIEW, VIEW_OWN, ensure_of_unit, load, not_found, on_desk, own_contracts
from ..values import FileView
from .actions._steps import note
from .reading import Proposals, read_contract_text
from .rules import contract_rules

FILES = "contract_file"


@transaction.atomic
def add_contract_file(
    *,
    actor: Actor,
    contract_id: int,
    content: Any,
    name: str,
    purpose: str = "contract",
    checked: CheckedUpload | None = None,
    now: datetime,
) -> int:
    """A file of a contract, by who registers for the unit; its number. The same bytes for the same purpose are the file
    that is there, and no event.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, InvalidContract, RefusedFile.
    """
    checked = checked or check_upload(content=content, name=name, **_conditions())
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    if contract.state == "void":
        raise NotPossibleNow(
            f"{contract.number} is void", message_zh="该合同登记已作废，不能再添加文件", state=contract.state
        )
    rules = contract_rules()
    if purpose not in rules.file_purposes:
        raise InvalidContract(
            f"{purpose!r}: write one of {', '.join(rules.file_purposes)}",
            message_zh="请选择文件的用途",
            field="purpose",
            value=purpose,
        )
    there = _kept(contract)
    same = next(
        (each.document.id for each in there if each.purpose == purpose and _digest(each) == checked.sha256),
        None,
    )
    if same is not None:
        return same
    most = int(rules.file_limits["most_files"])
    if len(there) >= most:
        raise InvalidContract(
            f"a contract has {most} files at most; put several into one",
            message_zh=f"一份合同最多 {most} 个文件，请合并后上传",
            field="file",
        )
    document = store(
        actor=actor,
        content=content,
        name=name,
        owner=Owner(FILES, f"{purpose}:{contract.pk}"),
        party_id=contract.party_id,
        region_path=contract.region_path,
        agency_id=contract.agency_id,
        **_conditions(),
        told_by_owner=True,
        checked=checked,
        now=now,
    )
    told = {"sha256": document.sha256, "purpose": purpose}
    note(contract, "file_added", actor=actor, now=now, after=told)
    return int(document.id)


@transaction.atomic
def remove_contract_file(*, actor: Actor, contract_id: int, document_id: int, now: datetime) -> None:
    """A file of a draft that was added by mistake. What others have relied on stays.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, InvalidContract.
    """
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    if contract.state != "draft":
        raise NotPossibleNow(
            "files are taken away while the contract is a draft",
            message_zh="只有草稿状态可以删除文件",
            state=contract.state,
        )
    if document_id not in {each.document.id for each in _kept(contract)}:
        raise InvalidContract("no such file", message_zh="没有这个文件", field="file", value=document_id)
    remove_document(actor=actor, document_id=document_id, reason="草稿中误传", now=now)


def files_of(actor: Actor, contract: Contract) -> tuple[FileView, ...]:
    """The files of a contract the reader has been let to, each with its purpose. One query."""
    return _kept(contract)


def own_files(*, actor: Actor, contract_id: int) -> tuple[FileView, ...]:
    """The files of one's own contract with a public unit that its other side may open. Raises NotAllowed,
    ContractNotFound.
    """
    contract = own_contracts(actor).filter(pk=contract_id).first()
    if contract is None:
        raise not_found(contract_id)
    return tuple(each for each in _kept(contract) if each.own)


def may_read_contract_file(actor: Actor, identifier: str) -> bool:
    """Officials who may read the contract; of what is marked so, who acts for its other side, once it was reviewed."""
    purpose, _, number = identifier.partition(":")
    if not number.isdigit():
        return False
    if actor.may(VIEW) and on_desk(actor).filter(pk=int(number)).exists():
        return True
    known = contract_rules().file_purposes.get(purpose)
    if known is None or not known.own or not actor.may(VIEW_OWN):
        return False
    return own_contracts(actor).filter(pk=int(number)).exists()


def read_contract_file(*, actor: Actor, contract_id: int, document_id: int) -> Proposals:
    """What a file of a contract says of it, as proposals to be checked by a person. Nothing is written.

    Raises NotAllowed, ContractNotFound, InvalidContract, UnreadableContent.
    """
    contract = on_desk(actor, REGISTER).filter(pk=contract_id).first()
    if contract is None:
        raise ContractNotFound(
            f"no contract {contract_id}", message_zh="没有这份合同，或者您不能登记", value=contract_id
        )
    if document_id not in {each.document.id for each in _kept(contract)}:
        raise InvalidContract("no such file", message_zh="没有这个文件", field="file", value=document_id)
    limits = contract_rules().file_limits
    found = read_text(document_id, characters=int(limits["characters"]), pages=int(limits["pages"]))
    return read_contract_text(found.text)


def read_contract_upload(*, actor: Actor, content: Any, name: str) -> Proposals:
    """The same of a file that is not kept yet, for the form that is about to be filled in.

    Raises NotAllowed, RefusedFile, UnreadableContent.
    """
    actor.require(REGISTER)
    checked = check_upload(content=content, name=name, **_conditions())
    limits = contract_rules().file_limits
    data = content if isinstance(content, bytes) else content.read()
    found = read_text(
        data,
        checked.content_type,
        characters=int(limits["characters"]),
        pages=int(limits["pages"]),
    )
    if hasattr(content, "seek"):
        content.seek(0)
    return read_contract_text(found.text)


def _kept(contract: Contract) -> tuple[FileView, ...]:
    purposes = contract_rules().file_purposes
    found = documents_of_each(FILES, [f"{code}:{contract.pk}" for code in purposes])
    return tuple(
        FileView(document, code, purposes[code].own)
        for code in purposes
        for document in found.get(f"{code}:{contract.pk}", ())
    )


def _digest(file: FileView) -> str:
    return file.document.sha256


def _conditions() -> dict[str, Any]:
    limits = contract_rules().file_limits
    largest = min(int(limits["largest_bytes"]), settings.DOCUMENT_UPLOAD_LIMIT)
    return {"allowed": list(limits["kinds"]), "largest": largest}
