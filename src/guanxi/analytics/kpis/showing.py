"""A figure as people read it."""

from django.utils.translation import gettext as _

from guanxi.core.ui import formats


def shown(unit: str, value: float | None, currency: str, *, short: bool = False) -> str:
    """`¥1.2M`, `61.3 %`, `42 days`, `+18`: by the unit of the KPI."""
    if value is None:
        return formats.NOTHING
    if unit == "money":
        return (
            formats.money_short(value, currency, home=currency)
            if short
            else formats.money(round(value, 2), currency, home=currency, decimals=0)
        )
    if unit == "percent":
        return formats.percent(value, 1)
    if unit == "days":
        return _("%(count)s days") % {"count": formats.number(value, 0)}
    if unit == "points":
        return ("+" if value > 0 else "") + formats.number(value, 0)
    return formats.number(value, 0 if value == int(value) or abs(value) >= 100 else 1)


def change(unit: str, now: float | None, before: float | None) -> str:
    """How far a figure moved: points for rates, else percent."""
    if now is None or before is None:
        return ""
    if unit in ("percent", "points"):
        moved = formats.number(now - before, 1)
        return _("%(sign)s%(count)s points") % {"sign": "+" if now > before else "", "count": moved}
    return formats.percent((now - before) / abs(before) * 100, 0, sign=True) if before else ""


def unit_names() -> dict[str, str]:
    """What a KPI may be counted in."""
    return {
        "money": _("Money"),
        "percent": _("Percent"),
        "number": _("Number"),
        "days": _("Days"),
        "points": _("Points"),
    }
