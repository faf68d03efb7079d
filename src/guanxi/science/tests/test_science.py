"""The room stands on the ground: it knows no framework and no other room."""

import ast
from pathlib import Path

ROOM = Path(__file__).resolve().parent.parent


def test_nothing_but_numbers_and_texts_is_imported() -> None:
    names = set()
    for path in ROOM.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    rooms = {name for name in names if name.startswith("guanxi")}
    assert {name for name in rooms if not name.startswith("guanxi.science")} == set()
    assert {"django", "psycopg"} & {name.partition(".")[0] for name in names} == set()
    assert {"numpy", "rapidfuzz", "pypinyin"} <= {name.partition(".")[0] for name in names}
