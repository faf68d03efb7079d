"""What becomes of a column: the field it fills, what is done to its texts before, and how columns map by themselves."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from dataclasses import field as defaulting
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records.custom import address_parts
from guanxi.records.forms import editable_fields
from guanxi.records.imports.names import OTHER_NAMES
from guanxi.records.models import Import
from guanxi.records.registry import Field, ObjectType

LANGUAGES = ("en", "zh-hans")
CASES = ("", "upper", "lower", "title")
PARTS = ("", "first", "rest", "last", "butlast")
MAX_RULES = 300
MAX_MAP = 500
KEYS_FIRST = ("code", "email", "sku", "phone", "name")
_SPACE = re.compile(r"\s+")
_HAN = re.compile(r"^[\u3400-\u9fff]+$")


@dataclass(frozen=True)
class Rule:
    """How one field is filled.

    column   number of the column, or -1: every row gets `default`
    case     upper, lower or title; `part` takes the first word, the rest, the last word or all but it (of a Chinese name:
             characters); `squeeze` makes one blank of many
    map      texts of the file → values, whatever their case
    default  for rows in which the cell is empty
    by       for references: the field by which they are named (default: name or code)
    make     for references: what is not there is made
    """

    field: str
    column: int = -1
    case: str = ""
    part: str = ""
    squeeze: bool = False
    map: Mapping[str, str] = defaulting(default_factory=dict)
    default: str = ""
    by: str = ""
    make: bool = False

    def transform(self) -> Callable[[str], str] | None:
        """What is done to a text, already without blanks around it; None when nothing is."""
        steps: list[Callable[[str], str]] = []
        if self.squeeze:
            steps.append(lambda text: _SPACE.sub(" ", text))
        if self.part:
            steps.append(lambda text: take_part(text, self.part))
        if self.case:
            steps.append({"upper": str.upper, "lower": str.lower, "title": str.title}[self.case])
        if self.map:
            known = {key.strip().casefold(): value for key, value in self.map.items()}
            steps.append(lambda text: known.get(text.casefold(), text))
        if self.default:
            steps.append(lambda text: text or self.default)
        if not steps:
            return None

        def apply(text: str) -> str:
            for step in steps:
                text = step(text)
            return text

        return apply

    def as_json(self) -> dict[str, Any]:
        """To be kept: what differs from the default."""
        base = asdict(Rule(self.field))
        return {name: value for name, value in asdict(self).items() if name == "field" or value != base[name]}


def take_part(text: str, part: str) -> str:
    """A part of a name: "Ada Maria Lovelace" → first Ada, rest Maria Lovelace, last Lovelace, butlast Ada Maria; 张三丰 → 张, 三丰."""
    words = list(text) if _HAN.match(text) else text.split()
    glue = "" if _HAN.match(text) else " "
    chosen = {"first": words[:1], "rest": words[1:], "last": words[-1:], "butlast": words[:-1]}[part]
    return glue.join(chosen)


def importable_fields(actor: Actor, kind: ObjectType) -> list[Field]:
    """Fields that a file may fill; the code too: of new records it is kept, and known records are found by it."""
    fields: list[Field] = []
    for item in editable_fields(actor, kind):
        # An address has a column for each of its parts.
        if item.kind == "address":
            fields += address_parts(item)
        elif item.kind not in ("json", "uuid", "file"):
            fields.append(item)
    code = kind.by_name.get("code")
    if code is not None and kind.code_pattern and field_access(actor, kind.name, "code") == "write":
        fields.append(code)
    return fields


def required_fields(actor: Actor, kind: ObjectType) -> list[Field]:
    """Fields that a new record needs from a file; the tenant's own only when they have no default."""
    own = [item for item in editable_fields(actor, kind) if item.custom and item.default is None]
    return [item for item in (*kind.fields, *own) if item.required and item.writable]


def guess_rules(actor: Actor, kind: ObjectType, headers: Sequence[str]) -> list[Rule]:
    """Rules for columns whose head names a field in either language; each field once."""
    names = _names_of(importable_fields(actor, kind))
    taken: dict[str, int] = {}
    for number, header in enumerate(headers):
        guess = next((name for name in names.get(_key(header), ()) if name not in taken), None)
        if guess:
            taken[guess] = number
    return [Rule(name, column) for name, column in taken.items()]


