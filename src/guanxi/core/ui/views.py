"""The page that shows every component in every state."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override

PAINTS = (
    (("Ink", "ink", "surface"), ("Ink 2", "ink-2", "surface"), ("Ink 3", "ink-3", "surface"), ("Paper", "canvas", "ink"), ("Surface", "surface", "ink")),
    (
        ("Indigo", "indigo", "surface"), ("Jade", "jade", "surface"), ("Amber", "amber", "surface"), ("Rose", "rose", "surface"),
        ("Teal", "teal", "surface"), ("Plum", "plum", "surface"), ("Seal", "seal", "canvas"),
    ),
    (
        ("Indigo", "indigo-soft", "indigo"), ("Jade", "jade-soft", "jade"), ("Amber", "amber-soft", "amber"), ("Rose", "rose-soft", "rose"),
        ("Teal", "teal-soft", "teal"), ("Plum", "plum-soft", "plum"),
    ),
)  # fmt: skip


def _card(number: int, title: str, who: str, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number), "title": title, "url": "#", "version": 1, "who": who, "amount": f"¥{amount:,}", "amount_value": amount, **more,
    }  # fmt: skip


def _cards() -> list[list[dict[str, Any]]]:
    return [
        [
            _card(
                1,
                "Vision inspection cell",
                "Hartmann Automation GmbH",
                420000,
                date="31 Jan",
                next_text=_("Call 24 Nov"),
                next_icon="phone",
            )
        ],
        [
            _card(
                2,
                "计量软件授权",
                "上海联拓半导体",
                232000,
                next_text=_("No step planned"),
                next_icon="alert-circle",
                next_tone="amber",
                edge="amber",
            ),
            _card(
                3,
                "Calibration frame",
                "Orchid Medical",
                118000,
                next_text=_("34 days without contact"),
                next_icon="hourglass",
                next_tone="rose",
                edge="rose",
            ),
        ],
        [],
    ]


def _stages() -> list[dict[str, Any]]:
    names = ((_("Qualification"), 20, "420000"), (_("Proposal"), 50, "350000"), (_("Negotiation"), 80, "0"))
    return [
        {
            "id": label,
            "label": label,
            "probability": chance,
            "count": len(held),
            "sum": f"¥{int(total):,}",
            "sum_value": total,
            "share": 60,
            "cards": held,
        }
        for (label, chance, total), held in zip(names, _cards(), strict=True)
    ]


def _charts() -> list[dict[str, Any]]:
    months = ["Jul", "Aug", "Sep", "Oct", "Nov"]
    won = {"name": _("Won"), "values": [210000, 340000, 290000, 410000, 386000]}
    commit = {"name": _("Commit"), "values": [None, None, None, 410000, 520000], "estimated": True}
    return [
        {"kind": "bar", "categories": months, "series": [won], "unit": "money", "currency": "CNY"},
        {"kind": "line", "categories": months, "series": [won, commit], "unit": "money", "currency": "CNY"},
    ]


def _filter() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    compare: list[Any] = ["is", "gt", "gte", "lt", "lte", "between", "empty"]
    fields: list[dict[str, Any]] = [
        {
            "name": "owner",
            "label": _("Owner"),
            "kind": "link",
            "ops": ["is", "in", "empty"],
            "choices": [["$me", _("me")]],
        },
        {"name": "value", "label": _("Value"), "kind": "money", "ops": compare},
        {
            "name": "grade",
            "label": _("Grade"),
            "kind": "choice",
            "ops": ["in", "is"],
            "choices": [["A", "A"], ["B", "B"]],
        },
        {"name": "last_contact", "label": _("Last contact"), "kind": "date", "ops": ["within", *compare]},
    ]
    either = [{"field": "value", "op": "gte", "value": 500000}, {"field": "grade", "op": "in", "value": ["A", "B"]}]
    contact = {"field": "last_contact", "op": "within", "value": {"last": 180, "unit": "days"}}
    return fields, {"all": [{"field": "owner", "op": "is", "value": "$me"}, {"any": either}, contact]}


def kit_page(request: HttpRequest) -> HttpResponse:
    """`/kit`: the components. ?theme=light|dark|auto and ?language=en|zh-hans choose how."""
    theme = request.GET.get("theme", "auto")
    language = "zh-hans" if request.GET.get("language", "").startswith("zh") else "en"
    with override(language):
        fields, criteria = _filter()
        context = {
            "page_title": _("Components and states"),
            "theme": theme if theme in ("light", "dark") else "auto",
            "paints": PAINTS,
            "stages": _stages(),
            "charts": _charts(),
            "filter_fields": fields,
            "criteria": criteria,
        }
        return render(request, "core/kit/page.html.jinja", context)
