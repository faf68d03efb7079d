"""What an import has to do, read once: object, rules, policies, and who does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.codes import reserve_codes
from guanxi.core.errors import NotFound
from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access, require
from guanxi.records import registry
from guanxi.records.custom import custom_fields, numbered_fields
from guanxi.records.imports.cells import Cleaner
from guanxi.records.imports.forms import Form
from guanxi.records.imports.links import Links
from guanxi.records.imports.rules import Rule, required_fields, rules_of
from guanxi.records.models import Import
from guanxi.records.registry import Field, ObjectType

POLICIES = ("skip", "fill", "update", "create")
FAST_CHUNK, SLOW_CHUNK = 5_000, 1_000
# Up to here the search finds the records at once; beyond, a job follows.
FOLLOWED_AT_ONCE = 5_000


class CodePool:
    """Codes taken ahead, in transactions of their own: the counter is not held while a chunk is stored."""

    def __init__(self, name: str, pattern: str, *, dry: bool) -> None:
        self._name, self._pattern = name, pattern
        self._dry = dry
        self._codes: list[str] = []
        self._lock = Lock()

    def ensure(self, count: int) -> None:
        """Have so many at hand."""
        if self._dry or not self._pattern:
            return
        with self._lock:
            missing = count - len(self._codes)
            if missing > 0:
                self._codes += reserve_codes(self._name, self._pattern, missing)

    def take(self, count: int) -> list[str]:
        """The next codes. Of a dry run such as no pattern makes, so that nobody waits for the counter."""
        if self._dry:
            return [f"~{new_id().hex}" for _number in range(count)] if self._pattern else [""] * count
        if not self._pattern:
            return [""] * count
        self.ensure(count)
        with self._lock:
            taken, self._codes = self._codes[:count], self._codes[count:]
        return taken


@dataclass
class Order:
    """One import as it is carried out."""

    actor: Actor
    kind: ObjectType
    row: Import
    rules: list[Rule]
    form: Form
    key: str
    policy: str
    tag: str
    dry: bool
    cleaner: Cleaner
    links: Links
    own: dict[str, Field]
    defaults: dict[str, Any]
    needed: list[Field]
    codes: CodePool
    numbers: Mapping[str, CodePool]
    by: dict[str, Rule] = field(default_factory=dict)

    @property
    def at_once(self) -> bool:
        """Whether search entries are written with the records."""
        return self.row.total <= FOLLOWED_AT_ONCE

    @property
    def in_order(self) -> bool:
        """Whether one chunk must be stored before the next is looked at: references to what the file itself holds, or makes."""
        linked = [item for item in self.cleaner.fields.values() if item.kind == "link"]
        return any(item.to == self.kind.name or self.by[item.name].make for item in linked)


def read_order(actor: Actor, row: Import) -> Order:
    """The order of an import; inside the tenant's transaction. Raises `NotAllowed`, `NotFound`, `Invalid`."""
    kind = importable(row.object)
    require(actor, kind.name, "import")
    actor = actor.through("import").within(row.id)
    rules, form, options = rules_of(row.mapping), Form.of(row.options.get("form")), row.options
    own = custom_fields(kind.name)
    written = [item for item in own.values() if field_access(actor, kind.name, item.name) == "write"]
    return Order(
        actor=actor,
        kind=kind,
        row=row,
        rules=rules,
        form=form,
        key=str(options.get("key", "")),
        policy=str(options.get("policy", "create")),
        tag=str(options.get("tag", "")),
        dry=bool(options.get("dry")),
        cleaner=Cleaner(actor, kind, rules, form),
        links=Links(actor),
        own=own,
        defaults={item.name: item.default for item in written if item.default not in (None, "", [])},
        needed=required_fields(actor, kind),
        codes=CodePool(kind.name, kind.code_pattern, dry=bool(options.get("dry"))),
        numbers={
            item.name: CodePool(item.key, item.pattern, dry=bool(options.get("dry")))
            for item in numbered_fields(kind.name)
        },
        by={rule.field: rule for rule in rules},
    )


def importable(name: str) -> ObjectType:
    """The object of this name, if files may be imported into it. Raises `NotFound`."""
    kind = next((item for item in registry.objects() if item.name == name), None)
    if kind is None or not kind.importable:
        raise NotFound(_("Records of this kind cannot be imported."))
    return kind


def chunk_size(kind: ObjectType) -> int:
    """How many rows one transaction takes."""
    return FAST_CHUNK if kind.bulk else SLOW_CHUNK


def listed(value: Any) -> Sequence[str]:
    """Tags as a list."""
    return value if isinstance(value, list) else []
