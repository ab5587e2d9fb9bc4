"""Pictures that everybody will see are drawn anew: `python -m yingshang.kernel.documents.pictures WIDTH`.

What is kept are the colours alone. Remarks of the camera, places, and whatever else lies in a file stay behind, and so
does a file made to harm who opens it. The decoding is done in a process of its own, with a bound on time and memory.
"""

from __future__ import annotations

import struct
import sys
import tempfile
from pathlib import Path

from . import children
from .errors import RefusedFile

_CHILD = "yingshang.kernel.documents.pictures"
SECONDS, MEGABYTES = 20, 1024
WIDEST = 1_600
"""Dots of a picture as it is kept; a wider one is made smaller."""
MOST_DOTS = 40_000_000


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG as its head says; None where it does not."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return (int(width), int(height))
    place = 2
    while content.startswith(b"\xff\xd8") and place + 9 < len(content) and content[place] == 0xFF:
        kind = content[place + 1]
        (length,) = struct.unpack(">H", content[place + 2 : place + 4])
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return (int(width), int(height))
        place += 2 + max(length, 2)
    return None


def re_encode_picture(content: bytes) -> bytes:
    """A PNG or JPEG drawn anew as PNG, at most `WIDEST` dots wide. Raises RefusedFile.

    Its room has had it checked (`check_upload`); this leaves out whatever is not picture.
    """
    size = size_of(content)
    if size is None or min(size) < 1:
        raise RefusedFile(
            "the picture cannot be read; save it again as PNG or JPEG",
            message_zh="图片无法读取，请另存为 PNG 或 JPEG 后上传",
            reason="damaged",
        )
    if size[0] * size[1] > MOST_DOTS:
        raise RefusedFile(
            f"the picture has {size[0]} × {size[1]} dots; make it smaller",
            message_zh=f"图片为 {size[0]} × {size[1]} 像素，过大，请缩小后上传",
            reason="size",
        )
    try:
        return children.run(
            _CHILD,
            content,
            str(min(size[0], WIDEST)),
            seconds=SECONDS,
        )
    except children.TookTooMuch:
        raise RefusedFile(
            "the picture cannot be drawn; save it again as PNG or JPEG",
            message_zh="图片无法读取，请另存为 PNG 或 JPEG 后上传",
            reason="damaged",
        ) from None


def main() -> None:
    """The child."""
    content = sys.stdin.buffer.read()
    width = int(sys.argv[1])
    import typst

    kind = "png" if content.startswith(b"\x89PNG") else "jpg"
    layout = f'#set page(width: {width}pt, height: auto, margin: 0pt)\n#image("picture", format: "{kind}", width: 100%)'
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "picture").write_bytes(content)
        children.limit_this_process(seconds=SECONDS, megabytes=MEGABYTES)
        compiler = typst.Compiler(
            input=layout.encode(),
            root=folder,
            package_path=folder,
            package_cache_path=folder,
            ignore_system_fonts=True,
        )
        # A point at 72 to the inch is a dot.
        made = compiler.compile(format="png", ppi=72.0)
    assert isinstance(made, bytes)
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
