"""Addresses as the value of one field: street, city, region, postcode and country, each of which can be asked for by itself."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel import Locale
from django.utils.translation import gettext_lazy as _

# Part → most characters.
PARTS = {"street": 300, "city": 120, "region": 120, "postcode": 20, "country": 2}
# From the large to the small, so that sorting puts together what lies together.
SORTED = ("country", "region", "city", "postcode", "street")
LABELS = {
    "street": _("Street"), "city": _("City"), "region": _("Region"), "postcode": _("Postcode"), "country": _("Country"),
}  # fmt: skip
_LANGUAGES = ("en", "zh_Hans", "de", "fr", "es", "it", "ja")


def sort_text(parts: Any) -> str | None:
    """An address as it is compared, searched and sorted: from the country to the street; None for nothing."""
    if not isinstance(parts, Mapping):
        return None
    return ", ".join(str(parts[name]) for name in SORTED if parts.get(name)) or None


def one_line(parts: Mapping[str, str]) -> str:
    """An address in one line, largest unit first for Chinese ones: 江苏省 苏州市 工业园区 8 号; Gewerbeweg 8, 70565 Stuttgart, DE."""
    chinese = parts.get("country") == "CN"
    lines = [_joined(parts, "region", "city", "street", "postcode")] if chinese else address_lines(parts)
    return ", ".join(lines)


def address_lines(parts: Mapping[str, str]) -> list[str]:
    """An address as it stands on a letter, line by line."""
    if parts.get("country") == "CN":
        lines = [_joined(parts, "region", "city"), _joined(parts, "street"), _joined(parts, "postcode")]
    else:
        lines = [
            parts.get("street", ""),
            _joined(parts, "postcode", "city"),
            parts.get("region", ""),
            parts.get("country", ""),
        ]
    return [line for line in lines if line]


def _joined(parts: Mapping[str, str], *names: str) -> str:
    return " ".join(parts[name] for name in names if parts.get(name))


def country_code(text: str) -> str | None:
    """The two letters of a country that is written as such, or by its name in one of several languages; None for none."""
    return _codes().get(text.strip().casefold())


@cache
def _codes() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for language in reversed(_LANGUAGES):
        known |= {name.casefold(): code for code, name in territories(language).items()}
    return known | {code.casefold(): code for code in territories("en")}


@cache
def territories(language: str) -> Mapping[str, str]:
    """Countries by their two letters, in a language such as zh_Hans."""
    return {
        code: name
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha() and code != "ZZ"
    }
