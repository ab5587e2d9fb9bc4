"""A draft of an item from what was read of some sentences. Pure.

The draft is YAML that loads. What the reader could not settle is not filled in: it stands among the remarks, beside the
YAML, because what an item says is published; with the sentence it is about. Where an item cannot do without something
there is a condition or a part that applies to nobody until a person has written it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from yingshang.areas.policies.sentences import Sentence
from yingshang.rules.policy.catalogue import FactCatalogue

from .conditions import EACH
from .proposals import Proposal
from .reader import is_headline, read_document

TO_WRITE = "待补充"
NOBODY = False
"""A condition nobody meets: what a draft says until a person has said more."""

READER_NOTE = "由阅读器起草，尚未核对。"
"""How drafts of earlier days begin their note; such a note is not to be published."""

NO_CONDITIONS, NO_AMOUNT = "没有认出条件", "没有认出可用的金额"

_REQUIRED = ("condition", "tag", "region", "industry")
_ALTERNATIVES = ("region", "industry")
"""Nobody is in two of them: where a sentence names several, one is enough."""
_OR = re.compile(r"或者|或|任一|之一")
_SOME = re.compile(rf"some {EACH} in (?P<list>\S+) satisfies (?P<test>.+)", re.S)


def not_written(number: int) -> str:
    """How the remark begins that nothing of a sentence stands in the draft."""
    return f"未写入 第{number}句"


@dataclass(frozen=True, slots=True)
class ProposedItem:
    """A draft in YAML, and what the reader could not settle: a line each, for the author alone."""

    source: str
    remarks: tuple[str, ...] = ()


def propose_item(
    sentences: Sequence[Sentence],
    catalogue: FactCatalogue,
    *,
    code: str = "DRAFT",
    name: str = "",
    region: str = "",
    issued_on: date | None = None,
    document: Mapping[str, str] | None = None,
    proposals: Iterable[Proposal] | None = None,
) -> ProposedItem:
    """A draft item from some sentences, for a person to go on with.

    `document` is what the item says of where it is from: title, number, issuer, issued, url. `proposals` are those to
    be used, by default all that `read_document` makes. Raises NothingToRead.
    """
    read = tuple(
        read_document(sentences, catalogue, region=region, issued_on=issued_on)
        if proposals is None
        else proposals
    )
    draft = _Draft(sentences, read)
    item: dict[str, Any] = {"id": code, "name": name or TO_WRITE}
    said = {key: value for key, value in (document or {}).items() if value}
    if said:
        item["document"] = said
    if said.get("issuer"):
        item["issuer"] = said["issuer"]
    if region:
        item["region"] = region
    item |= draft.periods()
    required, excluded = draft.conditions()
    item["conditions"] = required
    if excluded:
        item["exclusions"] = excluded
    item["benefit"] = draft.benefit()
    draft.say_what_is_left()
    source = yaml.dump(item, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    return ProposedItem(source, tuple(dict.fromkeys(draft.notes)))


def remarks_left(remarks: Iterable[str], written: Iterable[int]) -> tuple[str, ...]:
    """Remarks but those that nothing of a sentence stands in the draft, for sentences that do by now."""
    starts = tuple(not_written(number) for number in written)
    return tuple(each for each in remarks if not any(re.match(rf"{start}(?!\d)", each) for start in starts))


class _Draft:
    def __init__(self, sentences: Sequence[Sentence], proposals: tuple[Proposal, ...]) -> None:
        self.sentences = {each.number: each for each in sentences}
        self.proposals = proposals
        self.notes: list[str] = []
        self.ids: set[str] = set()

    def conditions(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """What is required and what rules out, in the order of the text."""
        required: list[dict[str, Any]] = []
        excluded: list[dict[str, Any]] = []
        for number, found in self._by_sentence(_REQUIRED):
            usable = [each for each in found if each.expression]
            for each in found:
                if not each.expression:
                    self._note(each, "没有认出是哪项事实")
                elif each.confidence != "high":
                    self._note(each, f"请核对（{each.reason_zh}）")
            positive = [each for each in usable if not each.excludes]
            if len(positive) > 1 and _OR.search(self.sentences[number].text):
                self.notes.append(f"第{number}句中有“或”，各条件之间是并且还是任一，请核对。")
            for group in _grouped(positive):
                required.append(self._condition(group))
            for each in usable:
                if each.excludes:
                    excluded.append(self._condition([each]))
        if not required:
            required.append({"id": "to_write", "text": f"{TO_WRITE}：没有认出条件", "when": NOBODY})
            self.notes.append(f"{NO_CONDITIONS}；现在的条件无人满足，请改写。")
        return required, excluded

    def _condition(self, group: list[Proposal]) -> dict[str, Any]:
        first = group[0]
        sentence = self.sentences[first.sentence]
        start, end = min(each.start for each in group), max(each.end for each in group)
        entry: dict[str, Any] = {
            "id": self._id(first),
            "text": re.sub(r"\s+", " ", sentence.text[start:end]).strip(),
        }
        if sentence.clause:
            entry["clause"] = sentence.clause
        if len(group) == 1:
            entry["when"] = first.expression
        elif first.kind in _ALTERNATIVES:
            entry["any"] = [
                {"id": self._id(each), "text": each.quote, "when": each.expression} for each in group
            ]
        else:
            parts = [match for match in (_SOME.fullmatch(each.expression) for each in group) if match]
            entry |= {
                "some": parts[0]["list"],
                "as": EACH,
                "meets": [{"when": each["test"]} for each in parts],
            }
        return entry

    def _id(self, proposal: Proposal) -> str:
        base = (proposal.fact.rpartition(".")[2] if proposal.fact else proposal.kind) or "condition"
        name, count = base, 1
        while name in self.ids:
            count += 1
            name = f"{base}_{count}"
        self.ids.add(name)
        return name

    def periods(self) -> dict[str, Any]:
        """When the item is in force and may be applied for; two answers to one question are left to a person."""
        effective: dict[str, str] = {}
        windows: list[dict[str, str]] = []
        for each in self.proposals:
            if each.kind != "date":
                continue
            window = each.fragment.get("windows")
            period = each.fragment.get("effective")
            if window:
                if dict(window) not in windows:
                    windows.append(dict(window))
            elif period and each.rule in ("since", "until", "since-issued", "term", "period"):
                for key, day in period.items():
                    if effective.setdefault(key, day) != day:
                        self._note(each, "与另一处起止日不同，未采用")
            else:
                self._note(each, "日期没有放入草稿，请说明它限定什么")
        if "from" in effective and "to" in effective and effective["to"] < effective["from"]:
            self.notes.append(f"起止日矛盾：{effective['from']} 至 {effective['to']}，未采用。")
            effective = {}
        found: dict[str, Any] = {"effective": effective} if effective else {}
        whole = [each for each in windows if each.get("from", "") <= each.get("to", "9")]
        return found | ({"windows": whole} if whole else {})

    def benefit(self) -> dict[str, Any]:
        """What is given. Several amounts become parts that apply to nobody until it is said when they do."""
        given = [each for each in self.proposals if each.kind == "amount"]
        usable = [each for each in given if each.fragment and "/" not in each.statement]
        for each in given:
            if each not in usable:
                self._note(each, "金额没有放入草稿：请写明乘以什么，或者是什么的比例")
        benefit: dict[str, Any] = {}
        text = "".join(
            re.sub(r"\s+", "", self.sentences[number].text)
            for number in dict.fromkeys(
                each.sentence for each in self.proposals if each.kind in ("amount", "band", "cap")
            )
        )
        if text:
            benefit["text"] = text
        bands = self._bands()
        if bands and not usable:
            benefit["bands"] = bands
        elif len(usable) == 1 and not bands:
            benefit |= usable[0].fragment
            if usable[0].confidence == "low":
                self._note(usable[0], f"请核对（{usable[0].reason_zh}）")
        elif usable or bands:
            parts: list[dict[str, Any]] = []
            if bands:
                parts.append({"id": "bands", "text": "分档", "when": NOBODY, "bands": bands})
            for at, each in enumerate(usable, 1):
                fragment = {key: value for key, value in each.fragment.items() if key != "at_most"}
                parts.append({"id": f"part_{at}", "text": each.quote, "when": NOBODY, **fragment})
            benefit["parts"] = parts
            self.notes.append("有多项金额；各项何时适用没有认出，现在都不适用，请逐项写明 when。")
        else:
            benefit["grants"] = f"{TO_WRITE}：没有认出金额"
            self.notes.append(f"{NO_AMOUNT}，请写明。")
        caps = []
        for each in self.proposals:
            if each.kind == "cap":
                caps += [dict(one) | {"text": each.quote} for one in each.fragment.get("caps", ())]
                if not each.fragment:
                    self._note(each, "期限上限没有放入草稿")
        if caps and "grants" not in benefit:
            benefit["caps"] = caps
        elif caps:
            self.notes += [f"最高限额“{each['text']}”没有放入草稿。" for each in caps]
        return benefit

    def _bands(self) -> dict[str, Any]:
        rows: list[dict[str, Any]] = []
        by, of = "", ""
        for each in self.proposals:
            if each.kind != "band":
                continue
            band = each.fragment.get("bands", {})
            if not band.get("by") or (by and band["by"] != by):
                self._note(each, "分档没有放入草稿：请写明按什么分档")
                continue
            by, of = band["by"], of or band.get("of", "")
            rows += [dict(row) | {"text": each.quote} for row in band["rows"]]
            if each.confidence != "high":
                self._note(each, f"请核对（{each.reason_zh}）")
        if not rows:
            return {}
        return {"by": by, **({"of": of} if of else {}), "rows": rows}

    def say_what_is_left(self) -> None:
        """Every sentence nothing was taken from."""
        read = {each.sentence for each in self.proposals if each.kind != "remark"}
        for each in self.proposals:
            if each.kind == "remark":
                self._note(each, each.statement)
        for number, sentence in self.sentences.items():
            if number not in read and not is_headline(sentence.text):
                clause = f"（{sentence.clause}）" if sentence.clause else ""
                self.notes.append(f"{not_written(number)}{clause}：{_one_line(sentence.text)}")

    def _by_sentence(self, kinds: tuple[str, ...]) -> list[tuple[int, list[Proposal]]]:
        found: dict[int, list[Proposal]] = {}
        for each in self.proposals:
            if each.kind in kinds and each.sentence in self.sentences:
                found.setdefault(each.sentence, []).append(each)
        return list(found.items())

    def _note(self, proposal: Proposal, what: str) -> None:
        self.notes.append(f"第{proposal.sentence}句“{_one_line(proposal.quote)}”：{what}。")


def _grouped(found: list[Proposal]) -> list[list[Proposal]]:
    """Conditions on lines of one list in one sentence are conditions on the same line; places of one sentence are
    alternatives, and so are trades."""
    groups: list[list[Proposal]] = []
    by_list: dict[str, list[Proposal]] = {}
    for each in found:
        if each.kind in _ALTERNATIVES:
            if each.kind not in by_list:
                by_list[each.kind] = []
                groups.append(by_list[each.kind])
            by_list[each.kind].append(each)
            continue
        match = _SOME.fullmatch(each.expression) if "." in each.fact and each.kind == "condition" else None
        if match is None:
            groups.append([each])
        elif match["list"] in by_list:
            by_list[match["list"]].append(each)
        else:
            by_list[match["list"]] = [each]
            groups.append(by_list[match["list"]])
    return groups


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a person can read them."""


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    if "\n" in value:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|")
    return dumper.represent_scalar("tag:yaml.org,2002:str", value)


_Dumper.add_representer(str, _string)
