"""Reading files of strangers, in a process of its own: `python -m yingshang.kernel.documents.reading inspect-pdf|text`.

`text <media type> <most characters> <most pages>` answers one byte (1: complete, 0: cut short) and the text in UTF-8.
Nothing here needs Django, so that the process starts quickly.
"""

from __future__ import annotations

import ctypes
import io
import re
import sys
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

SECONDS, MEGABYTES = 10, 1024
MOST_CHARACTERS, MOST_PAGES = 2_000_000, 2_000

PDF = "application/pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXTS = ("text/plain", "text/csv")
HTML = "text/html"
OFD = "application/ofd"
READABLE = (PDF, WORD, SHEET, OFD, HTML, *TEXTS)


def decode(content: bytes) -> str | None:
    """Text in UTF-8, UTF-16 with its mark, or GB 18030; None when it is none of them."""
    for start, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(start):
            return _decoded(content, encoding)
    text = _decoded(content, "utf-8-sig")
    return text if text is not None else _decoded(content, "gb18030")


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


# --- what runs inside a PDF -------------------------------------------------------------------------------------------


def _name(name: str) -> bytes:
    """A PDF name, each letter of which may be written as #xx."""
    letters = (rb"(?:%s|(?i:#%02x))" % (letter.encode(), ord(letter)) for letter in name)
    return b"/" + b"".join(letters) + rb"(?![A-Za-z0-9_#-])"


ACTIVE = {
    name: re.compile(_name(name))
    for name in ("JavaScript", "Launch", "RichMedia", "ImportData", "GoToE", "XFA")
}
_ENCRYPT = re.compile(_name("Encrypt"))
_OBJECT_STREAM = re.compile(_name("ObjStm") + b"|" + _name("XRef"))
_STREAM = re.compile(rb"stream(\r\n|\n|\r)")
_LARGEST_OBJECTS = 64 * 1024 * 1024


def inspect_pdf(content: bytes) -> str:
    """ "fine", "encrypted", "active <what>" or "damaged <why>"."""
    import pypdfium2

    if _ENCRYPT.search(content):
        return "encrypted"
    # A name of eight letters does not stand in compressed bytes by chance: the whole file is searched, wherever a
    # reader may believe that its objects begin; then what is packed inside streams of objects.
    for what, pattern in ACTIVE.items():
        if pattern.search(content):
            return f"active {what}"
    left = _LARGEST_OBJECTS
    for objects in _object_streams(content):
        if objects is None:
            return "damaged an object stream cannot be read"
        left -= len(objects)
        if left < 0:
            return "damaged its object streams are too large"
        for what, pattern in ACTIVE.items():
            if pattern.search(objects):
                return f"active {what}"
    try:
        document = pypdfium2.PdfDocument(content)
        if pypdfium2.raw.FPDF_GetSecurityHandlerRevision(document) != -1:
            return "encrypted"
        if pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(document) > 0:
            return "active JavaScript"
        return "fine" if len(document) else "damaged no pages"
    except pypdfium2.PdfiumError as error:
        return "encrypted" if "assword" in str(error) else f"damaged {error}"


def _object_streams(content: bytes) -> Iterator[bytes | None]:
    """The unpacked streams of objects; None for one that is packed in a way we do not read."""
    for found in _OBJECT_STREAM.finditer(content):
        # The dictionary around the name ends where the word "stream" stands.
        begin = _STREAM.search(content, found.end())
        if begin is None:
            continue
        dictionary = content[max(0, content.rfind(b"obj", 0, found.start())) : begin.start()]
        if re.search(_name("XRef"), dictionary):
            continue
        filters = re.findall(rb"/([A-Za-z0-9#]+Decode|Fl|LZW|A85|AHx)\b", dictionary)
        if filters not in ([], [b"FlateDecode"], [b"Fl"]) or b"/Predictor" in dictionary:
            yield None
            continue
        end = content.find(b"endstream", begin.end())
        packed = content[begin.end() : end if end >= 0 else len(content)]
        if not filters:
            yield packed
            continue
        unpacker = zlib.decompressobj()
        try:
            yield unpacker.decompress(packed, _LARGEST_OBJECTS + 1)
        except zlib.error:
            yield None


# --- text -------------------------------------------------------------------------------------------------------------


class Enough(Exception):
    """The limit is reached."""


