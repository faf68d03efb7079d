"""The formula under the cursor: checked and calculated for a real record while it is typed."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from guanxi.core.errors import NotFound
from guanxi.identity.permissions import require_admin
from guanxi.records.custom import DERIVED, custom_fields_of_all
from guanxi.records.derived.definitions import RESULTS, related_links
from guanxi.records.derived.graph import FUNCTIONS
from guanxi.records.derived.preview import Preview, function_names, preview
from guanxi.records.display import Painter
from guanxi.records.formulas.checking import type_label
from guanxi.records.models import CustomField
from guanxi.records.own_fields import objects_with_fields
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of

_SHOWN_AS = {"number": "number", "text": "text", "date": "date", "moment": "datetime", "bool": "bool"}


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """The state of the formula in the field named `part` (formula, value or where) of the form."""
    actor = actor_of(request)
    require_admin(actor)
    kind = next((one for one in objects_with_fields(actor) if one.name == request.POST.get("object")), None)
    part = request.GET.get("part", "formula")
    if kind is None or part not in ("formula", "value", "where"):
        raise NotFound(_("There is no such page."))
    if part != "formula":
        found = related_links(kind.name, custom_fields_of_all()).get(request.POST.get("of", ""))
        kind = found[0] if found else kind
    result = {"formula": request.GET.get("result") or request.POST.get("result", ""), "where": "bool"}.get(part, "")
    text = request.POST.get(part, "")
    if not text.strip():
        return HttpResponse("")
    found_state = preview(actor, kind, text, result)
    context = {"state": found_state, "shown": _shown(request, kind, found_state, result), "kind": kind}
    context["type"] = type_label(found_state.type) if found_state.type else ""
    return fragment(request, "records/_formula_state.html.jinja", context)


def _shown(request: HttpRequest, kind: ObjectType, state: Preview, result: str) -> object:
    item = Field("formula", kind=result or _SHOWN_AS.get(state.type, "text"))
    return Painter(actor_of(request), kind).show(item, state.value, {})


def calculation(kind: ObjectType, row: CustomField, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a derived field shows beside that of any field."""
    own = custom_fields_of_all()
    labels = result_labels()
    related = [(name, f"{of.label_plural}: {link.label}") for name, (of, link) in related_links(kind.name, own).items()]
    return {
        "results": list(labels.items()),
        "result_label": labels.get(values.get("result", ""), ""),
        "related": related,
        "functions": list(function_labels().items()),
        "rollup": values.get("rollup") or {},
        "function_names": function_names(),
        "field_names": sorted([*kind.by_name, *own.get(kind.name, {})]),
    }


def posted_calculation(request: HttpRequest, row: CustomField) -> dict[str, Any]:
    """Formula or roll-up as the form holds it."""
    if row.kind == "formula":
        return {"formula": request.POST.get("formula", "")}
    return {"rollup": {name: request.POST.get(name, "") for name in ("of", "function", "value", "where")}}


def calculation_state(row: CustomField) -> dict[str, Any]:
    """Formula or roll-up as a form shows it, for a clash."""
    if row.kind not in DERIVED:
        return {}
    return (
        {"formula": row.options.get("formula", "")} if row.kind == "formula" else dict(row.options.get("rollup") or {})
    )


def calculation_words() -> dict[str, str]:
    """How the parts of a calculation are called."""
    return {
        "formula": _("Formula"), "of": _("Records that are summed up"), "function": _("How"), "value": _("What is summed up"),
        "where": _("Only records for which"),
    }  # fmt: skip


def result_labels() -> dict[str, str]:
    """What derived fields may hold, in words."""
    words = {
        "number": pgettext("kind of a field", "Number"), "money": _("Money"), "percent": _("Percent"), "date": _("Date"),
        "text": pgettext("kind of a field", "Text"), "datetime": _("Date and time"), "bool": _("Yes or no"),
    }  # fmt: skip
    return {name: words[name] for name in RESULTS}


def function_labels() -> dict[str, str]:
    """Ways of summing up, in words."""
    words = {
        "count": _("Count"), "sum": _("Sum"), "average": _("Average"), "min": _("Smallest or first"), "max": _("Largest or last"),
    }  # fmt: skip
    return {name: words[name] for name in FUNCTIONS}
