"""What a file is, judged by its content, and what is taken in.

The name is a claim. Every kind has its own proof; a file that proves to be two kinds at once is refused, since the next
program may read it as the other one.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import IO, BinaryIO

from . import children, reading, sounds
from .errors import RefusedFile

LONGEST_NAME = 120
HEAD = 4096
MOST_ENTRIES = 10_000
LARGEST_UNPACKED = 256 * 1024 * 1024
LARGEST_RATIO = 200
"""A container that unpacks to more than this many times its size is a bomb (once it is larger than a megabyte)."""
_SMALL = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its extensions, its media type, its names, and the proof, which tells of a recording how many
    seconds it plays.
    """

    code: str
    extensions: tuple[str, ...]
    content_type: str
    name: str
    name_en: str
    prove: Callable[[BinaryIO, int], float | None]


def check_file(
    file: BinaryIO,
    size: int,
    name: str,
    allowed: Collection[str] | None = None,
    longest: int | None = None,
) -> Kind:
    """The kind of a file. Raises RefusedFile with the reason when it is not to be taken in.

    `allowed` are codes of kinds (`pdf`, `docx`, …), by default `DEFAULT`; `longest` is how many seconds a recording may
    play. The size limit is the caller's.
    """
    wanted = [KINDS[code.lower().lstrip(".")] for code in (DEFAULT if allowed is None else allowed)]
    ending = PurePath(name).suffix.lower()
    kind = next((each for each in wanted if ending in each.extensions), None)
    if kind is None:
        raise _refused(
            "kind",
            f"{ending or 'a file without an extension'} is not taken here; "
            f"give one of {', '.join(each.extensions[0] for each in wanted)}",
            f"不接受{f'“{ending}”类型的文件' if ending else '没有扩展名的文件'}，请上传 "
            f"{'、'.join(each.extensions[0] for each in wanted)}",
        )
    if not size:
        raise _refused("empty", "the file is empty", "文件是空的")
    file.seek(0)
    plays = kind.prove(file, size)
    if longest is not None and plays is not None and plays > longest:
        raise _refused(
            "length",
            f"the recording plays for {_minutes(plays)} minutes; {_minutes(longest)} are taken, cut it into parts",
            f"录音长 {_minutes(plays)} 分钟，最长 {_minutes(longest)} 分钟，请分段上传",
        )
    file.seek(0)
    return kind


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}".removesuffix(".0")


