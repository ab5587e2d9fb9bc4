"""How batches reach a bank and its words come back: a registry of channels, and the two that come with the platform.

A channel keeps no state of its own. Sending the same file twice does no harm: the bank knows the message identifier.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

from yingshang.areas.claims.banking.camt053 import read_camt053, to_camt053
from yingshang.areas.claims.banking.errors import (
    BankingError,
    ChannelMisconfigured,
    ChannelRefused,
    ChannelUncertain,
    UnreadableMessage,
)
from yingshang.areas.claims.banking.pain001 import from_pain001, to_pain001
from yingshang.areas.claims.banking.pain002 import from_pain002, to_pain002
from yingshang.areas.claims.banking.plain_files import (
    Encoding,
    from_answer_file,
    from_order_file,
    from_statement_file,
    to_answer_file,
    to_order_file,
    to_statement_file,
)
from yingshang.areas.claims.banking.values import (
    PaymentBatch,
    Statement,
    StatementEntry,
    StatementHead,
    StatusReport,
    check_identifier,
)
from yingshang.areas.claims.banking.xml_messages import MAX_MESSAGE_BYTES, MAX_STATEMENT_BYTES


class Format(StrEnum):
    """How a file is written; its value is the end of its name."""

    XML = "xml"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return "application/xml" if self is Format.XML else "text/csv"


class ChannelKind(StrEnum):
    """Who pays at the other end."""

    TREASURY = "treasury"
    BANK = "bank"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """A batch ready to be sent: the bytes, or where they lie."""

    message_id: str
    format: Format
    content: bytes | Path

    def __post_init__(self) -> None:
        check_identifier("message_id", self.message_id)

    @property
    def size(self) -> int:
        """In bytes."""
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The bytes as a file."""
        with self.content.open("rb") if isinstance(self.content, Path) else io.BytesIO(self.content) as file:
            yield file


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The bank has the batch; `repeated`: it had it before. A file laid down is taken later: then `taken` is False."""

    message_id: str
    taken: bool
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedReport:
    """One answer as it came. What cannot be read has an `error` instead, and does not hold up the others."""

    reference: str
    content: bytes
    format: Format
    report: StatusReport | None
    error: BankingError | None

    @property
    def digest(self) -> str:
        """SHA-256 of the content: the same answer given twice has the same."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Fetched:
    """Answers, and from where to ask the next time."""

    reports: tuple[ReceivedReport, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class StatementReading:
    """A statement as it is read: sound when the entries have ended without an error, so use them in a transaction."""

    head: StatementHead
    entries: Iterator[StatementEntry]

    def whole(self) -> Statement:
        """All of it at once, its references compared."""
        return Statement.of(self.head, self.entries)


@runtime_checkable
class Channel(Protocol):
    """A way to a bank."""

    def send(self, file: PaymentFile) -> Acknowledgement:
        """Hand in a batch. Raises ChannelRefused: nothing was taken; ChannelUncertain: send the same file again."""

    def fetch(self, cursor: str = "") -> Fetched:
        """The answers since a cursor, oldest first; the same may come more than once. Raises ChannelUncertain."""

    def statement(self, day: date, account: str) -> Statement | None:
        """The bank's word on a day of an account; None when it has none yet. Raises ChannelUncertain."""

    def open_statement(self, day: date, account: str) -> AbstractContextManager[StatementReading | None]:
        """The same, entry by entry, for days of any length; the reading ends with the context."""


def payment_file(batch: PaymentBatch, format: Format, *, encoding: Encoding = Encoding.UTF_8) -> PaymentFile:
    """A batch as a file of a format."""
    content = to_pain001(batch) if format is Format.XML else to_order_file(batch, encoding=encoding)
    return PaymentFile(batch.message_id, format, content)


def read_payment_file(content: bytes, format: Format, *, max_bytes: int = MAX_MESSAGE_BYTES) -> PaymentBatch:
    """A batch of a file in either format."""
    read = from_pain001 if format is Format.XML else from_order_file
    return read(content, max_bytes=max_bytes)


def write_report(report: StatusReport, format: Format) -> bytes:
    """An answer in either format."""
    return to_pain002(report) if format is Format.XML else to_answer_file(report)


def write_statement(statement: Statement, format: Format) -> bytes:
    """A statement in either format."""
    return to_camt053(statement) if format is Format.XML else to_statement_file(statement)


def _read_statement(file: BinaryIO, format: Format, day: date, account: str) -> StatementReading:
    """The statement in a file, if it is the one that was asked for. A plain file is read whole."""
    if format is Format.XML:
        head, entries = read_camt053(file)
    else:
        statement = from_statement_file(file.read(MAX_MESSAGE_BYTES + 1))
        head, entries = statement.head, iter(statement.entries)
    if (head.day, head.account) != (day, account):
        raise UnreadableMessage(
            f"asked for {account} on {day}, got {head.account} on {head.day}",
            message_zh=f"查询的是 {account} {day}，得到的是 {head.account} {head.day}",
            field="account",
        )
    return StatementReading(head, entries)


def received(reference: str, content: bytes, format: Format) -> ReceivedReport:
    """An answer as it came, read as far as it can be."""
    try:
        read = from_pain002 if format is Format.XML else from_answer_file
        return ReceivedReport(reference, content, format, read(content), None)
    except BankingError as error:
        return ReceivedReport(reference, content, format, None, error)


# The registry.


@dataclass(frozen=True, slots=True)
class Setting:
    """What a channel must be told. A secret is named by the environment variable that holds it, never written down."""

    name: str
    name_zh: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class ChannelType:
    """A way of reaching banks that can be configured."""

    code: str
    name: str
    name_zh: str
    kinds: frozenset[ChannelKind]
    settings: tuple[Setting, ...]
    build: Callable[[Mapping[str, str]], Channel]


_TYPES: dict[str, ChannelType] = {}


def declare_channel(channel: ChannelType) -> ChannelType:
    """Add a way of reaching banks; a code is given once."""
    if _TYPES.get(channel.code, channel) is not channel:
        raise ChannelMisconfigured(
            f"the channel {channel.code} exists already", message_zh=f"支付渠道 {channel.code} 已存在"
        )
    _TYPES[channel.code] = channel
    return channel


def channel_types() -> tuple[ChannelType, ...]:
    """Every declared way, by its code."""
    return tuple(_TYPES[code] for code in sorted(_TYPES))


def open_channel(code: str, settings: Mapping[str, str]) -> Channel:
    """The channel of a code with its settings. Raises ChannelMisconfigured."""
    found = _TYPES.get(code)
    if found is None:
        raise ChannelMisconfigured(
            f"there is no channel {code!r}; there are {', '.join(sorted(_TYPES))}",
            message_zh=f"没有支付渠道 {code!r}；现有：{'、'.join(sorted(_TYPES))}",
            field="channel",
        )
    for setting in found.settings:
        if setting.required and not settings.get(setting.name):
            raise ChannelMisconfigured(
                f"the channel {code} needs {setting.name}",
                message_zh=f"支付渠道 {code} 缺少设置：{setting.name_zh}（{setting.name}）",
                field=setting.name,
            )
    unknown = sorted(set(settings) - {each.name for each in found.settings})
    if unknown:
        raise ChannelMisconfigured(
            f"the channel {code} knows no {', '.join(unknown)}",
            message_zh=f"支付渠道 {code} 没有设置项：{'、'.join(unknown)}",
            field=unknown[0],
        )
    return found.build(settings)


def _positive(settings: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(settings.get(name) or default)
    except ValueError:
        value = 0
    if not 0 < value <= 3600:
        raise ChannelMisconfigured(
            f"{name}: seconds above 0, not {settings.get(name)!r}",
            message_zh=f"{name}：须为大于 0 的秒数，不能是 {settings.get(name)!r}",
            field=name,
        )
    return value


def _format(settings: Mapping[str, str]) -> Format:
    try:
        return Format(settings.get("format") or "xml")
    except ValueError:
        raise ChannelMisconfigured(
            f"format: xml or csv, not {settings.get('format')!r}",
            message_zh=f"format：须为 xml 或 csv，不能是 {settings.get('format')!r}",
            field="format",
        ) from None


# Over HTTP.


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A bank does not send payments elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class HttpChannel:
    """A bank over HTTP: POST /payments, GET /reports?since=, GET /statement?day=&account=, with a bearer token."""

    url: str
    token: str
    format: Format = Format.XML
    timeout: float = 30.0

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ChannelMisconfigured(
                f"url: an address such as https://bank.example.com/pay, not {self.url!r}",
                message_zh=f"url：须为网址，例如 https://bank.example.com/pay，不能是 {self.url!r}",
                field="url",
            )
        if not self.token or not self.token.isascii() or not self.token.isprintable():
            raise ChannelMisconfigured(
                "the token is missing or has characters no token has",
                message_zh="缺少令牌，或令牌含有不允许的字符",
                field="token",
            )

    def send(self, file: PaymentFile) -> Acknowledgement:
        """Hand in a batch; sending the same again is harmless."""
        with file.opened() as body:
            answer = self._ask(
                "payments",
                data=body,
                headers={
                    "Content-Type": file.format.media_type,
                    "Content-Length": str(file.size),
                    "Idempotency-Key": file.message_id,
                },
            )
        told = self._json(answer)
        if told.get("message_id") != file.message_id:
            raise self._uncertain(
                f"it acknowledged {str(told.get('message_id'))[:80]!r}", "确认的批次号与发出的不一致"
            )
        return Acknowledgement(file.message_id, taken=True, repeated=bool(told.get("repeated")))

    def fetch(self, cursor: str = "") -> Fetched:
        """The answers since a cursor."""
        told = self._json(self._ask(f"reports?{urllib.parse.urlencode({'since': cursor})}"))
        try:
            reports = tuple(
                received(str(each["reference"]), str(each["content"]).encode(), Format(each["format"]))
                for each in told["reports"]
            )
            return Fetched(reports, str(told["next"]))
        except (KeyError, TypeError, ValueError):
            raise self._uncertain("its answer has no reports", "回执内容无法识别") from None

    def statement(self, day: date, account: str) -> Statement | None:
        """The statement of a day."""
        with self.open_statement(day, account) as reading:
            return reading.whole() if reading else None

    @contextmanager
    def open_statement(self, day: date, account: str) -> Iterator[StatementReading | None]:
        """The statement of a day, kept in a file while it is read."""
        query = urllib.parse.urlencode({"day": day.isoformat(), "account": account, "format": self.format})
        with tempfile.TemporaryFile() as file:
            try:
                self._ask(f"statement?{query}", into=file, most=MAX_STATEMENT_BYTES)
            except ChannelRefused as error:
                if error.details.get("status") != 404:
                    raise
                yield None
                return
            file.seek(0)
            yield _read_statement(file, self.format, day, account)

    def _ask(
        self,
        path: str,
        *,
        data: BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
        into: BinaryIO | None = None,
        most: int = MAX_MESSAGE_BYTES,
    ) -> bytes:
        """The body of the answer, or nothing when it goes into a file."""
        file = into or io.BytesIO()
        request = urllib.request.Request(
            f"{self.url.rstrip('/')}/{path}",
            data=data,
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
        )
        # No proxy of the environment comes between a treasury and its bank.
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                length = answer.headers.get("Content-Length")
                size = 0
                while size <= most and (piece := answer.read(1 << 20)):
                    size += file.write(piece)
        except urllib.error.HTTPError as error:
            with error:
                told = error.read(4000).decode("utf-8", "replace")
            if 400 <= error.code < 500 and error.code not in (408, 429):
                raise _refused(error.code, told) from None
            raise self._uncertain(f"it answered {error.code}", f"返回 {error.code}") from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise self._uncertain(str(reason) or type(error).__name__, "没有应答或应答中断") from error
        if size > most:
            raise self._uncertain("its answer is too large", "应答过大")
        if length is not None and length != str(size):
            raise self._uncertain("its answer broke off", "应答中断")
        return b"" if into else file.getvalue()  # type: ignore[attr-defined]  # its own, a BytesIO

    def _json(self, content: bytes) -> dict[str, Any]:
        try:
            told = json.loads(content)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise self._uncertain("its answer is no JSON", "应答不是 JSON")
        return told

    def _uncertain(self, why: str, why_zh: str) -> ChannelUncertain:
        host = urllib.parse.urlsplit(self.url).netloc
        return ChannelUncertain(f"{host}: {why}", message_zh=f"{host}：{why_zh}（{why}）")


def _refused(status: int, told: str) -> ChannelRefused:
    """What a bank said when it said no, as problem document or plain words."""
    try:
        problem = json.loads(told)
        words, code = (
            str(problem.get("detail") or problem.get("message") or told),
            str(problem.get("code") or ""),
        )
    except (ValueError, AttributeError):
        words, code = told, ""
    return ChannelRefused(
        f"the bank refused ({status}): {words[:500]}",
        message_zh=f"银行拒收（{status}）：{words[:500]}",
        status=status,
        bank_code=code,
    )


# By files.


@dataclass(frozen=True, slots=True)
class FolderChannel:
    """A bank by files in a shared folder: ours in in/, its answers in out/. Names appear by renaming, so always whole.

    The cursor is the name of the last answer read: a bank numbers its files so that they sort.
    """

    folder: Path
    format: Format = Format.XML

    def __post_init__(self) -> None:
        if not self.folder.is_absolute():
            raise ChannelMisconfigured(
                f"folder: an absolute path, not {str(self.folder)!r}",
                message_zh=f"folder：须为绝对路径，不能是 {str(self.folder)!r}",
                field="folder",
            )

    def send(self, file: PaymentFile) -> Acknowledgement:
        """Lay a batch down; the bank takes it when it looks."""
        target = self.folder / "in"
        name = f"{file.message_id}.{file.format}"
        part = target / f".{name}.part"
        try:
            target.mkdir(parents=True, exist_ok=True)
            with file.opened() as source, part.open("wb") as written:
                shutil.copyfileobj(source, written, 1 << 20)
                written.flush()
                os.fsync(written.fileno())
            part.replace(target / name)
            sync_folder(target)
        except OSError as error:
            raise self._uncertain(error) from error
        return Acknowledgement(file.message_id, taken=False)

    def fetch(self, cursor: str = "") -> Fetched:
        """The answers whose names come after the cursor."""
        reports = []
        try:
            names = sorted(
                each.name
                for each in (self.folder / "out").glob("*")
                if _REPORT_NAME.fullmatch(each.name) and each.name > cursor
            )
            for name in names:
                path = self.folder / "out" / name
                format = Format(path.suffix[1:])
                with path.open("rb") as opened:
                    reports.append(received(name, opened.read(MAX_MESSAGE_BYTES + 1), format))
        except FileNotFoundError:
            return Fetched((), cursor)
        except OSError as error:
            raise self._uncertain(error) from error
        return Fetched(tuple(reports), names[-1] if names else cursor)

    def statement(self, day: date, account: str) -> Statement | None:
        """The statement the bank laid down for a day."""
        with self.open_statement(day, account) as reading:
            return reading.whole() if reading else None

    @contextmanager
    def open_statement(self, day: date, account: str) -> Iterator[StatementReading | None]:
        """The statement the bank laid down for a day, as it is read."""
        path = self.folder / "out" / statement_name(day, account, self.format)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise self._uncertain(error) from error
        with file:
            yield _read_statement(file, self.format, day, account)

    def _uncertain(self, error: OSError) -> ChannelUncertain:
        return ChannelUncertain(
            f"{self.folder}: {error.strerror or error}",
            message_zh=f"{self.folder} 无法读写：{error.strerror or error}",
        )


_REPORT_NAME = re.compile(r"report-[0-9]{12}\.(xml|csv)")


def report_name(sequence: int, format: Format) -> str:
    """The name of the so-manieth answer in out/."""
    return f"report-{sequence:012d}.{format}"


def statement_name(day: date, account: str, format: Format) -> str:
    """The name of a statement in out/."""
    return f"statement-{day.isoformat()}-{account}.{format}"


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk before anything else is said."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _http(settings: Mapping[str, str]) -> Channel:
    variable = settings["token_variable"]
    return HttpChannel(
        url=settings["url"],
        token=os.environ.get(variable, "") if re.fullmatch(r"[A-Z][A-Z0-9_]*_TOKEN", variable) else "",
        format=_format(settings),
        timeout=_positive(settings, "timeout", 30),
    )


def _folder(settings: Mapping[str, str]) -> Channel:
    return FolderChannel(Path(settings["folder"]), _format(settings))


HTTP = declare_channel(
    ChannelType(
        "http",
        "Bank over HTTP",
        "银企直联（HTTP）",
        frozenset(ChannelKind),
        (
            Setting("url", "网址"),
            Setting("token_variable", "保存令牌的环境变量名（以 _TOKEN 结尾）"),
            Setting("format", "文件格式（xml 或 csv）", required=False),
            Setting("timeout", "超时秒数", required=False),
        ),
        _http,
    )
)
FOLDER = declare_channel(
    ChannelType(
        "folder",
        "Bank by files",
        "银企文件交换",
        frozenset(ChannelKind),
        (Setting("folder", "目录"), Setting("format", "文件格式（xml 或 csv）", required=False)),
        _folder,
    )
)
