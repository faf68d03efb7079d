"""What an administrator writes of a derived field: checked against the objects and against all other derived fields."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict
from guanxi.records import registry
from guanxi.records.custom import as_field, custom_fields_of_all
from guanxi.records.definitions import Errors
from guanxi.records.derived.graph import (
    FUNCTIONS,
    Circle,
    Derived,
    Own,
    circle_text,
    derived_of,
    ordered,
    read_graph,
)
from guanxi.records.formulas.checking import TYPE_OF, check
from guanxi.records.formulas.syntax import LONGEST, FormulaError
from guanxi.records.models import CustomField
from guanxi.records.registry import Field

# What a derived field can hold: kinds of fields.
RESULTS = ("number", "money", "percent", "text", "date", "datetime", "bool")
_ROLLUP_PARTS = ("of", "function", "value", "where")


def set_derived(row: CustomField, values: Mapping[str, Any], errors: Errors) -> None:
    """Put formula or roll-up of `values` into the row; its result never changes. What is wrong goes into `errors`."""
    options = {name: value for name, value in row.options.items() if name not in ("required", "default")}
    if "result" not in options:
        if values.get("result") not in RESULTS:
            errors["result"] = [_("Choose what the field holds.")]
            return
        options["result"] = values["result"]
    if row.kind == "formula" and ("formula" in values or "formula" not in options):
        options["formula"] = str(values.get("formula") or "").strip()
    if row.kind == "rollup" and ("rollup" in values or "rollup" not in options):
        given = values.get("rollup")
        given = given if isinstance(given, Mapping) else {}
        options["rollup"] = {name: str(given.get(name) or "").strip()[: LONGEST + 1] for name in _ROLLUP_PARTS}
    row.options = options
    own = custom_fields_of_all()
    if row.kind == "formula":
        _check(row.object, options["formula"], own, TYPE_OF[options["result"]], "formula", errors)
    else:
        _check_rollup(row, own, errors)
    if not errors:
        _check_circle(row, own, errors)


def error_text(problem: FormulaError) -> str:
    """A problem with its place."""
    return _("%(text)s (character %(place)d)") % {"text": problem.text, "place": problem.start + 1}


def _check(object_name: str, text: str, own: Own, wanted: str, name: str, errors: Errors) -> str:
    """The type of a formula; what is wrong goes into `errors`."""
    try:
        return check(registry.get(object_name), text, own, wanted=wanted).type
    except FormulaError as problem:
        errors.setdefault(name, []).append(error_text(problem))
        return ""


def _check_rollup(row: CustomField, own: Own, errors: Errors) -> None:
    options = row.options["rollup"]
    found = related_links(row.object, own).get(options["of"])
    if found is None:
        errors["of"] = [_("Choose which records are summed up.")]
    if options["function"] not in FUNCTIONS:
        errors["function"] = [_("Choose how they are summed up.")]
    if errors:
        return
    child, type = options["of"].partition(".")[0], TYPE_OF[row.options["result"]]
    if options["where"]:
        _check(child, options["where"], own, "bool", "where", errors)
    if options["function"] == "count":
        if type != "number":
            errors["result"] = [_("A count is a number.")]
        options["value"] = ""
        return
    wanted = "number" if options["function"] in ("sum", "average") else type
    if type != wanted:
        errors["result"] = [_("A sum or an average is a number.")]
    elif type == "bool":
        errors["result"] = [_("The smallest and the largest of yes and no say nothing: count instead.")]
    else:
        _check(child, options["value"], own, wanted, "value", errors)


def _check_circle(row: CustomField, own: Own, errors: Errors) -> None:
    whole = {name: dict(fields) for name, fields in own.items()}
    whole.setdefault(row.object, {})[row.name] = as_field(row)
    others = [one for one in read_graph().order if one.key != (row.object, row.name)]
    try:
        ordered([*others, derived_of(row, whole)])
    except Circle as circle:
        errors["formula" if row.kind == "formula" else "value"] = [circle_text(circle)]
    except FormulaError as problem:
        errors["formula" if row.kind == "formula" else "value"] = [error_text(problem)]


def related_links(parent: str, own: Own) -> dict[str, tuple[Any, Field]]:
    """Links of all objects that lead to `parent`, own ones included: "opportunity.account" → (object, field)."""
    found = {}
    for kind in registry.objects():
        for item in (*kind.fields, *own.get(kind.name, {}).values()):
            if item.kind == "link" and item.to == parent:
                found[f"{kind.name}.{item.name}"] = (kind, item)
    return found


def needing(object_name: str, name: str) -> list[Derived]:
    """Derived fields that follow from a field."""
    wanted = (object_name, name)
    return [one for one in read_graph().order if wanted in {(given.object, given.field) for given in one.inputs()}]


def refuse_needed(row: CustomField) -> None:
    """Raise `Conflict` when derived fields follow from this field: it cannot be removed."""
    found = needing(row.object, row.name)
    if found:
        names = ", ".join(f"{one.object}.{one.name}" for one in found)
        raise Conflict(
            _("Other fields follow from this one: %(fields)s. Change or remove them first.") % {"fields": names}
        )


def refuse_unfit(row: CustomField) -> None:
    """Raise `Conflict` when a removed derived field fits the objects no more: it cannot come back."""
    try:
        one = derived_of(row, custom_fields_of_all())
        ordered([*read_graph().order, one])
    except FormulaError as problem:
        raise Conflict(error_text(problem)) from None
    except Circle as circle:
        raise Conflict(circle_text(circle)) from None
    except KeyError:
        raise Conflict(_("What the field sums up does not exist any more.")) from None
