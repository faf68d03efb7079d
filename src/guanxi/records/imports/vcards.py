"""vCards (versions 2.1, 3.0 and 4.0) as rows of a table."""

import quopri
import re
from collections.abc import Iterable, Iterator

# Heads are names of fields, so that the columns map by themselves.
VCARD_HEADS = (
    "name", "family_name", "given_name", "account", "job_title", "department", "email", "phone", "mobile", "wechat",
    "website", "street", "city", "region", "postcode", "country", "birthday", "description", "tags",
)  # fmt: skip
_ESCAPED = re.compile(r"\\(.)")
_PLACE = {name: number for number, name in enumerate(VCARD_HEADS)}


def vcard_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """One row per card; a card without END ends with the file."""
    row: list[str] | None = None
    for line in _unfolded(lines):
        name, _colon, value = line.partition(":")
        key = name.split(";")[0].rpartition(".")[2].upper()
        if key == "BEGIN" and value.strip().upper() == "VCARD":
            if row is not None:
                yield _named(row)
            row = [""] * len(VCARD_HEADS)
        elif key == "END" and row is not None:
            yield _named(row)
            row = None
        elif row is not None:
            _take(row, key, name.upper(), _decoded(name, value))
    if row is not None:
        yield _named(row)


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Long lines are folded by a blank at the beginning of the next, quoted-printable ones by = at their end."""
    whole = ""
    for raw in lines:
        line = raw.rstrip("\r\n")
        if line[:1] in (" ", "\t") and whole:
            whole += line[1:]
        elif whole.endswith("=") and "QUOTED-PRINTABLE" in whole.split(":")[0].upper():
            whole = whole[:-1] + line
        else:
            if whole:
                yield whole
            whole = line
    if whole:
        yield whole


def _decoded(name: str, value: str) -> str:
    if "QUOTED-PRINTABLE" not in name.upper():
        return value
    found = re.search(r"CHARSET=([\w-]+)", name, re.IGNORECASE)
    try:
        return quopri.decodestring(value.encode()).decode(found[1] if found else "utf-8", "guanxi.mark")
    except LookupError:
        return quopri.decodestring(value.encode()).decode("utf-8", "guanxi.mark")


def _take(row: list[str], key: str, head: str, value: str) -> None:
    if key == "TEL":
        number = value.removeprefix("tel:")
        if "FAX" in head or "PAGER" in head:
            return
        _put(row, "mobile" if "CELL" in head and not row[_PLACE["mobile"]] else "phone", number)
    elif key == "N":
        family, given = (*_parts(value), "", "")[:2]
        _put(row, "family_name", family)
        _put(row, "given_name", given)
    elif key == "ORG":
        company, department = (*_parts(value), "", "")[:2]
        _put(row, "account", company)
        _put(row, "department", department)
    elif key == "ADR":
        for name, text in zip(
            ("street", "city", "region", "postcode", "country"), (*_parts(value)[2:], *[""] * 5), strict=False
        ):
            _put(row, name, text if name != "country" or len(text) == 2 else "")
    elif key in ("BDAY", "CATEGORIES"):
        _put(row, "birthday" if key == "BDAY" else "tags", _day(value) if key == "BDAY" else _plain(value))
    elif key in _SIMPLE:
        _put(row, _SIMPLE[key], _plain(value))


_SIMPLE = {
    "FN": "name", "TITLE": "job_title", "EMAIL": "email", "URL": "website", "NOTE": "description", "X-WECHAT": "wechat",
    "X-WEIXIN": "wechat",
}  # fmt: skip


def _put(row: list[str], name: str, text: str) -> None:
    """The first of several is taken; the card's own order says which matters most."""
    place = _PLACE[name]
    row[place] = row[place] or text.strip()


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()


def _day(value: str) -> str:
    digits = value.strip()[:10]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if digits[:8].isdecimal() else digits


def _named(row: list[str]) -> list[str]:
    if not row[_PLACE["name"]] and not (row[_PLACE["family_name"]] or row[_PLACE["given_name"]]):
        row[_PLACE["name"]] = row[_PLACE["account"]] or row[_PLACE["email"]]
    return row
