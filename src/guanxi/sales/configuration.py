"""What sales has of a company's configuration."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.identity.actor import Actor
from guanxi.records.configuration.parts import CONFIGURATION, Item, Part, Rows, of_records
from guanxi.sales.limits import sales_rules
from guanxi.sales.services.rules import change_sales_rules

RULES = ("discounts", "margin_floor", "margin_goal")


def _read(_actor: Actor) -> Rows:
    kept = sales_rules()
    yield "sales", {name: kept[name] for name in RULES if kept.get(name) is not None}


def _put(actor: Actor, key: Any, item: Item) -> Any:
    change_sales_rules(actor, values={name: item[name] for name in RULES if name in item})
    return key


def register_parts() -> None:
    """Pipelines with their stages, reasons, the rules for discounts and margins."""
    CONFIGURATION.register("pipelines", of_records("pipeline", _("Pipelines"), 60, ("name",)))
    CONFIGURATION.register("stages", of_records("stage", _("Stages"), 61, ("pipeline", "name")))
    CONFIGURATION.register("reasons", of_records("reason", _("Reasons"), 62, ("kind", "name")))
    rules = Part(_("Discounts and margins"), 65, _read, lambda item: "sales", _put)
    CONFIGURATION.register("sales_rules", rules)
