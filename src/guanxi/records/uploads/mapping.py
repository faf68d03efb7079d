"""From columns of a file to fields of an object: a guess by name in both languages, values as fields take them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.records.display import object_or_none
from guanxi.records.forms import editable_fields
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import Wrong, clean_value

LANGUAGES = ("en", "zh-hans")
_DAY = re.compile(r"^(\d{4})\s*[./年-]\s*(\d{1,2})\s*[./月-]\s*(\d{1,2})\s*日?$")
OTHER_NAMES = {
    "name": (
        "company",
        "company name",
        "customer",
        "customer name",
        "full name",
        "公司",
        "公司名称",
        "客户",
        "客户名称",
        "单位",
        "名称",
        "姓名",
    ),
    "email": ("mail", "e mail", "email address", "邮箱", "电子邮箱", "电子邮件"),
    "phone": ("telephone", "tel", "phone number", "电话", "联系电话", "座机"),
    "mobile": ("mobile phone", "cell", "手机", "手机号", "手机号码"),
    "wechat": ("weixin", "微信", "微信号"),
    "owner": ("responsible", "负责人", "所有者", "销售"),
    "account": ("company", "公司", "客户", "所属客户", "单位"),
    "city": ("城市", "所在城市"),
    "website": ("web", "url", "homepage", "网址", "网站"),
    "industry": ("行业",),
    "tags": ("标签", "labels"),
}


@dataclass(frozen=True)
class RowPreview:
    """One row as it would be stored: values as text by field, and problems by field."""

    cells: list[tuple[str, str, str]] = field(default_factory=list)


class Links:
    """Finds the records that cells name, by name, code or e-mail; each text is looked up once."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._known: dict[tuple[str, str], list[UUID]] = {}

    def learn(self, item: Field, texts: Iterable[str]) -> None:
        """Look many texts up in one query."""
        wanted = {text for text in texts if text and (item.to, text.casefold()) not in self._known}
        for text in wanted:
            self._known[(item.to, text.casefold())] = []
        for key, name in self._find(item, sorted(wanted)) if wanted else ():
            found = self._known.setdefault((item.to, name.casefold()), [])
            if key not in found:
                found.append(key)

    def one(self, item: Field, text: str) -> UUID:
        """The record that `text` names. Raises `Wrong` when none or several have that name."""
        self.learn(item, [text])
        found = self._known[(item.to, text.casefold())]
        if len(found) == 1:
            return found[0]
        if found:
            raise Wrong(_("Several records are called “%(name)s”.") % {"name": text[:60]})
        raise Wrong(_("There is no record called “%(name)s”.") % {"name": text[:60]})

    def _find(self, item: Field, texts: Sequence[str]) -> list[tuple[UUID, str]]:
        if item.to == "user":
            rows = Membership.objects.filter(Q(name__in=texts) | Q(user__email__in=[text.lower() for text in texts]))
            return [
                pair
                for key, name, mail in rows.values_list("id", "name", "user__email")
                for pair in ((key, name), (key, mail))
            ]
        if item.to == "team":
            return list(Team.objects.filter(name__in=texts).values_list("id", "name"))
        kind = object_or_none(item.to)
        if kind is None:
            return []
        column = kind.by_name[kind.title].column
        rows = visible_records(self.actor, kind.name).filter(Q(**{f"{column}__in": texts}) | Q(code__in=texts))
        return [
            pair
            for key, name, code in rows.values_list("id", column, "code")
            for pair in ((key, name), (key, code))
            if pair[1]
        ]


def importable_fields(actor: Actor, kind: ObjectType) -> list[Field]:
    """Fields that a file may fill."""
    return [item for item in editable_fields(actor, kind) if item.kind not in ("json", "uuid")]


def guess_mapping(actor: Actor, kind: ObjectType, headers: Sequence[str]) -> dict[str, str]:
    """Column number → field name, for columns whose head names a field in either language; each field once."""
    names = _names_of(importable_fields(actor, kind))
    mapping: dict[str, str] = {}
    for number, header in enumerate(headers):
        guess = next((name for name in names.get(_key(header), ()) if name not in mapping.values()), None)
        if guess:
            mapping[str(number)] = guess
    return mapping


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


class RowReader:
    """Turns rows of text into values by a mapping."""

    def __init__(self, actor: Actor, kind: ObjectType, mapping: Mapping[str, str]) -> None:
        by_name = {item.name: item for item in importable_fields(actor, kind)}
        self.kind = kind
        self.columns = [(int(number), by_name[name]) for number, name in mapping.items() if name in by_name]
        self.links = Links(actor)
        self._choices: dict[str, dict[str, str]] = {}

    def learn(self, rows: Sequence[Sequence[str]]) -> None:
        """Look up all links that the rows name."""
        for number, item in self.columns:
            if item.kind == "link":
                self.links.learn(item, [row[number].strip() for row in rows if number < len(row)])

    def read(self, row: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """Values by field (empty cells left out), and problems by field."""
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for number, item in self.columns:
            text = row[number].strip() if number < len(row) else ""
            if not text:
                continue
            try:
                values[item.name] = self._value(item, text)
            except Wrong as wrong:
                problems[item.name] = str(wrong)
        return values, problems

    def _value(self, item: Field, text: str) -> Any:
        if item.kind == "link":
            value: Any = self.links.one(item, text)
        elif item.kind in ("choice", "multichoice"):
            parts = re.split(r"[,，;；、]", text) if item.kind == "multichoice" else [text]
            chosen = [self._choice(item, part.strip()) for part in parts if part.strip()]
            value = chosen if item.kind == "multichoice" else chosen[0]
        elif item.kind in ("date", "datetime"):
            match = _DAY.match(text)
            value = f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else text
        elif item.kind in ("money", "number", "integer"):
            value = text.lstrip("¥￥€$ ").strip()
        else:
            value = text
        source = None if item.custom else self.kind.model._meta.get_field(item.column)
        clean_value(item, value, source=source)  # type: ignore[arg-type]
        return value

    def _choice(self, item: Field, text: str) -> str:
        if item.name not in self._choices:
            known: dict[str, str] = {}
            for choice in item.choices_of() if item.choices_of else item.choices:
                known[choice.value.casefold()] = choice.value
                for language in LANGUAGES:
                    with override(language):
                        known[str(choice.label).casefold()] = choice.value
            self._choices[item.name] = known
        return self._choices[item.name].get(text.casefold(), text)


def required_fields(actor: Actor, kind: ObjectType) -> list[Field]:
    """Fields that a new record needs from a file; the tenant's own only when they have no default."""
    own = [item for item in importable_fields(actor, kind) if item.custom and item.default is None]
    return [item for item in (*kind.fields, *own) if item.required and item.writable]


def preview_rows(
    actor: Actor, kind: ObjectType, mapping: Mapping[str, str], rows: Sequence[Sequence[str]]
) -> list[RowPreview]:
    """The rows as they would be stored: (label, text, problem) for each mapped column and each missing required field."""
    reader = RowReader(actor, kind, mapping)
    reader.learn(rows)
    required = required_fields(actor, kind)
    previews = []
    for row in rows:
        values, problems = reader.read(row)
        cells = [
            (str(item.label), row[number] if number < len(row) else "", problems.get(item.name, ""))
            for number, item in reader.columns
        ]
        for item in required:
            if item.name not in values and item.name not in problems:
                cells.append((str(item.label), "", _("Fill in this field.")))
        previews.append(RowPreview(cells))
    return previews
