"""Making the PDF, in a process of its own: `python -m yingshang.kernel.documents.typesetting pdf|png`.

It reads {"document": …, "date": [year, month, day]} from its input and writes the PDF, or the pages as PNG, each behind
its length in four bytes. Texts are data to the layout (layout/official.typ), never markup.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from functools import cache
from pathlib import Path

SECONDS, MEGABYTES = 20, 2048
_LAYOUT = Path(__file__).with_name("layout") / "official.typ"


@cache
def font_folder() -> Path:
    """Where Noto Serif SC and Noto Sans SC lie."""
    import pylopdf_fonts_zh_cn

    return Path(pylopdf_fonts_zh_cn.serif_path()).parent


def main() -> None:
    """The child."""
    from yingshang.kernel.documents.children import limit_this_process

    job = json.load(sys.stdin.buffer)
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())]
    )
    with tempfile.TemporaryDirectory() as nothing:
        limit_this_process(seconds=SECONDS, megabytes=MEGABYTES)
        compiler = typst.Compiler(
            input=_LAYOUT.read_bytes(),
            # What the layout could read, were it to try: an empty folder, and no packages.
            root=nothing,
            package_path=nothing,
            package_cache_path=nothing,
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={"document": json.dumps(job["document"], ensure_ascii=False)},
        )
        if sys.argv[1] == "pdf":
            made = compiler.compile(format="pdf", timestamp=job["timestamp"], pdf_standards=["a-2a", "ua-1"])
            assert isinstance(made, bytes)
            sys.stdout.buffer.write(made)
            return
        pages = compiler.compile(format="png", ppi=float(job.get("ppi", 96)))
    for page in [pages] if isinstance(pages, bytes) else pages or []:
        sys.stdout.buffer.write(struct.pack(">I", len(page)) + page)


if __name__ == "__main__":
    main()
