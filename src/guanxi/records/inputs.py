"""The inputs of forms: what a template draws, and the choices of well-known columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from babel import Locale

from guanxi.core.models import StoredFile
from guanxi.core.ui.formats import is_chinese
from guanxi.records.addresses import LABELS, PARTS, territories
from guanxi.records.display import Shown
from guanxi.records.registry import Field

CURRENCIES = (
    "CNY",
    "EUR",
    "USD",
    "GBP",
    "JPY",
    "HKD",
    "TWD",
    "SGD",
    "KRW",
    "CHF",
    "AUD",
    "CAD",
    "SEK",
    "DKK",
    "INR",
    "THB",
    "VND",
)
LANGUAGES = ("zh-hans", "en", "de", "fr", "es", "it", "ja", "ko")


@dataclass
class Input:
    """One input as a template draws it. `access` is write, read or masked; `control` names the macro of the kit; rules may hide it (`watched`)."""

    name: str
    label: str
    control: str
    value: Any = ""
    access: str = "write"
    required: bool = False
    wide: bool = False
    help: str = ""
    choices: list[tuple[str, str]] = field(default_factory=list)
    selected: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    unit: str = ""
    create: bool = False
    max_length: int | None = None
    shown: Shown | None = None
    errors: list[str] = field(default_factory=list)
    watched: bool = False
    hidden: bool = False
    parts: list["Input"] = field(default_factory=list)
    several: bool = False


@dataclass
class FormSection:
    """A titled group of inputs."""

    label: str
    inputs: list[Input]


def address_inputs(item: Field, value: Any) -> list[Input]:
    """The inputs of an address: of its street, its city …"""
    parts = value if isinstance(value, Mapping) else {}
    made = []
    for part, most in PARTS.items():
        one = Input(f"{item.name}.{part}", str(LABELS[part]), "text", str(parts.get(part) or ""), max_length=most)
        if part == "country":
            one.control, one.choices = "select", special_choices(Field("country", kind="text", max_length=2))
            if one.value and one.value not in dict(one.choices):
                one.choices.append((one.value, one.value))
        one.wide = part == "street"
        made.append(one)
    return made


def special_choices(item: Field) -> list[tuple[str, str]]:
    """Choices of well-known text columns: currencies, countries, languages."""
    if item.name.endswith("currency") and item.max_length == 3:
        return [(code, code) for code in CURRENCIES]
    language = "zh_Hans" if is_chinese() else "en"
    if item.name == "country" and item.max_length == 2:
        return sorted(territories(language).items(), key=lambda pair: pair[1])
    if item.name == "language":
        locale = Locale.parse(language)
        return [(code, locale.languages.get(code.split("-")[0], code)) for code in LANGUAGES]
    return []


def held_files(value: Any) -> list[tuple[str, str]]:
    """Key and name of files that a form holds: as a record has them, or as keys that were sent."""
    known = {str(one["id"]): str(one["name"]) for one in value or () if isinstance(one, Mapping) and "name" in one}
    keys = [str(one) for one in value or () if isinstance(one, str) and is_key(one)]
    if keys:
        rows = StoredFile.objects.filter(id__in=keys).values_list("id", "name")
        known |= {str(key): name for key, name in rows}
    return list(known.items())


def is_key(value: Any) -> bool:
    """Whether a value reads as the key of a record."""
    text = str(value or "").replace("-", "")
    return len(text) == 32 and all(sign in "0123456789abcdefABCDEF" for sign in text)