def remembered_rules(actor: Actor, kind: ObjectType, headers: Sequence[str]) -> list[Rule] | None:
    """The rules of the last import of this object with the same heads by this person, or by anybody; None without one."""
    rows = Import.objects.filter(object=kind.name, heads=heads_of(headers), finished_at__isnull=False)
    last = list(rows.order_by("-created_at")[:20])
    own = next((one for one in last if one.member_id == actor.member_id), None) or (last[0] if last else None)
    if own is None:
        return None
    permitted = {item.name for item in importable_fields(actor, kind)}
    return [rule for rule in rules_of(own.mapping) if rule.field in permitted] or None


def heads_of(headers: Sequence[str]) -> str:
    """What files with the same columns have in common."""
    return hashlib.sha256("\n".join(_key(header) for header in headers).encode("utf-8", "replace")).hexdigest()


def rules_of(kept: Any) -> list[Rule]:
    """Rules out of what was kept or sent. Raises `Invalid`."""
    if not isinstance(kept, list) or len(kept) > MAX_RULES:
        raise Invalid({"mapping": [_("A list of rules is expected.")]})
    return [_rule(item) for item in kept]


def _rule(item: Any) -> Rule:
    if not isinstance(item, dict) or not isinstance(item.get("field"), str):
        raise Invalid({"mapping": [_("Each rule names its field.")]})
    unknown = set(item) - set(Rule.__dataclass_fields__)
    if unknown:
        raise Invalid(
            {"mapping": [_("There is no such member: %(name)s") % {"name": sorted(map(str, unknown))[0][:60]}]}
        )
    values = dict(item)
    column, mapped = values.get("column", -1), values.get("map", {})
    fits = (
        type(column) is int
        and -1 <= column < 10_000
        and isinstance(mapped, dict)
        and len(mapped) <= MAX_MAP
        and all(isinstance(text, str) for pair in mapped.items() for text in pair)
        and all(isinstance(values.get(name, ""), str) for name in ("case", "part", "default", "by"))
        and all(isinstance(values.get(name, False), bool) for name in ("squeeze", "make"))
        and values.get("case", "") in CASES
        and values.get("part", "") in PARTS
    )
    if not fits:
        raise Invalid({"mapping": [_("The rule for “%(name)s” is not well formed.") % {"name": item["field"][:60]}]})
    return Rule(**values)


def check_rules(actor: Actor, kind: ObjectType, rules: Sequence[Rule], width: int, *, creates: bool) -> None:
    """Raise `Invalid` unless the rules can work on a file of `width` columns."""
    fields = {item.name: item for item in importable_fields(actor, kind)}
    names = [rule.field for rule in rules]
    unknown = [name for name in names if name not in fields]
    if unknown:
        raise Invalid({"mapping": [_("There is no such field: %(name)s") % {"name": unknown[0][:60]}]})
    if len(names) != len(set(names)):
        raise Invalid({"": [_("Two columns lead to the same field.")]})
    if any(rule.column >= width or (rule.column < 0 and not rule.default) for rule in rules):
        raise Invalid({"mapping": [_("A rule names a column that the file does not have.")]})
    filled = {*names, *(fields[name].stored_name for name in names)}
    missing = [str(item.label) for item in required_fields(actor, kind) if item.name not in filled]
    if missing and creates:
        raise Invalid({"": [_("A column for %(fields)s is missing.") % {"fields": ", ".join(missing)}]})


def key_fields(actor: Actor, kind: ObjectType, names: Iterable[str]) -> list[Field]:
    """Fields among `names` that may tell whether a row is known: those that name a record or reach it, likely ones first."""
    filled = set(names)
    known = importable_fields(actor, kind)
    fields = [item for item in known if item.name in filled and item.kind in _KEY_KINDS and not item.within]
    order = {name: number for number, name in enumerate(KEYS_FIRST)}
    return sorted(fields, key=lambda item: order.get(item.name, len(order)))


_KEY_KINDS = ("text", "email", "phone", "url", "integer")


def _names_of(fields: Sequence[Field]) -> dict[str, list[str]]:
    """Every name a head may have → field names, own names and labels before other names."""
    found: dict[str, list[str]] = {}
    for item in fields:
        found.setdefault(_key(item.name), []).append(item.name)
        for language in LANGUAGES:
            with override(language):
                found.setdefault(_key(str(item.label)), []).append(item.name)
    for item in fields:
        for other in OTHER_NAMES.get(item.name, ()):
            found.setdefault(_key(other), []).append(item.name)
    return found


def _key(text: str) -> str:
    return re.sub(r"[\s_\-*:：()（）]+", " ", text).strip().casefold()
