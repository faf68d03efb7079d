"""Commands of the catalogue: what a new tenant starts with."""

from decimal import Decimal
from typing import Any

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records.changes import Create, change_records

# Rates of value added or sales tax in per cent, the usual one first.
TAX_RATES: dict[str, tuple[str, ...]] = {
    "CN": ("13", "9", "6", "0"),
    "HK": ("0",),
    "TW": ("5", "0"),
    "SG": ("9", "0"),
    "JP": ("10", "8", "0"),
    "KR": ("10", "0"),
    "MY": ("10", "8", "5", "0"),
    "TH": ("7", "0"),
    "VN": ("10", "5", "0"),
    "IN": ("18", "40", "5", "0"),
    "AU": ("10", "0"),
    "NZ": ("15", "0"),
    "DE": ("19", "7", "0"),
    "AT": ("20", "13", "10", "0"),
    "CH": ("8.1", "2.6", "3.8", "0"),
    "FR": ("20", "10", "5.5", "2.1", "0"),
    "IT": ("22", "10", "5", "4", "0"),
    "ES": ("21", "10", "4", "0"),
    "NL": ("21", "9", "0"),
    "BE": ("21", "12", "6", "0"),
    "PL": ("23", "8", "5", "0"),
    "SE": ("25", "12", "6", "0"),
    "DK": ("25", "0"),
    "GB": ("20", "5", "0"),
    "IE": ("23", "13.5", "9", "0"),
    "US": ("0",),
}
UNITS = (
    ("pc", "件", 0),
    ("set", "套", 0),
    ("unit", "台", 0),
    ("h", "小时", 2),
    ("d", "天", 2),
    ("month", "月", 2),
    ("year", "年", 2),
    ("kg", "千克", 3),
    ("m", "米", 3),
)
STANDARD = ("Standard prices", "标准价格表")


def set_up_tenant(actor: Actor, *, language: str) -> None:
    """Taxes of the company's country, common units and a default price book in the company's currency."""
    with tenant_tx(actor.tenant_id):
        company = Company.objects.get()
        chinese = language.startswith("zh")
        change_records(actor, "tax", [Create(values) for values in _taxes(company.country, chinese)])
        change_records(actor, "unit", [Create(_unit(*unit, chinese=chinese)) for unit in UNITS])
        book = {"name": STANDARD[chinese], "currency": company.currency, "is_default": True}
        change_records(actor, "price_book", [Create(book)])


def _taxes(country: str, chinese: bool) -> list[dict[str, Any]]:
    rates = TAX_RATES.get(country, ("0",))
    return [
        {
            "name": f"增值税 {rate} %" if chinese else f"VAT {rate} %",
            "name_zh": f"增值税 {rate} %",
            "rate": Decimal(rate),
            "is_default": position == 0,
        }
        for position, rate in enumerate(rates)
    ]


def _unit(name: str, name_zh: str, decimals: int, *, chinese: bool) -> dict[str, Any]:
    return {"name": name_zh if chinese else name, "name_zh": name_zh, "decimals": decimals}
