"""The fonts that documents embed are licensed as docs/third-party.md says."""

import struct
from pathlib import Path

import cvttf_NotoSansCJK_Bold
import cvttf_NotoSansCJK_Regular
import pytest

LICENCE, LICENCE_URL = 13, 14
WINDOWS = 3


def names(font: bytes) -> dict[int, str]:
    """The name table of an OpenType font: entry → text."""
    count = struct.unpack(">H", font[4:6])[0]
    tables = [struct.unpack(">4sIII", font[12 + 16 * number : 28 + 16 * number]) for number in range(count)]
    [(_tag, _sum, start, _length)] = [table for table in tables if table[0] == b"name"]
    entries, texts = struct.unpack(">HH", font[start + 2 : start + 6])
    found = {}
    for number in range(entries):
        row = font[start + 6 + 12 * number : start + 18 + 12 * number]
        platform, _encoding, _language, entry, length, offset = struct.unpack(">6H", row)
        if platform == WINDOWS:
            begin = start + texts + offset
            found.setdefault(entry, font[begin : begin + length].decode("utf-16-be"))
    return found


@pytest.mark.parametrize("package", [cvttf_NotoSansCJK_Regular, cvttf_NotoSansCJK_Bold])
def test_the_fonts_are_under_the_open_font_license(package: object) -> None:
    [font] = Path(str(package.__file__)).parent.glob("*.otf")  # type: ignore[attr-defined]
    stated = names(font.read_bytes())
    assert "SIL Open Font License, Version 1.1" in stated[LICENCE]
    assert stated[LICENCE_URL] == "http://scripts.sil.org/OFL"
    page = (Path(__file__).parents[1] / "docs" / "third-party.md").read_text()
    assert font.name in page
