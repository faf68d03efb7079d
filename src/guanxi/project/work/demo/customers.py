"""Accounts of three kinds in two worlds, their people, what is known of them and what they consented to."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from guanxi.customers.models import Account, AccountContact, Competitor, Consent, Contact, Identity
from guanxi.customers.reach import email_norm, phone_e164
from guanxi.project.work.demo import words
from guanxi.project.work.demo.world import World, store, store_plain
from guanxi.science.names import person_sort_form, sort_form

ACCOUNTS = 2000
CONTACTS = 5000
GROUPS = 12
ROLES = ("decision_maker", "economic_buyer", "technical_evaluator", "executive_sponsor", "influencer", "user", "other")
STAGES = (("acquisition", 0.2), ("growth", 0.25), ("maturity", 0.33), ("decline", 0.13), ("departure", 0.09))
SOURCES = (
    "web_site",
    "phone",
    "email",
    "trade_show",
    "referral",
    "cold_call",
    "partner",
    "campaign",
    "existing_customer",
)


def make_accounts(world: World) -> None:
    """2,000 accounts, three in five of them Chinese; most are businesses, a few people and households."""
    names: set[str] = set()
    days = []
    for number in range(ACCOUNTS):
        kind = (
            "business" if number < 12 or world.chance(0.84) else ("individual" if world.chance(0.65) else "household")
        )
        account = _account(world, kind, names)
        days.append(world.moment(world.dice.triangular(20, 1500, 900)))
        account.customer_since = days[-1].date() if "customer" in account.relations else None
        world.accounts.append(account)
    store(world, "account", world.accounts, dated=days)
    _link_parents(world)
    _identities(world.accounts, "account")


def _account(world: World, kind: str, names: set[str]) -> Account:
    chinese = world.chance(0.62)
    seller = _seller(world, chinese)
    account = Account(
        kind=kind, owner=seller, team=seller.team, currency="CNY", language="zh-hans" if chinese else "en"
    )
    (_chinese_place if chinese else _western_place)(world, account)
    name = _fresh(world, account, chinese, names)
    account.name, account.name_sort = name, sort_form(name)
    if kind == "business":
        account.industry = account.industry or words.INDUSTRIES["Machinery"]
        account.employees = max(4, int(world.amount(140, 1.1)))
        account.annual_revenue = Decimal(int(account.employees * world.amount(420_000, 0.4)))
        account.website = f"{_ascii(name)}.example"
        account.founded = world.dice.randint(1958, 2022)
    account.relations = ["customer"] if world.chance(0.68) else ["prospect"]
    if world.chance(0.04):
        account.relations = [*account.relations, world.pick(("distributor", "partner", "supplier"))]
    account.lifecycle_stage = _weighted(world, STAGES)
    account.is_key = kind == "business" and world.chance(0.05)
    account.grade = world.dice.choices(("A", "B", "C", "D"), (8, 22, 40, 30))[0]
    account.credit_risk = world.dice.choices(("low", "watch", "high", "unchecked"), (52, 10, 3, 35))[0]
    account.payment_terms = world.said(world.pick(words.TERMS), chinese=chinese)
    account.source = world.pick(SOURCES)
    account.email = f"info@{_ascii(name)}.example"
    account.email_norm = email_norm(account.email)
    account.phone_e164 = phone_e164(account.phone, account.country)
    account.needs = _some(world, words.NEEDS, chinese)
    account.hobbies = _some(world, words.HOBBIES, chinese) if kind != "business" else []
    return account


def _chinese_place(world: World, account: Account) -> None:
    city, region, area = world.pick(words.CITIES_ZH)
    account.city, account.region, account.country, account.time_zone = city, region, "CN", "Asia/Shanghai"
    account.street = f"{world.pick(('工业园区', '高新区', '经济开发区', '中山'))}{world.pick(('金鸡湖大道', '创新路', '人民路', '漕溪北路', '科技大道'))} {world.dice.randint(1, 988)} 号"
    account.phone = f"+86 {area.lstrip('0')} {world.dice.randint(2200, 8899)} {world.dice.randint(1000, 9999)}"


def _western_place(world: World, account: Account) -> None:
    city, region, country, dial = world.pick(words.CITIES_WEST)
    zones = {
        "DE": "Europe/Berlin",
        "GB": "Europe/London",
        "US": "America/Chicago",
        "SG": "Asia/Singapore",
        "AU": "Australia/Melbourne",
    }
    account.city, account.region, account.country = city, region, country
    account.time_zone = zones.get(country, "Europe/Paris")
    account.street = f"{world.pick(('Industriestraße', 'Mill Lane', 'Harbour Road', 'Rue Centrale', 'Park Avenue', 'Station Road'))} {world.dice.randint(1, 240)}"
    account.phone = f"{dial} {world.dice.randint(200000, 899999)}"


def _fresh(world: World, account: Account, chinese: bool, names: set[str]) -> str:
    while True:
        name = _account_name(world, account, chinese)
        if name not in names:
            names.add(name)
            return name


def _account_name(world: World, account: Account, chinese: bool) -> str:
    if account.kind == "individual":
        return _person(world, chinese)[2]
    if account.kind == "household":
        family = _person(world, chinese)[0]
        return (
            f"{family}家 · {account.city}{world.dice.randint(1, 99)} 号"
            if chinese
            else f"{family} household, {account.city} {world.dice.randint(1, 99)}"
        )
    if chinese:
        trade, industry = world.pick(words.TRADES_ZH)
        account.industry = words.INDUSTRIES[industry]
        city = account.city if world.chance(0.55) else ""
        return f"{city}{world.pick(words.BRANDS_ZH)}{trade}{world.pick(words.FORMS_ZH)}"
    trade, account.industry = world.pick(words.TRADES_WEST)
    second = f" {world.pick(words.FAMILIES_WEST)}" if world.chance(0.4) else ""
    return f"{world.pick(words.BRANDS_WEST)}{second} {trade} {words.FORMS_WEST[account.country]}"


def make_contacts(world: World) -> None:
    """5,000 people: one to six at a business, more at large ones; some work at two places."""
    contacts: list[Contact] = []
    days: list[datetime] = []
    weights = [max(1.0, (account.employees or 6) ** 0.35) for account in world.accounts]
    chosen = [*world.accounts, *world.dice.choices(world.accounts, weights, k=CONTACTS - ACCOUNTS)]
    for account in chosen:
        contacts.append(_contact(world, account))
        days.append(min(world.now, account.created_at))
        world.contacts_of.setdefault(account.id, []).append(contacts[-1])
    store(world, "contact", contacts, dated=days)
    _places(world, chosen, contacts)
    _consents(world, contacts)
    _identities(contacts, "contact")


def _contact(world: World, account: Account) -> Contact:
    chinese = account.country == "CN"
    family, given, name = _person(world, chinese)
    title = world.pick(words.TITLES)
    mobile = (
        f"+86 1{world.pick('3578')}{world.dice.randint(0, 9)} {world.dice.randint(1000, 9999)} {world.dice.randint(1000, 9999)}"
        if chinese
        else account.phone
    )
    contact = Contact(
        name=name, family_name=family, given_name=given, account=account, owner_id=account.owner_id, team_id=account.team_id,
        job_title=world.said(title, chinese=chinese) if account.kind == "business" else "",
        email=f"{_ascii(name)}{world.dice.randint(1, 99)}@{_ascii(account.name)}.example",
        mobile=mobile, language="zh-hans" if chinese else "en", mood=world.pick(("positive", "neutral", "neutral", "negative", "")),
        wechat=f"wx_{_ascii(name)}{world.dice.randint(10, 99)}" if chinese and world.chance(0.5) else "",
        city=account.city, country=account.country, time_zone=account.time_zone,
    )  # fmt: skip
    contact.name_sort = person_sort_form(family, given)
    contact.email_norm = email_norm(contact.email)
    contact.mobile_e164 = phone_e164(mobile, account.country)
    contact.preferences = _some(world, words.NEEDS[:4], chinese) if world.chance(0.2) else []
    return contact


def make_competitors(world: World) -> None:
    """Whom we meet in the market."""
    names = (
        ("Nordlicht Messtechnik", "Broad range, slow service"),
        ("精准时代", "价格低，案例少"),
        ("Apex Metrology", "Strong brand, expensive"),
        ("华测仪器", "本地服务好，技术偏旧"),
    )
    rows = [Competitor(name=name, name_sort=sort_form(name), strengths=text) for name, text in names]
    store(world, "competitor", rows)


def _places(world: World, accounts: list[Any], contacts: list[Contact]) -> None:
    seen: set[Any] = set()
    rows = []
    for account, contact in zip(accounts, contacts, strict=True):
        first = account.id not in seen
        seen.add(account.id)
        rows.append(
            AccountContact(
                account=account, contact=contact, role=world.pick(ROLES), job_title=contact.job_title, is_primary=first
            )
        )
        if world.chance(0.04):
            other = world.pick(world.accounts)
            if other.id != account.id:
                rows.append(AccountContact(account=other, contact=contact, role="influencer"))
    store_plain(AccountContact, rows)


def _consents(world: World, contacts: list[Contact]) -> None:
    rows = []
    for contact in contacts:
        for channel, share in (("mail", 0.62), ("phone", 0.5), ("sms", 0.2), ("wechat", 0.25)):
            if world.chance(0.55):
                status = "granted" if world.chance(share) else "denied"
                rows.append(
                    Consent(
                        contact=contact,
                        purpose="marketing",
                        channel=channel,
                        status=status,
                        source="展会" if contact.country == "CN" else "Trade show",
                        at=contact.created_at,
                    )
                )
    store_plain(Consent, rows)


def _identities(records: list[Any], link: str) -> None:
    rows = []
    for record in records:
        numbers = {record.phone_e164, getattr(record, "mobile_e164", "")} - {""}
        pairs = {("email", record.email_norm), *(("phone", number) for number in numbers)}
        rows += [Identity(kind=kind, value=value, **{link: record}) for kind, value in sorted(pairs) if value]
    store_plain(Identity, rows)


def _link_parents(world: World) -> None:
    """Groups of companies of one language: works below a holding, here and there with works of their own."""
    children = []
    for chinese in (True, False):
        free = [one for one in world.accounts if one.kind == "business" and (one.country == "CN") == chinese]
        world.dice.shuffle(free)
        for _group in range(GROUPS):
            above = [free.pop()]
            for _child in range(world.dice.randint(2, 5)):
                child = free.pop()
                child.parent = world.pick(above[-2:])
                above.append(child)
                children.append(child)
    Account.objects.bulk_update(children, ["parent"])


def _person(world: World, chinese: bool) -> tuple[str, str, str]:
    if chinese:
        family, given = world.pick(words.FAMILIES_ZH), world.pick(words.GIVEN_ZH)
        return family, given, family + given
    family, given = world.pick(words.FAMILIES_WEST), world.pick(words.GIVEN_WEST)
    return family, given, f"{given} {family}"


def _seller(world: World, chinese: bool) -> Any:
    """Customers abroad belong to the last two sellers; every fifth at home to the first, who enters the demonstration."""
    if not chinese and world.chance(0.75):
        return world.pick(world.sellers[-2:])
    return world.sellers[0] if world.chance(0.2) else world.pick(world.sellers)


def _some(world: World, pairs: Any, chinese: bool) -> list[str]:
    count = world.dice.choices((0, 1, 2, 3), (45, 30, 18, 7))[0]
    return [world.said(pair, chinese=chinese) for pair in world.dice.sample(pairs, count)]


def _weighted(world: World, pairs: Any) -> str:
    return str(world.dice.choices([name for name, _share in pairs], [share for _name, share in pairs])[0])


@lru_cache(maxsize=20_000)
def _ascii(name: str) -> str:
    return "".join(char for char in sort_form(name) if char.isascii() and char.isalnum())[:24] or "mail"
