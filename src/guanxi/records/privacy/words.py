"""What names a person in a text: the whole name, addresses, numbers in any way of writing them."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from phonenumbers import NumberParseException, parse

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_BLANKS = r"[\s().\-/]*"
LEAST_DIGITS = 7
LEAST_LATIN = 4


@dataclass(frozen=True)
class Words:
    """`names` and `addresses` of a person, and the expressions that find them. Both PostgreSQL and Python understand these."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """Finds names and addresses; "" when there are none."""
        return _any([*map(_address, self.addresses), *map(_name, self.names)])

    @property
    def strong(self) -> str:
        """Finds addresses only: they belong to one person."""
        return _any(map(_address, self.addresses))

    @property
    def json_pattern(self) -> str:
        """`pattern` for texts inside JSON."""
        return _any([*map(_address, self.addresses), *(_name(json.dumps(one, ensure_ascii=False)[1:-1]) for one in self.names)])  # fmt: skip

    def scrub(self, text: str, pseudonym: str) -> str:
        """`text` with the pseudonym in place of whatever names the person."""
        return re.sub(self.pattern, pseudonym, text, flags=re.IGNORECASE) if self.pattern else text


def words_of(names: Iterable[str], addresses: Iterable[str]) -> Words:
    """The words that are long enough to mean this person and nothing else, longest first."""
    good = {" ".join(name.split()) for name in names if _tells(name)}
    reach = {one.strip() for one in addresses if len(one.strip()) >= LEAST_LATIN}
    return Words(tuple(sorted(good, key=_long)), tuple(sorted(reach, key=_long)))


def _tells(name: str) -> bool:
    bare = name.strip()
    return len(_HAN.findall(bare)) >= 2 or (len(bare) >= LEAST_LATIN and " " in bare)


def _long(word: str) -> tuple[int, str]:
    return -len(word), word


def _any(parts: Iterable[str]) -> str:
    found = [part for part in parts if part]
    return f"(?:{'|'.join(found)})" if found else ""


def _escaped(text: str) -> str:
    return "".join(char if char.isalnum() or ord(char) > 127 else f"\\{char}" for char in text)


def _name(name: str) -> str:
    inner = r"\s+".join(_escaped(part) for part in name.split())
    before = r"(?<![A-Za-z0-9])" if name[:1].isascii() and name[:1].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if name[-1:].isascii() and name[-1:].isalnum() else ""
    return f"{before}{inner}{after}"


def _address(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if len(digits) >= LEAST_DIGITS and re.fullmatch(r"[\d\s()+./\-]+", text):
        return _number(text, digits)
    return rf"(?<![A-Za-z0-9]){_escaped(text)}(?![A-Za-z0-9])"


def _number(text: str, digits: str) -> str:
    """A number in any grouping; one with its country's code also without it, as it is dialled in the country."""
    try:
        known = parse(text, None)
    except NumberParseException:
        return rf"(?<![A-Za-z0-9])\+?{_BLANKS.join(digits)}(?![A-Za-z0-9])"
    abroad = rf"(?:\+|00){_BLANKS}{_BLANKS.join(str(known.country_code))}{_BLANKS}"
    national = _BLANKS.join(str(known.national_number))
    return rf"(?<![A-Za-z0-9])(?:{abroad})?(?:\(?0\)?{_BLANKS})?{national}(?![A-Za-z0-9])"
