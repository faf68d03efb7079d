"""Sharing rules."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.identity.actor import Actor
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import KEY, OBJECT, TEXT, WHOLE, YES_NO, key_in, one_of, or_null, words
from guanxi.records.sharing.reading import get_rule, principal_of_rule, principals_by_id, sharing_rules
from guanxi.records.sharing.rules import delete_rule, save_rule

_PRINCIPAL = {
    "type": "object",
    "required": ["kind", "id"],
    "additionalProperties": False,
    "properties": {"kind": one_of("member", "team", "branch"), "id": KEY},
}
_READ_PRINCIPAL = {"type": "object", "properties": {"kind": TEXT, "id": KEY, "label": TEXT}}


def _row(rule: Any) -> Row:
    to = principal_of_rule(rule, principals_by_id())
    return {
        "id": str(rule.id),
        "version": rule.version,
        "name": rule.name,
        "object": rule.object,
        "criteria": rule.criteria,
        "open_to": {"kind": to.kind, "id": str(rule.principal_id), "label": to.label},
        "may_edit": rule.may_edit,
        "is_active": rule.is_active,
        "state": rule.state if rule.is_active else "off",
        "matched": rule.matched,
    }


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    return [_row(rule) for rule in sharing_rules(actor)]


def _given(values: Values) -> dict[str, Any]:
    known = {name: values[name] for name in ("name", "object", "criteria", "may_edit", "is_active") if name in values}
    if "open_to" in values:
        to = values["open_to"]
        known |= {"principal_kind": to["kind"], "principal_id": key_in(to, "id")}
    return known


def _make(actor: Actor, values: Values) -> tuple[UUID, Row]:
    return save_rule(actor, _given(values)).id, {}


def _change(actor: Actor, key: UUID, values: Values, version: int | None) -> None:
    save_rule(actor, _given(values), rule_id=key, version=version)


SHARING_RULES = Resource(
    name="sharing-rules",
    schema="SharingRule",
    label=gettext_lazy("Sharing rules"),
    versioned=True,
    rows=_rows,
    get=lambda actor, key: _row(get_rule(actor, key)),
    read={
        "version": WHOLE, "name": TEXT, "object": TEXT, "criteria": OBJECT, "open_to": _READ_PRINCIPAL, "may_edit": YES_NO,
        "is_active": YES_NO, "state": one_of("waiting", "stored", "inline", "off"), "matched": or_null(WHOLE),
    },
    write={
        "name": words(120), "object": words(60), "criteria": OBJECT, "open_to": _PRINCIPAL, "may_edit": YES_NO,
        "is_active": YES_NO,
    },
    required=("name", "object", "criteria", "open_to"),
    create=_make,
    update=_change,
    delete=lambda actor, key, version: delete_rule(actor, key, version=version),
)  # fmt: skip