class _Collected:
    """Text up to a limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.length = 0
        self.pieces: list[str] = []

    def add(self, piece: str) -> None:
        piece = piece[: self.most - self.length]
        self.pieces.append(piece)
        self.length += len(piece)
        if self.length >= self.most:
            raise Enough


def text_of(content: bytes, content_type: str, most: int, pages: int) -> tuple[str, bool]:
    """The text of a file, and whether that is all of it. Raises ValueError for what cannot be read."""
    collected = _Collected(most)
    complete = True
    try:
        if content_type == PDF:
            complete = _pdf(content, collected, pages)
        elif content_type == WORD:
            _word(content, collected)
        elif content_type == SHEET:
            _sheet(content, collected)
        elif content_type == OFD:
            complete = _Ofd(content).read(collected, pages)
        elif content_type == HTML:
            _Html(collected).read(decode(content) or "")
        elif content_type in TEXTS:
            text = decode(content)
            if text is None:
                raise ValueError("no encoding fits")
            collected.add(text.replace("\r\n", "\n"))
        else:
            raise ValueError(f"no text is read from {content_type}")
    except Enough:
        complete = False
    return "".join(collected.pieces).replace("\x00", "").strip(), complete


def _pdf(content: bytes, collected: _Collected, pages: int) -> bool:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    for index in range(min(len(document), pages)):
        page = document[index]
        text = page.get_textpage()
        # pypdfium2's own ranges recurse over characters without text; bounded reads of the library below do not.
        count = pypdfium2.raw.FPDFText_CountChars(text)
        buffer = (ctypes.c_ushort * (count + 1))()
        written = pypdfium2.raw.FPDFText_GetText(text, 0, count, buffer)
        piece = bytes(buffer)[: max(0, written - 1) * 2].decode("utf-16-le", "replace")
        # A hyphen at the end of a line comes as U+FFFE.
        collected.add(piece.replace("\r\n", "\n").replace("\ufffe", "-") + "\n")
        page.close()
    return len(document) <= pages


def _word(content: bytes, collected: _Collected) -> None:
    import docx
    from docx.table import Table

    def blocks(holder: object) -> Iterator[str]:
        for block in holder.iter_inner_content():  # type: ignore[attr-defined]
            if isinstance(block, Table):
                for row in block.rows:
                    yield "\t".join(cell.text for cell in row.cells)
            else:
                yield block.text

    for line in blocks(docx.Document(io.BytesIO(content))):
        collected.add(line + "\n")


def _sheet(content: bytes, collected: _Collected) -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        collected.add(f"{sheet.title}\n")
        # How large it is, is a claim of the file; taken at its word it would be filled up with empty cells.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(values_only=True):
            if any(cell is not None for cell in row):
                collected.add("\t".join("" if cell is None else str(cell) for cell in row) + "\n")


class _Ofd:
    """OFD (GB/T 33190-2016): a container of XML. The text of a page stands in TextCode elements, each a run of signs
    with its place; runs at one height are a line."""

    PART, ALL = 32 * 1024 * 1024, 128 * 1024 * 1024
    """Bytes of one part, and of all parts together, unpacked."""
    SAME_LINE = 1.0
    """Millimetres that runs of one line may differ in height."""

    def __init__(self, content: bytes) -> None:
        import zipfile

        self.container = zipfile.ZipFile(io.BytesIO(content))
        self.left = self.ALL

    def read(self, collected: _Collected, pages: int) -> bool:
        """Every page in order; whether there were no more than `pages`."""
        read = 0
        for root in self._texts(self._part("OFD.xml"), "DocRoot"):
            document = self._path("", root)
            for page in self._part(document).iter("{*}Page"):
                if location := page.get("BaseLoc"):
                    if read == pages:
                        return False
                    self._page(self._path(document, location), collected)
                    read += 1
        return True

    def _page(self, name: str, collected: _Collected) -> None:
        height: float | None = None
        for run in self._part(name).iter("{*}TextCode"):
            at = self._height(run)
            if height is not None and at is not None and abs(at - height) > self.SAME_LINE:
                collected.add("\n")
            height = at if at is not None else height
            collected.add("".join(run.itertext()))
        collected.add("\n")

    @staticmethod
    def _height(run: Any) -> float | None:
        """How far below the top of the page a run stands: its object's, and its own within that."""
        try:
            own = float(run.get("Y") or 0)
            holder = run.getparent()
            return own + float((holder.get("Boundary") or "0 0 0 0").split()[1])
        except (AttributeError, IndexError, ValueError):
            return None

    def _part(self, name: str) -> Any:
        """A part as a tree. Entities, declarations and addresses elsewhere are not followed."""
        from lxml import etree

        with self.container.open(name) as part:
            content = part.read(min(self.PART, self.left) + 1)
        self.left -= len(content)
        if self.left < 0 or len(content) > self.PART:
            raise ValueError("it unpacks to too much")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        tree = etree.fromstring(content, parser)
        if tree.getroottree().docinfo.doctype:
            raise ValueError("a document type declaration")
        return tree

    @staticmethod
    def _texts(tree: Any, name: str) -> Iterator[str]:
        for each in tree.iter(f"{{*}}{name}"):
            yield "".join(each.itertext()).strip()

    @staticmethod
    def _path(beside: str, location: str) -> str:
        """Where a part lies: from the top, or beside the part that names it. Never outside of the container."""
        if location.startswith("/"):
            return location.lstrip("/")
        folder = beside.rpartition("/")[0]
        steps: list[str] = []
        for step in [*folder.split("/"), *location.split("/")]:
            if step == "..":
                steps = steps[:-1]
            elif step not in ("", "."):
                steps.append(step)
        return "/".join(steps)


class _Html(HTMLParser):
    _SILENT = frozenset({"script", "style", "template", "noscript", "head"})
    _BLOCKS = frozenset(
        {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "section", "td", "th"}
    )

    def __init__(self, collected: _Collected) -> None:
        super().__init__(convert_charrefs=True)
        self.collected = collected
        self.silent = 0

    def read(self, text: str) -> None:
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self.silent += 1
        elif tag in self._BLOCKS:
            self.collected.add("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self.silent = max(0, self.silent - 1)

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.collected.add(" ".join(data.split()) + " ")


def main() -> None:
    """The child."""
    from yingshang.kernel.documents.children import limit_this_process

    content = sys.stdin.buffer.read()
    limit_this_process(seconds=SECONDS, megabytes=MEGABYTES)
    if sys.argv[1] == "inspect-pdf":
        sys.stdout.write(inspect_pdf(content))
        return
    text, complete = text_of(content, sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.buffer.write((b"1" if complete else b"0") + text.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
