"""Small OFD files by the structure of GB/T 33190-2016: OFD.xml, Document.xml, and a Content.xml for each page."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def ofd_document(pages: Iterable[Iterable[str]], changed: Mapping[str, bytes | None] | None = None) -> bytes:
    """A file with lines on pages; each line is two runs, as programs write them. `changed` replaces parts."""
    listed = [list(lines) for lines in pages]
    parts: dict[str, bytes] = {
        "OFD.xml": (
            f'{HEAD}<ofd:OFD {NAMESPACE} DocType="OFD" Version="1.1"><ofd:DocBody><ofd:DocInfo>'
            "<ofd:DocID>a3f1</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
        ).encode(),
        "Doc_0/Document.xml": (
            f"{HEAD}<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID><ofd:PageArea>"
            "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
            + "".join(
                f'<ofd:Page ID="{index + 1}" BaseLoc="Pages/Page_{index}/Content.xml"/>'
                for index in range(len(listed))
            )
            + "</ofd:Pages></ofd:Document>"
        ).encode(),
    }
    for index, lines in enumerate(listed):
        runs = "".join(
            _run(text, x, 30 + 10 * line) for line, whole in enumerate(lines) for x, text in _halves(whole)
        )
        parts[f"Doc_0/Pages/Page_{index}/Content.xml"] = (
            f'{HEAD}<ofd:Page {NAMESPACE}><ofd:Content><ofd:Layer ID="90">{runs}</ofd:Layer></ofd:Content></ofd:Page>'
        ).encode()
    for name, content in (changed or {}).items():
        if content is None:
            del parts[name]
        else:
            parts[name] = content
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return file.getvalue()


def _halves(line: str) -> list[tuple[int, str]]:
    middle = len(line) // 2
    return [(25, line[:middle]), (90, line[middle:])]


def _run(text: str, x: int, y: int) -> str:
    return (
        f'<ofd:TextObject ID="{x}{y}" Boundary="{x} {y} 80 6" Font="3" Size="5.6"><ofd:TextCode X="0" Y="4.9" '
        f'DeltaX="g {max(1, len(text) - 1)} 5.6">{escape(text)}</ofd:TextCode></ofd:TextObject>'
    )