def usable_name(name: str) -> str:
    """A name that is safe to show and to save under: no folders, no control or steering characters, not too long."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(each for each in name if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    path = PurePath(name)
    if not name or not path.stem:
        raise _refused("name", "the file has no usable name", "文件没有可用的名称")
    return path.stem[: LONGEST_NAME - len(path.suffix)] + path.suffix


def _refused(reason: str, message: str, message_zh: str) -> RefusedFile:
    return RefusedFile(message, message_zh=message_zh, reason=reason)


def _not_so(what: str) -> RefusedFile:
    return _refused(
        "content",
        f"the content is not {what}, as the extension says; save it again in the right program",
        f"文件内容不是扩展名所说的格式（{what}），请用相应软件重新保存后上传",
    )


def _two_formats() -> RefusedFile:
    return _refused(
        "two_formats",
        "the file is two formats at once; save it again in one program",
        "文件同时是两种格式，请用一个软件重新保存后上传",
    )


# --- PDF --------------------------------------------------------------------------------------------------------------


def _prove_pdf(file: BinaryIO, size: int) -> None:
    head = file.read(8)
    if not head.startswith(b"%PDF-"):
        raise _not_so("PDF")
    file.seek(max(0, size - 2048))
    if b"%%EOF" not in file.read():
        raise _refused(
            "damaged", "the PDF is cut off: its end is missing", "PDF 不完整：文件末尾缺失，请重新导出"
        )
    file.seek(0)
    if zipfile.is_zipfile(file):
        raise _two_formats()
    file.seek(0)
    try:
        verdict = children.run(reading.__name__, file.read(), "inspect-pdf", seconds=reading.SECONDS).decode()
    except children.TookTooMuch:
        raise _refused(
            "damaged",
            "the PDF cannot be read; export it again",
            "PDF 无法读取，请重新导出后上传",
        ) from None
    if verdict == "encrypted":
        raise _refused(
            "encrypted",
            "the PDF is encrypted or has a password; remove the protection and upload it again",
            "PDF 已加密或设有密码，请解除保护后重新上传",
        )
    if verdict.startswith("active"):
        what = verdict.partition(" ")[2]
        raise _refused(
            "active",
            f"the PDF contains something that runs when it is opened ({what}); print it to a new PDF",
            f"PDF 含有打开时会执行的内容（{what}），请“打印为 PDF”后重新上传",
        )
    if verdict != "fine":
        raise _refused("damaged", "the PDF is damaged; export it again", "PDF 已损坏，请重新导出后上传")


# --- containers: docx, xlsx, ofd --------------------------------------------------------------------------------------


def _container(file: BinaryIO, size: int, what: str) -> zipfile.ZipFile:
    head = file.read(8)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(
            "encrypted",
            f"the file is encrypted or of the old format; save it as {what} without a password",
            f"文件已加密或为旧版格式，请不设密码另存为 {what}",
        )
    if not head.startswith(b"PK\x03\x04"):
        raise _not_so(what)
    try:
        container = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, UnicodeDecodeError):
        raise _damaged(what) from None
    entries = container.infolist()
    if len(entries) > MOST_ENTRIES:
        raise _bomb(f"{len(entries)} entries")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > LARGEST_UNPACKED or (unpacked > _SMALL and unpacked > LARGEST_RATIO * size):
        raise _bomb(f"{unpacked >> 20} MB")
    taken: list[tuple[int, int]] = []
    names: set[str] = set()
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise _refused(
                "encrypted", "the file has a password; remove it", "文件设有密码，请解除密码后重新上传"
            )
        name = entry.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or name in names:
            raise _damaged(what)
        names.add(name)
        taken.append((entry.header_offset, entry.header_offset + 30 + entry.compress_size))
    taken.sort()
    # Entries that share bytes make a small file unpack to a huge one; bytes before the first are another format's.
    if any(later[0] < earlier[1] for earlier, later in pairwise(taken)):
        raise _bomb("entries overlap")
    if not taken or taken[0][0] != 0:
        raise _two_formats()
    file.seek(max(0, size - 22))
    if not file.read(4) == b"PK\x05\x06":
        # Something stands behind the directory: a comment, or another file.
        raise _two_formats()
    return container


def _office(main_part: str, what: str) -> Callable[[BinaryIO, int], None]:
    def prove(file: BinaryIO, size: int) -> None:
        with _container(file, size, what) as container:
            names = {entry.filename for entry in container.infolist()}
            if "[Content_Types].xml" not in names:
                raise _not_so(what)
            try:
                types = container.read("[Content_Types].xml")
                if b"macroEnabled" in types or any(
                    name.endswith(("vbaProject.bin", "vbaData.xml")) for name in names
                ):
                    raise _active("宏", "macros", what)
                if any("/activeX/" in f"/{name}" for name in names):
                    raise _active("ActiveX 控件", "ActiveX controls", what)
                if main_part.encode() not in types:
                    raise _not_so(what)
                for name in sorted(names):
                    _look_into(container, name, what)
            except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
                raise _damaged(what) from None
            except Exception as error:
                if isinstance(error, RefusedFile):
                    raise
                # zlib.error and the like of a damaged entry.
                raise _damaged(what) from None

    return prove


_EXTERNAL = re.compile(
    rb"<Relationship\b(?=[^>]*TargetMode\s*=\s*[\"']External)(?=[^>]*Type\s*=\s*[\"'][^\"']*/"
    rb"(attachedTemplate|oleObject|frame|subDocument|externalLinkPath|package)[\"'])[^>]*>",
    re.IGNORECASE,
)


_BEFORE_THE_FIRST_ELEMENT = re.compile(rb"(?:\xef\xbb\xbf)?+(?>\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_ELEMENT = re.compile(rb"<[A-Za-z_:\x80-\xff]")
_DECLARATION = re.compile(rb"<!(?!-|\Z)")
_ENCODING = re.compile(rb"<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"']*)", re.IGNORECASE)


def _look_into(container: zipfile.ZipFile, name: str, what: str) -> None:
    """Every part is unpacked to its end: one that holds something else than the directory says is found so."""
    with container.open(name) as part:
        if name.endswith((".xml", ".rels")):
            prolog = _prolog(part, what)
            if name.endswith(".rels") and _EXTERNAL.search(prolog + part.read(_SMALL)):
                raise _active("外部模板或外部对象", "a template or object from elsewhere", what)
        while part.read(_SMALL):
            pass


def _prolog(part: IO[bytes], what: str) -> bytes:
    """The beginning of a part, at least up to its first element. Nothing may be declared there, in any encoding."""
    head = part.read(HEAD)
    encoding = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
    declared = head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head
    if declared or (encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
        raise _refused(
            "encoding",
            f"the {what} is not written in UTF-8; save it again",
            f"{what} 文件内部不是 UTF-8 编码，请重新保存后上传",
        )
    while True:
        before = _BEFORE_THE_FIRST_ELEMENT.match(head)
        end = before.end() if before else 0
        if _DECLARATION.match(head, end):
            raise _active("文档类型声明", "a document type declaration", what)
        if _ELEMENT.match(head, end):
            return head
        more = part.read(len(head))
        if not more or len(head) > _SMALL:
            raise _damaged(what)
        head += more


def _prove_ofd(file: BinaryIO, size: int) -> None:
    with _container(file, size, "OFD") as container:
        try:
            if b"OFD" not in container.read("OFD.xml")[:HEAD]:
                raise _not_so("OFD")
            for entry in container.infolist():
                if not entry.is_dir():
                    _look_into(container, entry.filename, "OFD")
        except KeyError:
            raise _not_so("OFD") from None
        except Exception as error:
            if isinstance(error, RefusedFile):
                raise
            raise _damaged("OFD") from None


def _damaged(what: str) -> RefusedFile:
    return _refused(
        "damaged", f"the {what} is damaged; save it again", f"{what} 文件已损坏，请重新保存后上传"
    )


def _bomb(detail: str) -> RefusedFile:
    return _refused(
        "bomb",
        f"the file unpacks to far more than its size ({detail}); save it again",
        f"文件解压后的内容过大（{detail}），请重新保存后上传",
    )


def _active(what_zh: str, what_en: str, kind: str) -> RefusedFile:
    return _refused(
        "active",
        f"the {kind} contains {what_en}; remove them and save it again",
        f"{kind} 文件含有{what_zh}，请去除后重新保存上传",
    )


# --- recordings -------------------------------------------------------------------------------------------------------


def _sound(listen: Callable[[bytes], float | None], what: str) -> Callable[[BinaryIO, int], float | None]:
    def prove(file: BinaryIO, size: int) -> float | None:
        content = file.read()
        _ensure_no_page(content[:HEAD])
        file.seek(0)
        if zipfile.is_zipfile(file):
            raise _two_formats()
        try:
            return listen(content)
        except sounds.NotThis:
            raise _not_so(what) from None
        except sounds.More:
            raise _two_formats() from None
        except sounds.TooMany:
            raise _refused(
                "length",
                f"the {what} is too long, or cut into too many pieces; record it in parts",
                f"{what} 录音过长或片段过多，请分段录制后上传",
            ) from None
        except sounds.Pictures:
            raise _refused(
                "pictures",
                f"the {what} holds pictures or other files; record the sound alone",
                f"{what} 文件含有画面或其他文件，请只录声音",
            ) from None
        except (sounds.Damaged, struct.error, IndexError):
            raise _damaged(what) from None

    return prove


# --- pictures and plain text ------------------------------------------------------------------------------------------


def _picture(magic: bytes, what: str, end: bytes) -> Callable[[BinaryIO, int], None]:
    def prove(file: BinaryIO, size: int) -> None:
        head = file.read(HEAD)
        if not head.startswith(magic):
            raise _not_so(what)
        _ensure_no_page(head)
        file.seek(0)
        if zipfile.is_zipfile(file):
            raise _two_formats()
        file.seek(max(0, size - 64 * 1024))
        if end not in file.read():
            raise _refused("damaged", f"the {what} is cut off", f"{what} 图片不完整，请重新上传")

    return prove


def _ensure_no_page(head: bytes) -> None:
    """That the beginning is not at the same time one that another program would take for its own."""
    lowered = head.lower()
    if any(each in lowered for each in (b"%pdf-", b"<script", b"<html", b"<?php")):
        raise _two_formats()


_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def _prove_text(file: BinaryIO, size: int) -> None:
    content = file.read()
    if content.startswith(
        (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x7fELF", b"MZ\x90", b"\x89PNG", b"\xff\xd8\xff")
    ):
        raise _not_so("text")
    text = reading.decode(content)
    if text is None or _CONTROL.search(text):
        raise _not_so("text")


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_PICTURES = {
    "jpg": _picture(b"\xff\xd8\xff", "JPEG", b"\xff\xd9"),
    "png": _picture(b"\x89PNG\r\n\x1a\n", "PNG", b"IEND"),
}
_DOCX, _XLSX = _office(f"{_WORD}.main+xml", "docx"), _office(f"{_SHEET}.main+xml", "xlsx")

KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("pdf", (".pdf",), "application/pdf", "PDF", "PDF", _prove_pdf),
        Kind("docx", (".docx",), _WORD, "Word 文档", "Word document", _DOCX),
        Kind("xlsx", (".xlsx",), _SHEET, "Excel 工作簿", "Excel workbook", _XLSX),
        Kind("ofd", (".ofd",), "application/ofd", "OFD 版式文件", "OFD document", _prove_ofd),
        Kind("jpg", (".jpg", ".jpeg"), "image/jpeg", "JPEG 图片", "JPEG picture", _PICTURES["jpg"]),
        Kind("png", (".png",), "image/png", "PNG 图片", "PNG picture", _PICTURES["png"]),
        Kind("txt", (".txt",), "text/plain", "文本", "text", _prove_text),
        Kind("csv", (".csv",), "text/csv", "CSV 表格", "CSV table", _prove_text),
        Kind("html", (".html", ".htm"), "text/html", "网页", "web page", _prove_text),
        Kind("amr", (".amr", ".awb"), "audio/amr", "AMR 录音", "AMR recording", _sound(sounds.amr, "AMR")),
        Kind(
            "m4a",
            (".m4a", ".3gp", ".3gpp"),
            "audio/mp4",
            "M4A 录音",
            "M4A recording",
            _sound(sounds.m4a, "M4A"),
        ),
        Kind("mp3", (".mp3",), "audio/mpeg", "MP3 录音", "MP3 recording", _sound(sounds.mp3, "MP3")),
        Kind(
            "ogg",
            (".ogg", ".oga", ".opus"),
            "audio/ogg",
            "Ogg 录音",
            "Ogg recording",
            _sound(sounds.ogg, "Ogg"),
        ),
        Kind("wav", (".wav",), "audio/wav", "WAV 录音", "WAV recording", _sound(sounds.wav, "WAV")),
        Kind(
            "webm",
            (".webm", ".weba"),
            "audio/webm",
            "WebM 录音",
            "WebM recording",
            _sound(sounds.webm, "WebM"),
        ),
    )
}
KINDS["jpeg"] = KINDS["jpg"]
DEFAULT = ("pdf", "docx", "xlsx", "ofd", "jpg", "png", "txt")
"""What is taken where nobody says otherwise. Web pages and recordings are never taken unless asked for."""
