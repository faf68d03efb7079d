"""Comparable forms of names, companies, addresses, phones and dates, in Latin letters whatever script they came in."""

import re
from dataclasses import dataclass
from datetime import date

from guanxi.science import names
from guanxi.science.names import family_sound, is_han, latin, plain

_NOT_WORD = re.compile(r"[\W_]+")
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "sir", "dame"])
_STREET_WORDS = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "strasse": "str",
    "drive": "dr",
    "lane": "ln",
    "place": "pl",
}
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Form:
    """A value made comparable: `text` decides equality within a script, `key` (Latin letters) across scripts."""

    text: str
    key: str


def word(text: str) -> Form:
    """One word without spaces and marks, such as a city: "St. Gallen" → stgallen, "上海市" → 上海, shanghai."""
    bare = _NOT_WORD.sub("", plain(text))
    if not is_han(bare):
        return Form(bare, bare)
    bare = bare[:-1] if len(bare) > 2 and bare.endswith("市") else bare
    return Form(bare, latin(bare))


def family_name(text: str) -> Form:
    """A family name; Chinese ones as they are read in names: 单 → shan."""
    form = word(text)
    return Form(form.text, family_sound(form.text)) if is_han(form.text) else form


def split_name(text: str) -> tuple[str, str]:
    """(given, family) of a person's full name: 张三 → 三, 张; "ZHANG, san" → san, zhang; "Zhang Sanfeng" → sanfeng, zhang."""
    words = [part for part in plain(text).split() if part.strip(".,") not in _TITLES]
    family, given = names.split_name(" ".join(words))
    return given, family


def company(text: str) -> Form:
    """A company's name without its legal form: "Hartmann Automation GmbH & Co. KG" → hartmannautomation."""
    core = names.company_core(text)
    return Form(core, latin(core))


def email(text: str) -> Form:
    """An address in lower case, without what mail programs put around it."""
    bare = plain(text).removeprefix("mailto:").strip(" <>;,")
    return Form(bare, bare)


def phone(text: str) -> Form:
    """The last nine digits of a number, which a country's or a trunk prefix does not change; short numbers whole."""
    digits = "".join(_DIGITS.findall(plain(text)))[-9:]
    return Form(digits, digits) if len(digits) >= 5 else Form("", "")


def number(text: str) -> Form:
    """Letters and digits of a number such as a tax number or a postcode."""
    bare = _NOT_WORD.sub("", plain(text))
    return Form(bare, bare)


def street(text: str) -> Form:
    """A street and house number in Latin letters, common words shortened."""
    spaced = _NOT_WORD.sub(" ", latin(plain(text))).split()
    bare = "".join(_STREET_WORDS.get(part, part) for part in spaced)
    return Form(bare, bare)


def website(text: str) -> Form:
    """The host of a web address without "www."."""
    host = re.sub(r"^[a-z]+://", "", plain(text)).split("/")[0].removeprefix("www.")
    return Form(host, host)


def birth_date(text: str, *, day_first: bool = True) -> Form:
    """Eight digits YYYYMMDD of a date in any usual writing; "" for what is none.

    1990-03-02, 19900302, 1990年3月2日, 2.3.1990, and 2/3/1990 or 3/2/1990 as `day_first` says.
    """
    parts = _DIGITS.findall(plain(text))
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    if len(parts) < 3:
        return Form("", "")
    first, second, third = parts[:3]
    if len(first) != 4 and len(third) == 4:
        first, second, third = (third, second, first) if day_first else (third, first, second)
    try:
        digits = date(int(first), int(second), int(third)).strftime("%Y%m%d")
    except ValueError:
        try:
            digits = date(int(first), int(third), int(second)).strftime("%Y%m%d")
        except ValueError:
            return Form("", "")
    return Form(digits, digits) if len(digits) == 8 else Form("", "")
