"""Forms made from the registry: which inputs an actor gets for an object's fields, and what a sent form means."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records.addresses import PARTS
from guanxi.records.custom import HELD, custom_fields, typed
from guanxi.records.display import Painter, Shown, labels_of, object_or_none
from guanxi.records.inputs import FormSection, Input, address_inputs, held_files, is_key, special_choices
from guanxi.records.layouts.reading import Arrangement, arrangement_of
from guanxi.records.models import Tag
from guanxi.records.registry import Field, ObjectType

MANY = ("tags", "multichoice", HELD)
# Before the name of a field in the name of its input for new files.
UPLOAD = "upload-"
ADDRESS = "address"
SENT = "_fields"


def form_sections(
    actor: Actor,
    kind: ObjectType,
    *,
    record: Any = None,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> list[FormSection]:
    """The whole form of an object: of `record`, with `values` (as sent or preset) laid over it, and messages."""
    maker = InputMaker(actor, kind, record, values or {}, errors or {})
    arranged = arrangement_of(actor, kind)
    if arranged is not None:
        return _arranged(maker, arranged)
    sections = []
    placed: set[str] = set()
    for section in kind.sections:
        fields = [kind.by_name[name] for name in section.fields if name not in placed]
        placed |= set(section.fields)
        sections.append(FormSection(str(section.label), maker.inputs(fields)))
    rest = [item for item in kind.fields if item.name not in placed and (not kind.sections or item.required)]
    if rest:
        made = maker.inputs(rest)
        if sections:
            sections[0].inputs.extend(made)
        else:
            sections.append(FormSection("", made))
    custom = list(custom_fields(kind.name).values())
    if custom:
        sections.append(FormSection(_("Further fields"), maker.inputs(custom)))
    return [section for section in sections if section.inputs]


def _arranged(maker: "InputMaker", arranged: Arrangement) -> list[FormSection]:
    """The sections of a layout, tab by tab; what must be filled in stands there in any case."""
    known = {**maker.kind.by_name, **custom_fields(maker.kind.name)}
    several = len(arranged.tabs) > 1
    sections = [
        FormSection(
            " · ".join(filter(None, (str(tab.label) if several else "", str(one.label)))),
            maker.inputs([known[name] for name in one.fields]),
        )
        for tab in arranged.tabs
        for one in tab.sections
    ]
    placed = {made.name for section in sections for made in section.inputs}
    rest = [item for name, item in known.items() if item.required and item.writable and name not in placed]
    if rest and sections:
        sections[0].inputs = [*maker.inputs(rest), *sections[0].inputs]
    return [section for section in sections if section.inputs]


def quick_sections(actor: Actor, kind: ObjectType, sections: list[FormSection]) -> list[FormSection] | None:
    """Of a form's sections what a quick entry shows: the fields that the layout names, and what must be filled in; None for all."""
    arranged = arrangement_of(actor, kind)
    if arranged is None or not arranged.quick:
        return None
    inputs = {made.name: made for section in sections for made in section.inputs}
    wanted = dict.fromkeys([*arranged.quick, *(name for name, made in inputs.items() if made.required or made.errors)])
    return [FormSection("", [inputs[name] for name in wanted if name in inputs])]


