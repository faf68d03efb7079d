"""Three years of selling: leads, opportunities through their stages, quotes, orders, deliveries, payments, targets."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from guanxi.core.db.statements import send_prepared
from guanxi.core.ids import new_id
from guanxi.customers.reach import email_norm
from guanxi.project.work.demo import words
from guanxi.project.work.demo.world import World, store, store_plain
from guanxi.sales.models import (
    Delivery,
    Lead,
    Opportunity,
    OpportunityLine,
    Order,
    OrderLine,
    Payment,
    PaymentPlan,
    Quote,
    QuoteLine,
    Reason,
    SalesTarget,
    Stage,
    StageHistory,
)
from guanxi.sales.services.lines import totals_of

OPPORTUNITIES = 3200
LEADS = 700
OPEN_SHARE = (0, 1, 2, 3, 4)
FORECASTS = {0: "pipeline", 1: "pipeline", 2: "pipeline", 3: "best_case", 4: "commit"}


def make_leads(world: World) -> None:
    """Leads of the last half year in every state; some wait in the pool."""
    rows: list[Lead] = []
    days: list[datetime] = []
    for _number in range(LEADS):
        chinese = world.chance(0.6)
        family, given = (
            (world.pick(words.FAMILIES_ZH), world.pick(words.GIVEN_ZH))
            if chinese
            else (world.pick(words.FAMILIES_WEST), world.pick(words.GIVEN_WEST))
        )
        name = family + given if chinese else f"{given} {family}"
        trade = world.pick(words.TRADES_ZH if chinese else words.TRADES_WEST)
        company = (
            f"{world.pick(words.BRANDS_ZH)}{trade[0]}有限公司"
            if chinese
            else f"{world.pick(words.BRANDS_WEST)} {trade[0]}"
        )
        age = world.dice.triangular(0, 180, 20)
        status = world.dice.choices(
            ("assigned", "working", "nurturing", "qualified", "unqualified", "new"), (25, 30, 15, 8, 14, 8)
        )[0]
        owner = None if status == "new" else world.pick(world.sellers)
        email = f"lead{len(rows):04}@{'example.cn' if chinese else 'example.com'}"
        created = world.moment(age)
        rows.append(
            Lead(
                name=name, company_name=company, industry=words.INDUSTRIES[trade[1]] if chinese else trade[1], email=email, email_norm=email_norm(email), currency="CNY",
                job_title=world.said(world.pick(words.TITLES), chinese=chinese), city=world.pick(words.CITIES_ZH if chinese else words.CITIES_WEST)[0],
                source=world.pick(("web_site", "trade_show", "phone", "email", "referral", "campaign")), status=status,
                score=world.dice.randint(10, 95), interest=world.said(world.pick(words.DEALS), chinese=chinese),
                budget=Decimal(int(world.amount(90_000)) // 1000 * 1000), owner=owner, team=owner.team if owner else None,
                pooled_at=None if owner else created, country="CN" if chinese else "",
            )
        )  # fmt: skip
        days.append(created)
    store(world, "lead", rows, dated=days)


def make_opportunities(world: World) -> None:
    """3,200 opportunities: seasons and growth in their number, about two in five of the decided won."""
    stages = list(Stage.objects.filter(pipeline__is_default=True, deleted_at=None).order_by("position"))
    open_stages = [stage for stage in stages if stage.category == "open"]
    won, lost = (next(stage for stage in stages if stage.category == name) for name in ("won", "lost"))
    reasons = {kind: list(Reason.objects.filter(kind=kind)) for kind in ("won", "lost")}
    buyers = [account for account in world.accounts if account.kind == "business"]
    weights = [
        {"A": 6, "B": 3, "C": 1.6, "D": 1}[account.grade] * world.dice.gammavariate(0.8, 1.25) for account in buyers
    ]
    stays = {account.id: _stay(world) for account in buyers}
    days: list[datetime] = []
    while len(world.opportunities) < OPPORTUNITIES:
        created = world.moment(world.dice.uniform(0, 1100))
        if not world.chance(world.season(created) / 1.9):
            continue
        account = world.dice.choices(buyers, weights)[0]
        came, left = stays[account.id]
        if not left <= (world.now - created).days <= came:
            continue
        item = _opportunity(world, account, created)
        _progress(world, item, created, open_stages, won, lost, reasons)
        world.opportunities.append(item)
        days.append(created)
    store(world, "opportunity", world.opportunities, dated=days)
    _lines_and_history(world, open_stages)


def _stay(world: World) -> tuple[float, float]:
    """How many days ago an account came and left (0: it is still there), as a buyer; about a third have left."""
    came = world.dice.uniform(120, 1400)
    return came, max(0.0, came - world.dice.expovariate(1 / 1500))


def _opportunity(world: World, account: Any, created: datetime) -> Any:
    chinese = account.country == "CN"
    amount = Decimal(
        int(world.amount(105_000 * {"A": 2.2, "B": 1.4, "C": 1, "D": 0.7}[account.grade], 0.95)) // 1000 * 1000 + 4000
    )
    deal = world.said(world.pick(words.DEALS), chinese=chinese)
    return Opportunity(
        name=f"{deal} {created.year}" if world.chance(0.3) else deal, account=account, contact=world.pick(world.contacts_of[account.id]),
        owner_id=account.owner_id, team_id=account.team_id, amount=amount, amount_company=amount, currency="CNY",
        type=world.dice.choices(("new", "existing", "renewal", "upsell", "cross_sell"), (40, 25, 15, 10, 10))[0], source=account.source,
    )  # fmt: skip


def _progress(world: World, item: Any, created: datetime, stages: list[Any], won: Any, lost: Any, reasons: Any) -> None:
    length = max(9.0, world.dice.gauss(62, 30))
    decided = created + timedelta(days=length)
    item.pipeline = stages[0].pipeline
    if decided < world.now - timedelta(hours=2):
        outcome = won if world.chance(0.43) else lost
        item.stage, item.category, item.closed_at, item.close_date = outcome, outcome.category, decided, decided.date()
        item.probability, item.weighted, item.forecast_category = (
            outcome.probability,
            Decimal(0),
            "closed" if outcome is won else "omitted",
        )
        item.weighted = item.amount if outcome is won else Decimal(0)
        item.reason = world.pick(reasons[outcome.category]) if reasons[outcome.category] else None
        item.stage_since = decided
        return
    step = min(len(stages) - 1, int((world.now - created).days / length * len(stages)))
    item.stage, item.category, item.probability = stages[step], "open", stages[step].probability
    item.forecast_category = FORECASTS.get(step, "pipeline")
    item.weighted = (item.amount * stages[step].probability / 100).quantize(Decimal("0.01"))
    late = world.chance(0.08)
    item.close_date = (
        world.now - timedelta(days=world.dice.randint(1, 20))
        if late
        else decided + timedelta(days=world.dice.randint(0, 25))
    ).date()
    item.stage_since = world.moment(world.dice.uniform(0, 25))
    if world.chance(0.8):
        item.next_step = world.said(world.pick(words.NEXT_STEPS), chinese=item.account.country == "CN")
        item.next_step_at = world.moment(-world.dice.uniform(0, 14))


def _lines_and_history(world: World, stages: list[Any]) -> None:
    lines, history = [], []
    for item in world.opportunities:
        for position, (product, quantity) in enumerate(_basket(world, item.amount)):
            lines.append(
                OpportunityLine(
                    opportunity=item,
                    position=position,
                    product=product,
                    quantity=quantity,
                    list_price=product.list_price,
                    amount=product.list_price * quantity,
                )
            )
        history += _history(item, stages)
    store_plain(OpportunityLine, [line for line in lines if line is not None])
    store_plain(StageHistory, history)


def _history(item: Opportunity, stages: list[Any]) -> list[StageHistory]:
    reached = stages.index(item.stage) if item.stage in stages else len(stages) - 1
    path = [*stages[: reached + 1], *([item.stage] if item.stage not in stages else [])]
    end = item.closed_at or item.stage_since or item.created_at
    step = max(timedelta(hours=1), (end - item.created_at) / max(1, len(path) - 1)) if len(path) > 1 else timedelta(0)
    rows = []
    for number, stage in enumerate(path):
        rows.append(
            StageHistory(
                opportunity=item, from_stage=path[number - 1] if number else None, to_stage=stage, at=item.created_at + step * number,
                member_id=item.owner_id, probability=stage.probability, amount=item.amount, seconds=int(step.total_seconds()) if number else None,
            )
        )  # fmt: skip
    return rows


def _basket(world: World, amount: Decimal) -> list[tuple[Any, Decimal]]:
    """Products that add up to about `amount`, at least one."""
    left, found = float(amount), []
    for product in sorted(world.dice.sample(world.products, 5), key=lambda item: -item.list_price):
        quantity = min(12, int(left // float(product.list_price)))
        if quantity:
            found.append((product, Decimal(quantity)))
            left -= quantity * float(product.list_price)
    return found or [(world.pick(world.products[-8:]), Decimal(1))]


def make_quotes_and_orders(world: World) -> None:
    """A quote for every opportunity that came so far; an order with delivery and payments for each won one."""
    quotes, lines, days, orders, order_lines = [], [], [], [], []
    for item in world.opportunities:
        reached = item.category != "open" or item.stage.probability >= 50
        if not reached or (item.category == "lost" and world.chance(0.35)):
            continue
        sent = min(
            world.now - timedelta(hours=1),
            (item.closed_at or item.stage_since) - timedelta(days=world.dice.randint(2, 15)),
        )
        quote, rows = _quote(world, item, max(sent, item.created_at))
        quotes.append(quote)
        lines += rows
        days.append(max(sent, item.created_at))
        if item.category == "won":
            order, copies = _order(world, item, quote, rows)
            orders.append(order)
            order_lines += copies
    store(world, "quote", quotes, dated=days)
    send_prepared("UPDATE sales_quote SET number = code WHERE tenant_id = %s", [world.actor.tenant_id])
    store_plain(QuoteLine, lines)
    store(world, "order", orders, dated=[order.confirmed_at for order in orders])
    store_plain(OrderLine, order_lines)
    world.quotes, world.orders = quotes, orders
    _deliveries_and_payments(world)


def _quote(world: World, item: Any, sent: datetime) -> tuple[Quote, list[QuoteLine]]:
    quote = Quote(
        id=new_id(), name=item.name, account=item.account, contact=item.contact, opportunity=item, owner_id=item.owner_id, team_id=item.team_id,
        currency="CNY", quote_date=sent.date(), valid_until=(sent + timedelta(days=30)).date(), revision=1,
        document_language="zh" if item.account.country == "CN" else "en", payment_terms=item.account.payment_terms, sent_at=sent,
    )  # fmt: skip
    rows = []
    for position, (product, quantity) in enumerate(_basket(world, item.amount)):
        discount = Decimal(world.dice.choices((0, 5, 8, 10, 12, 15), (40, 20, 14, 14, 8, 4))[0])
        rows.append(_line(QuoteLine, product, position, quantity, discount, quote=quote))
    for name, value in totals_of(rows, "CNY").items():
        setattr(quote, name, value)
    quote.net_company = quote.net_total
    _answer(world, item, quote, sent)
    return quote, rows


def _line(model: type[Any], product: Any, position: int, quantity: Decimal, discount: Decimal, **link: Any) -> Any:
    net = (product.list_price * (100 - discount) / 100).quantize(Decimal("0.0001"))
    return model(
        position=position, kind="product", product=product, sku=product.sku, name=product.name, name_zh=product.name_zh, quantity=quantity,
        unit=product.unit.name, unit_zh=product.unit.name_zh, list_price=product.list_price, discount_percent=discount, net_price=net,
        amount=(net * quantity).quantize(Decimal("0.01")), tax_rate=product.tax.rate if product.tax else Decimal(0), cost=product.cost, **link,
    )  # fmt: skip


def _answer(world: World, item: Opportunity, quote: Quote, sent: datetime) -> None:
    if item.category == "won":
        quote.status, quote.accepted_at, quote.viewed_at = "ordered", item.closed_at, sent + timedelta(hours=20)
    elif item.category == "lost":
        quote.status = world.pick(("declined", "expired"))
        quote.declined_at = item.closed_at if quote.status == "declined" else None
    else:
        quote.status = world.dice.choices(("draft", "sent", "viewed"), (3, 5, 2))[0]
        quote.sent_at = None if quote.status == "draft" else sent
        quote.viewed_at = sent + timedelta(hours=9) if quote.status == "viewed" else None


def _order(world: World, item: Any, quote: Quote, rows: list[QuoteLine]) -> tuple[Any, list[OrderLine]]:
    confirmed = item.closed_at or world.now
    age = (world.now - confirmed).days
    delivered, paid = age > world.dice.randint(18, 60), age > world.dice.randint(40, 100)
    status = "completed" if delivered and paid else "to_bill" if delivered else "to_deliver" if age > 2 else "confirmed"
    order = Order(
        id=new_id(), name=item.name, account=item.account, contact=item.contact, opportunity=item, quote=quote, owner_id=item.owner_id,
        team_id=item.team_id, status=status, currency="CNY", order_date=confirmed.date(), confirmed_at=confirmed,
        delivery_date=(confirmed + timedelta(days=world.dice.randint(20, 60))).date(), payment_terms=quote.payment_terms,
        delivery_state="delivered" if delivered else "none", payment_state="paid" if paid else "pending",
        invoicing_state="invoiced" if delivered else "none", completed_at=confirmed + timedelta(days=90) if status == "completed" else None,
        paid_total=quote.total if paid else Decimal(0), net_company=quote.net_total,
    )  # fmt: skip
    for name in ("list_total", "discount_total", "net_total", "tax_total", "total", "margin", "margin_percent"):
        setattr(order, name, getattr(quote, name))
    copies = [
        _line(OrderLine, row.product, row.position, row.quantity, row.discount_percent, order=order) for row in rows
    ]
    return order, copies


def _deliveries_and_payments(world: World) -> None:
    deliveries, plans, payments = [], [], []
    for order in world.orders:
        who = {"owner_id": order.owner_id, "team_id": order.team_id}
        arrived = order.confirmed_at + timedelta(days=30)
        if order.delivery_state == "delivered":
            deliveries.append(
                Delivery(
                    order=order,
                    status="delivered",
                    planned_on=arrived.date(),
                    delivered_on=min(arrived, world.now).date(),
                    **who,
                )
            )
        due = arrived + timedelta(days=30)
        state = "paid" if order.payment_state == "paid" else "overdue" if due < world.now else "pending"
        plan = PaymentPlan(
            order=order, name="Total", due_on=due.date(), amount=order.total, currency="CNY", status=state,
            paid_amount=order.total if state == "paid" else Decimal(0), **who,
        )  # fmt: skip
        plans.append(plan)
        if state == "paid":
            received = min(world.now, due + timedelta(days=world.dice.randint(-12, 20)))
            payments.append(
                Payment(
                    order=order,
                    plan=plan,
                    amount=order.total,
                    currency="CNY",
                    received_on=received.date(),
                    method="transfer",
                    **who,
                )
            )
    store(world, "delivery", deliveries, dated=[world.now] * len(deliveries))
    store(world, "payment_plan", [plan for plan in plans if plan.amount > 0])
    store(world, "payment", [payment for payment in payments if payment.amount > 0])


def make_targets(world: World) -> None:
    """Monthly targets of each seller for this and the last year."""
    first = world.now.date().replace(day=1, month=1) - relativedelta(years=1)
    rows = []
    for number, seller in enumerate(world.sellers):
        for month in range(24):
            amount = Decimal((2_200_000 if number == 0 else 1_100_000) + 60_000 * (number % 3) + 8_000 * month)
            rows.append(
                SalesTarget(
                    member=seller,
                    month=first + relativedelta(months=month),
                    amount=amount,
                    currency="CNY",
                    owner=seller,
                    team=seller.team,
                )
            )
    store(world, "sales_target", rows)
