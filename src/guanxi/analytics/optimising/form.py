"""A plan as texts of a form, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from guanxi.analytics.models import AllocationGoal, AllocationPlan
from guanxi.engagement.queries import channel_label, known_channels
from guanxi.identity.clashes import Word

PLAIN = ("name", "goal", "hurdle", "budget", "first", "last", "segment")


def _text(value: Any) -> str:
    return "" if value is None else f"{float(value):.10g}"


def form_of(plan: AllocationPlan) -> dict[str, Any]:
    """The texts of the form."""
    found: dict[str, Any] = {
        "name": plan.name, "goal": plan.goal, "hurdle": _text(plan.hurdle), "budget": _text(plan.budget), "first": plan.first.isoformat(),
        "last": plan.last.isoformat(), "segment": str(plan.segment_id or ""),
    }  # fmt: skip
    for one in plan.offers:
        key = one["offer"]
        found |= {f"offer_{key}": "1", f"minimum_{key}": _text(one["minimum"] or None), f"maximum_{key}": _text(one["maximum"])}  # fmt: skip
    for one in plan.channels:
        key = one["channel"]
        found |= {f"channel_{key}": "1", f"capacity_{key}": _text(one["capacity"]), f"cost_{key}": _text(one["cost"])}
    return found


def read_form(post: Mapping[str, Any], offers: Sequence[Any]) -> dict[str, Any]:
    """What `save_plan` takes."""
    found: dict[str, Any] = {name: post.get(name, "").strip() for name in PLAIN}
    found["offers"] = [
        {
            "offer": str(one.id),
            "minimum": post.get(f"minimum_{one.id}", ""),
            "maximum": post.get(f"maximum_{one.id}", ""),
        }
        for one in offers
        if post.get(f"offer_{one.id}")
    ]
    found["channels"] = [
        {"channel": key, "capacity": post.get(f"capacity_{key}", ""), "cost": post.get(f"cost_{key}", "")}
        for key in known_channels()
        if post.get(f"channel_{key}")
    ]
    found["segment"] = found["segment"] or None
    return found


def words(offers: Sequence[Any]) -> dict[str, Word]:
    """What the fields are called where two people changed the same."""
    columns: Any = AllocationPlan._meta
    labels = {name: str(columns.get_field(name).verbose_name) for name in PLAIN if name != "segment"}
    found = {name: Word(label) for name, label in labels.items()} | {"segment": Word(_("Customers"))}
    found["goal"] = Word(labels["goal"], [(key, str(label)) for key, label in AllocationGoal.choices])
    for one in offers:
        found[f"offer_{one.id}"] = Word(one.name)
        found[f"minimum_{one.id}"] = Word(_("%(name)s: at least") % {"name": one.name})
        found[f"maximum_{one.id}"] = Word(_("%(name)s: at most") % {"name": one.name})
    for key in known_channels():
        name = {"name": channel_label(key)}
        found[f"channel_{key}"] = Word(name["name"])
        found[f"capacity_{key}"] = Word(_("%(name)s: at most") % name)
        found[f"cost_{key}"] = Word(_("%(name)s: cost of a contact") % name)
    return found
