"""Records that the tests of this room start from."""

from decimal import Decimal
from typing import Any

from guanxi.catalogue.models import Tax, Unit
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.sales.models import Opportunity, Pipeline, Quote, Reason, Stage
from guanxi.sales.services import create_opportunity, create_quote, save_quote_lines

# name, name in Chinese, product code, unit, list price, cost, tax rate, quantity, discount: the worked example of the design
EXAMPLE = (
    ("Servo test bench 400 Nm", "伺服试验台 400 Nm", "STB-400", "unit", "198000", "128062", 13, "2", "12"),
    ("Data acquisition, 16 channels", "16 通道数据采集器", "DAQ-16", "unit", "46000", "29500", 13, "2", "10"),
    ("Installation and commissioning", "安装调试", "INST-D", "d", "4800", "2600", 6, "6", "0"),
    ("Operator training on site", "现场操作培训", "TRN-1", "d", "3600", "1500", 6, "2", "0"),
    ("Spare kit, sensors and belts", "备件包（传感器、皮带）", "SPK-2", "set", "15900", "10405", 13, "1", "20"),
)


def account(actor: Actor, name: str = "华东精密机械有限公司", **values: Any) -> Any:
    """An account."""
    return create_record(actor, "account", {"name": name, **values})


def opportunity(actor: Actor, **values: Any) -> Opportunity:
    """An opportunity of 480,000 in the first stage."""
    return create_opportunity(actor, {"name": "Servo test benches", "amount": "480000", **values})


def stage(name: str) -> Stage:
    """A stage of the default pipeline."""
    return Stage.objects.get(name=name, pipeline__in=Pipeline.objects.filter(is_default=True))  # type: ignore[no-any-return]


def reason(kind: str) -> Reason:
    """The first reason of a kind."""
    found: Reason = Reason.objects.filter(kind=kind).order_by("position")[0]
    return found


def example_lines(actor: Actor) -> list[dict[str, Any]]:
    """Products of the worked example as lines for a quote."""
    lines = []
    for name, name_zh, sku, unit, price, cost, rate, quantity, discount in EXAMPLE:
        values = {
            "name": name, "name_zh": name_zh, "sku": sku, "unit": Unit.objects.get(name=unit), "list_price": price, "cost": cost,
            "tax": Tax.objects.get(rate=rate),
        }  # fmt: skip
        product = create_record(actor, "product", values)
        lines.append({"product": product.id, "quantity": quantity, "discount_percent": discount})
    return lines


def example_quote(actor: Actor, products_by: Actor | None = None, **values: Any) -> Quote:
    """The quote of the worked example, owned by `actor`; the products belong to `products_by` (default the same)."""
    customer = account(actor, street="金鸡湖大道 88 号", city="苏州工业园区")
    quote = create_quote(actor, {"account": customer, "name": "Servo test benches", **values})
    return save_quote_lines(actor, quote.id, example_lines(products_by or actor))


def money(text: str) -> Decimal:
    """A Decimal."""
    return Decimal(text)
