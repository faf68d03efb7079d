"""A company's own KPI as arithmetic over other KPIs: `(margin - contacts * cost_per_contact) / revenue * 100`."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.records.formulas.syntax import Call, FormulaError, Literal, Name, Node, parse

_SIGNS = ("+", "-", "*", "/")


def uses(text: str, known: Mapping[str, object]) -> list[str]:
    """The KPIs that a formula names, each once. Raises `Invalid` for what is no such formula."""
    try:
        found: list[str] = []
        _collect(parse(text), known, found)
    except FormulaError as problem:
        raise Invalid({"formula": [problem.text]}) from None
    if not found:
        raise Invalid({"formula": [_("Name at least one KPI.")]})
    return list(dict.fromkeys(found))


def value_of(text: str, values: Mapping[str, float | None]) -> float | None:
    """The formula with the values of a period; None where one is missing or a divisor is 0."""
    return _value(parse(text), values)


def _collect(node: Node, known: Mapping[str, object], found: list[str]) -> None:
    if isinstance(node, Name):
        key = ".".join(node.path)
        if key not in known:
            raise FormulaError(_("There is no KPI “%(key)s”.") % {"key": key}, node.start, node.end)
        found.append(key)
    elif isinstance(node, Call):
        if node.name not in (*_SIGNS, "negative"):
            raise FormulaError(_("Only + − × ÷ and brackets have a meaning here."), node.start, node.end)
        for inner in node.given:
            _collect(inner, known, found)
    elif not isinstance(node.value, Decimal):
        raise FormulaError(_("Only numbers and KPIs have a meaning here."), node.start, node.end)


def _value(node: Node, values: Mapping[str, float | None]) -> float | None:
    if isinstance(node, Literal):
        return float(node.value) if isinstance(node.value, Decimal) else None
    if isinstance(node, Name):
        return values.get(".".join(node.path))
    given = [_value(inner, values) for inner in node.given]
    if any(one is None for one in given):
        return None
    left, right = given[0] or 0.0, (given[-1] or 0.0)
    if node.name == "negative":
        return -left
    if node.name == "/":
        return left / right if right else None
    return left + right if node.name == "+" else left - right if node.name == "-" else left * right
