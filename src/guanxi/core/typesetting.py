"""Documents as PDF, with the glyphs of Chinese in them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cvttf_NotoSansCJK_Bold as bold_font
import cvttf_NotoSansCJK_Regular as regular_font
import orjson
import typst

FONT = "Noto Sans CJK TC"


@cache
def font_paths() -> list[str]:
    """Folders of the bundled fonts (SIL Open Font License); no font of the system is used."""
    return [str(Path(module.__file__ or "").parent) for module in (regular_font, bold_font)]


def typeset(template: Path, data: Mapping[str, Any], pictures: Mapping[str, bytes]) -> bytes:
    """The PDF of a template that reads `data` as JSON from its input; `pictures` lie beside it under their names."""
    with TemporaryDirectory(prefix="guanxi-document-") as folder:
        root = Path(folder)
        source = root / "document.typ"
        source.write_bytes(template.read_bytes())
        for name, content in pictures.items():
            (root / name).write_bytes(content)
        made = typst.compile(
            str(source), root=str(root), font_paths=font_paths(), ignore_system_fonts=True, format="pdf",
            sys_inputs={"data": orjson.dumps(data).decode()},
        )  # fmt: skip
    return bytes(made) if isinstance(made, bytes) else b"".join(bytes(page) for page in made)
