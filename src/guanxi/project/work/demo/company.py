"""The company itself: its people and teams, its products and prices."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from guanxi.catalogue.models import PriceBook, PriceBookEntry, Product, ProductFamily, Tax, Unit
from guanxi.core.rates import set_rate
from guanxi.identity.models import User
from guanxi.identity.services import create_user, teams
from guanxi.project.work.demo import words
from guanxi.project.work.demo.world import World, store
from guanxi.science.names import sort_form

# name, e-mail, role, team, job title; the first seller is the one who enters the demonstration.
PEOPLE = (
    ("Daniel Roth", "manager@demo.example", "manager", "Sales", "Head of sales"),
    ("Lin Yue", "sales@demo.example", "sales", "East China", "Account manager"),
    ("赵敏", "zhao.min@demo.example", "sales", "East China", "客户经理"),
    ("陈思远", "chen.siyuan@demo.example", "sales", "South China", "客户经理"),
    ("王浩然", "wang.haoran@demo.example", "sales", "South China", "客户经理"),
    ("李静", "li.jing@demo.example", "sales", "North China", "客户经理"),
    ("刘倩", "liu.qian@demo.example", "sales", "North China", "客户经理"),
    ("Emma Clark", "emma.clark@demo.example", "sales", "Europe and overseas", "Account manager"),
    ("Lukas Weiss", "lukas.weiss@demo.example", "sales", "Europe and overseas", "Account manager"),
)
RATES = (("EUR", "7.80"), ("USD", "7.15"), ("GBP", "9.10"), ("SGD", "5.35"))


def make_people(world: World, password: str) -> None:
    """Teams and colleagues; the sellers are kept in the world, the one of the demonstration first."""
    made: dict[str, Any] = {"Sales": teams.create_team(world.actor, name="Sales")}
    for name in ("East China", "South China", "North China", "Europe and overseas"):
        made[name] = teams.create_team(world.actor, name=name, parent_id=made["Sales"].id)
    for name, email, role, team, title in PEOPLE:
        member = create_user(
            world.actor, email=email, name=name, role_key=role, team=made[team], title=title,
            # One hash serves all: computing one takes as long as a hundred customers.
            password=password if not world.people else None,
            language="zh-hans" if "\u4e00" <= name[0] <= "\u9fff" else None,
        )  # fmt: skip
        world.people.append(member)
        if role == "sales":
            world.sellers.append(member)
    first, *others = world.people
    User.objects.filter(id__in=[member.user_id for member in others]).update(password=first.user.password)
    for currency, rate in RATES:
        set_rate(currency, (world.now - timedelta(days=1200)).date(), Decimal(rate))


def make_catalogue(world: World) -> None:
    """Families, products and a price book for key accounts with quantity breaks."""
    taxes = {int(tax.rate): tax for tax in Tax.objects.filter(deleted_at=None)}
    units = {"pc": _unit("pc", "件"), "set": _unit("set", "套"), "day": _unit("day", "天")}
    missing = [unit for unit in units.values() if unit.created_by_id is None and unit._state.adding]
    store(world, "unit", missing)
    families = {
        key: ProductFamily(name=name, name_zh=zh, position=number)
        for number, (key, (name, zh)) in enumerate(words.FAMILIES.items())
    }
    store(world, "product_family", list(families.values()))
    for sku, name, name_zh, family, unit, price, cost, tax in words.PRODUCTS:
        world.products.append(
            Product(
                sku=sku, name=name, name_zh=name_zh, name_sort=sort_form(name), family=families[family], unit=units[unit],
                kind="service" if family in ("service", "software") else "good", list_price=Decimal(price),
                cost=(Decimal(price) * Decimal(str(cost))).quantize(Decimal(1)), currency="CNY", tax=taxes.get(tax),
            )
        )  # fmt: skip
    store(world, "product", world.products)
    _price_book(world)


def _unit(name: str, name_zh: str) -> Unit:
    return Unit.objects.filter(name=name).first() or Unit(name=name, name_zh=name_zh)


def _price_book(world: World) -> None:
    book = PriceBook(name="Key accounts", currency="CNY", valid_from=(world.now - timedelta(days=300)).date())
    store(world, "price_book", [book])
    entries = []
    for product in world.products:
        for quantity, factor in ((1, "0.95"), (5, "0.91"), (20, "0.86")):
            price = (product.list_price * Decimal(factor)).quantize(Decimal(1))
            entries.append(
                PriceBookEntry(price_book=book, product=product, price=price, min_quantity=Decimal(quantity))
            )
    store(world, "price_book_entry", entries)