def single_input(
    actor: Actor,
    kind: ObjectType,
    item: Field,
    *,
    record: Any = None,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> Input | None:
    """The input of one field, or None when the actor may not see it or it cannot be written."""
    made = InputMaker(actor, kind, record, values or {}, errors or {}).inputs([item])
    return made[0] if made else None


def own_inputs(
    actor: Actor, kind: ObjectType, values: QueryDict | None = None, errors: Mapping[str, Sequence[str]] | None = None
) -> list[Input]:
    """The inputs of the tenant's own fields, for a room's own dialog; `values` is the form as sent."""
    fields = list(custom_fields(kind.name).values())
    sent = read_form(kind, values, fields) if values is not None and fields else {}
    return InputMaker(actor, kind, None, sent, errors or {}).inputs(fields)


def own_values(actor: Actor, kind: ObjectType, data: QueryDict) -> dict[str, Any]:
    """What a room's own dialog says of the tenant's own fields: those sent that the actor may write, empty ones left out."""
    own = [item for item in editable_fields(actor, kind) if item.custom]
    sent = read_form(kind, data, own)
    return {
        item.name: sent[item.name]
        for item in own
        if item.name in sent and (item.required or sent[item.name] not in ("", []))
    }


def param_inputs(
    actor: Actor,
    kind: ObjectType,
    params: Sequence[Field],
    values: Mapping[str, Any],
    errors: Mapping[str, Sequence[str]],
) -> list[Input]:
    """The inputs of a command's parameters."""
    maker = InputMaker(actor, kind, None, values, errors, guarded=False)
    return maker.inputs(params)


def read_form(kind: ObjectType, data: QueryDict, fields: Iterable[Field]) -> dict[str, Any]:
    """Values of those of `fields` that the form had, still as text; an unticked box is False, an empty list []."""
    names = set(data.get(SENT, "").split(",")) if SENT in data else set(data)
    values: dict[str, Any] = {}
    for item in fields:
        if item.kind == ADDRESS and (item.name in names or any(f"{item.name}.{part}" in names for part in PARTS)):
            values[item.name] = _sent_address(item, data)
        if item.name not in names or item.kind == ADDRESS:
            continue
        if item.kind in MANY:
            values[item.name] = [one for one in data.getlist(item.name) if one.strip()]
        elif item.kind == "bool":
            values[item.name] = data.get(item.name) in ("1", "true", "on")
        else:
            values[item.name] = data.get(item.name, "")
    return values


def _sent_address(item: Field, data: QueryDict) -> Any:
    """The parts that were filled in, "" for none; or the whole as one text, as a clash keeps it."""
    if item.name in data:
        return data.get(item.name, "")
    parts = {part: text for part in PARTS if (text := data.get(f"{item.name}.{part}", "").strip())}
    return parts or ""


def editable_fields(actor: Actor, kind: ObjectType) -> list[Field]:
    """Fields that this actor may write through a form, the tenant's own fields included."""
    known = [*kind.fields, *custom_fields(kind.name).values()]
    return [item for item in known if item.writable and field_access(actor, kind.name, item.name) == "write"]


class InputMaker:
    """Makes inputs of one object for one actor."""

    def __init__(
        self,
        actor: Actor,
        kind: ObjectType,
        record: Any,
        values: Mapping[str, Any],
        errors: Mapping[str, Sequence[str]],
        *,
        guarded: bool = True,
    ) -> None:
        self.actor, self.kind, self.record = actor, kind, record
        self.values, self.errors, self.guarded = values, errors, guarded
        self.painter = Painter(actor, kind)

    def inputs(self, fields: Sequence[Field]) -> list[Input]:
        """Inputs of those fields that the actor may see and a form can write."""
        seen = [
            item for item in fields if item.writable and item.kind not in ("uuid",) and self._access(item) != "hidden"
        ]
        current = {item.name: self._value(item) for item in seen}
        # An unreadable link (as sent) gets no label; its message stands beside the field.
        links = {name: value for name, value in current.items() if is_key(value)}
        labels = labels_of(self.actor, self.kind, seen, links) if self.guarded else {}
        return [self._input(item, current[item.name], labels) for item in seen]

    def _access(self, item: Field) -> str:
        return field_access(self.actor, self.kind.name, item.name) if self.guarded else "write"

    def _value(self, item: Field) -> Any:
        if item.name in self.values:
            return self.values[item.name]
        if self.record is None:
            return self._default(item)
        if item.custom:
            return self.record.custom.get(item.name)
        return getattr(self.record, f"{item.column}_id" if item.kind == "link" else item.column)

    def _default(self, item: Field) -> Any:
        if not self.guarded:
            return None
        if item.custom or item.default is not None:
            return item.default
        if item.name == "owner":
            return self.actor.member_id
        if item.name == "team":
            return self.actor.team_id
        source: Any = self.kind.model._meta.get_field(item.column)
        if item.name == "currency":
            return self.actor.currency
        return source.get_default() if source.has_default() else None

    def _input(self, item: Field, value: Any, labels: Mapping[tuple[str, Any], str]) -> Input:
        access = self._access(item)
        made = Input(
            name=item.name,
            label=str(item.label),
            control=_CONTROL.get(item.kind, "text"),
            access=access,
            required=bool(item.required),
            help=str(item.help or ""),
            wide=item.kind in ("longtext", "tags", "json", ADDRESS, HELD) or item.name == "subject",
            max_length=item.max_length,
            errors=list(self.errors.get(item.name, ())),
        )
        if access != "write":
            made.shown = self._shown(item, value, labels)
            return made
        self._fill(made, item, value, labels)
        return made

    def _shown(self, item: Field, value: Any, labels: Mapping[tuple[str, Any], str]) -> Shown:
        if item.kind == "link" and value:
            value = {
                "id": value,
                "label": next((text for (name, _key), text in labels.items() if name == item.name), ""),
            }
        return self.painter.show(item, value, {})

    def _fill(self, made: Input, item: Field, value: Any, labels: Mapping[tuple[str, Any], str]) -> None:
        if item.kind == "link":
            self._fill_link(made, item, value, labels)
        elif item.kind in ("choice", "multichoice"):
            made.choices = [(key, str(choice.label)) for key, choice in self.painter.choices(item).items()]
            made.value = [str(one) for one in value or []] if item.kind == "multichoice" else str(value or "")
        elif item.kind == "tags":
            made.selected = [(str(one), str(one)) for one in value or []]
            made.url, made.create = f"/lookup/tags/?field={item.name}", True
        elif item.kind == "bool":
            made.value = bool(value)
        elif item.kind == ADDRESS:
            made.parts = address_inputs(item, value)
        elif item.kind == HELD:
            made.selected, made.several = held_files(value), item.max_value != 1
        elif made.control == "text" and special_choices(item):
            made.control, made.choices, made.value = "select", special_choices(item), str(value or "")
            if made.value and made.value not in dict(made.choices):
                made.choices.append((made.value, made.value))
        else:
            made.value = _text_of(item, value)
            made.unit = self._unit(item)

    def _fill_link(self, made: Input, item: Field, value: Any, labels: Mapping[tuple[str, Any], str]) -> None:
        if item.choices_of is not None:
            made.control, made.value = "select", str(value or "")
            made.choices = [(choice.value, str(choice.label)) for choice in item.choices_of()]
            return
        if item.to in ("user", "team") or object_or_none(item.to):
            made.url = f"/lookup/{item.to}/"
            if value:
                label = next(
                    (text for (name, key), text in labels.items() if name == item.name and str(key) == str(value)), ""
                )
                made.selected = [(str(value), label or str(value))]
            return
        related: Any = self.kind.model._meta.get_field(item.column).related_model
        made.control = "select"
        made.choices = [(str(row.id), str(row)) for row in related.objects.all()[:300]]
        made.value = str(value or "")

    def _unit(self, item: Field) -> str:
        if item.kind == "percent":
            return "%"
        if item.kind != "money":
            return ""
        currency = self.values.get(item.currency) or (
            getattr(self.record, item.currency, "") if self.record and item.currency else ""
        )
        return str(currency or self.actor.currency)


def tag_names(text: str, limit: int = 30) -> list[str]:
    """Tags of the tenant that begin with or contain `text`."""
    found = Tag.objects.filter(name__icontains=text) if text else Tag.objects.all()
    return list(found.order_by("name").values_list("name", flat=True)[:limit])


def _text_of(item: Field, value: Any) -> Any:
    if value is None:
        return ""
    if item.kind == "datetime" and item.custom and isinstance(value, str) and value.endswith("Z"):
        value = typed(item, value)
    if item.kind == "datetime" and isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M")
    if item.kind == "money" and not isinstance(value, str):
        return format(value.normalize(), "f") if value else "0"
    return value


_CONTROL = {
    "longtext": "textarea", "integer": "number", "number": "number", "percent": "number", "money": "money", "date": "date",
    "datetime": "datetime", "bool": "checkbox", "choice": "select", "multichoice": "multiselect", "link": "combobox",
    "email": "email", "phone": "tel", "url": "url", "tags": "tags", "json": "none", ADDRESS: ADDRESS, HELD: "file",
}  # fmt: skip
