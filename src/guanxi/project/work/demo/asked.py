"""What was offered and asked in a year: offers with responses and a control group, two questionnaires with some 800 answers.

Who bought again after an answer was more content when asked, so that the curve of satisfaction and loyalty has something to show.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from guanxi.activity.models import Interaction
from guanxi.analytics.models import Market
from guanxi.core.ids import new_id
from guanxi.engagement.filling import Filled, fill
from guanxi.engagement.models import (
    Answer,
    AnswerItem,
    FormLink,
    Offer,
    Questionnaire,
    QuestionnaireVersion,
    Response,
)
from guanxi.engagement.queries import in_control
from guanxi.engagement.services.offers import SENTENCES
from guanxi.engagement.sheet import Sheet, read_sheet
from guanxi.project.work.demo.world import World, store, store_plain

# Name, kind, what is offered, price, margin, share of acceptance, what it leads to.
OFFERS = (
    (
        ("Service contract for three years", "三年服务合同"),
        "cross_sell",
        "service",
        48_000,
        21_000,
        0.19,
        "opportunity",
    ),
    (("Trade-in of the measuring head", "测头以旧换新"), "up_sell", "product", 26_000, 7_800, 0.12, "quote"),
    (("Calibration twice a year", "每年两次校准"), "add_on", "service", 9_600, 5_200, 0.27, "opportunity"),
    (("Renewal of the software licence", "软件许可续订"), "renewal", "product", 15_000, 12_500, 0.58, "quote"),
    (("A day with our application engineer", "应用工程师驻厂一天"), "retention", "measure", None, -2_400, 0.63, "task"),
    (("Invitation to the users’ meeting", "用户大会邀请"), "information", "measure", None, None, 0.34, "task"),
)
RESPONSES = 1_900
ANSWERS = 820
CHANNELS = (("phone", 40), ("mail", 30), ("visit", 18), ("wechat", 12))
REASONS = (("price", 30), ("no_need", 28), ("timing", 18), ("has_it", 12), ("competitor", 7), ("unsuitable", 5))
ATTRIBUTES = (
    ("delivery", "Delivery on time", "准时交付", -0.35, 4.5), ("quality", "Quality of the instruments", "仪器质量", 0.25, 4.8),
    ("service", "Service on site", "现场服务", -0.1, 4.2), ("advice", "Advice before buying", "售前咨询", 0.15, 3.6),
    ("price", "Price for what one gets", "性价比", -0.6, 4.0), ("documents", "Manuals and drawings", "手册与图纸", 0.05, 2.7),
)  # fmt: skip
PRAISE = (
    ("Fast and friendly.", "又快又好。"),
    ("The engineer knew our line.", "工程师很懂我们的产线。"),
    ("Works as promised.", "说到做到。"),
)
BLAME = (
    ("Delivered two weeks late.", "晚交货两周。"), ("Nobody called back.", "没有人回电。"), ("Too expensive for what it is.", "价格偏高。"),
    ("The manual is hard to follow.", "手册不好懂。"),
)  # fmt: skip
AFTER_DELIVERY: dict[str, Any] = {
    "sections": [{"title": "Your last order", "title_zh": "您最近的订单", "questions": [
        {"key": "content", "kind": "scale", "measure": "csat", "text": "How content are you in all?", "text_zh": "您总体上满意吗？", "required": True,
         "low": "not at all", "low_zh": "很不满意", "high": "very", "high_zh": "非常满意"},
        {"key": "parts", "kind": "matrix", "from": 1, "to": 5, "text": "How good were we, and how good should we be?", "text_zh": "我们做得如何？您的期望如何？",
         "options": [{"key": key, "text": text, "text_zh": text_zh} for key, text, text_zh, _gap, _weight in ATTRIBUTES]},
        {"key": "again", "kind": "scale", "measure": "nps", "text": "Would you recommend us to a colleague?", "text_zh": "您会把我们推荐给同行吗？",
         "low": "never", "low_zh": "绝不会", "high": "certainly", "high_zh": "一定会"},
        {"key": "better", "kind": "text", "text": "What should we do better?", "text_zh": "我们哪里应该改进？", "show_if": {"question": "content", "op": "lte", "value": 3}},
        {"key": "good", "kind": "text", "text": "What did you like?", "text_zh": "您喜欢什么？", "show_if": {"question": "content", "op": "gte", "value": 4}},
    ]}]
}  # fmt: skip
SERVICE_CALL: dict[str, Any] = {
    "sections": [{"questions": [
        {"key": "easy", "kind": "scale", "measure": "ces", "text": "How easy was it to get help from us?", "text_zh": "得到我们的帮助容易吗？", "required": True,
         "low": "very hard", "low_zh": "很难", "high": "very easy", "high_zh": "很容易"},
        {"key": "solved", "kind": "yes_no", "text": "Is your question solved?", "text_zh": "您的问题解决了吗？", "required": True},
        {"key": "open", "kind": "text", "text": "What is still open?", "text_zh": "还有什么没有解决？", "show_if": {"question": "solved", "op": "is", "value": False}},
        {"key": "way", "kind": "single", "text": "How would you like to reach us?", "text_zh": "您希望怎样联系我们？", "options": [
            {"key": "phone", "text": "Phone", "text_zh": "电话"}, {"key": "mail", "text": "Mail", "text_zh": "邮件"}, {"key": "wechat", "text": "WeChat", "text_zh": "微信"},
            {"key": "portal", "text": "Web site", "text_zh": "网站"}]},
    ]}]
}  # fmt: skip


def make_offers(world: World) -> None:
    """Six offers, and what customers said to them in a year; one customer in eight is never asked, to measure by."""
    today = world.now.date()
    offers = [
        Offer(
            name=names[0], name_zh=names[1], kind=kind, offered=offered, product=world.pick(world.products) if offered == "product" else None,
            price=Decimal(price) if price else None, margin=Decimal(margin) if margin is not None else None, contact_cost=Decimal(35), currency="CNY",
            channels=[], valid_from=today - timedelta(days=365), valid_to=today + timedelta(days=120), control_percent=12, leads_to=leads_to,
            status="active", owner=world.sellers[0], team=world.sellers[0].team, criteria={"field": "relations", "op": "contains", "value": "customer"},
            description=f"{names[0]}.", description_zh=f"{names[1]}。",
        )
        for names, kind, offered, price, margin, _share, leads_to in OFFERS
    ]  # fmt: skip
    store(world, "offer", offers, dated=[world.moment(366)] * len(offers))
    customers = [account for account in world.accounts if "customer" in account.relations]
    shares = {offer.id: spec[5] for offer, spec in zip(offers, OFFERS, strict=True)}
    seen: set[tuple[UUID, UUID]] = set()
    rows: list[Response] = []
    days: list[datetime] = []
    while len(rows) < RESPONSES:
        offer, account = world.pick(offers), world.pick(customers)
        if (offer.id, account.id) not in seen:
            seen.add((offer.id, account.id))
            rows.append(_response(world, offer, account, shares[offer.id]))
            days.append(rows[-1].proposed_at or world.now)
    store(world, "response", rows, dated=days)
    _tell(world, [(row, row.offer) for row in rows if row.answered_at and not row.control])


def _response(world: World, offer: Offer, account: Any, share: float) -> Response:
    at = world.moment(world.dice.uniform(1, 360))
    row = Response(
        offer=offer, account=account, contact=world.pick(world.contacts_of[account.id]), proposed_at=at, owner=account.owner, team=account.team, currency="CNY",
        channel=_one_of(world, CHANNELS),
    )  # fmt: skip
    if in_control(offer, account.id):
        # Some buy without being asked: that is what the effect is measured against.
        row.control, row.state, row.channel = True, "none", ""
        if world.chance(share / 3):
            _sold(world, row, at)
        return row
    liking = share * {"A": 1.3, "B": 1.1, "C": 1.0, "D": 0.75}[account.grade]
    fate = world.dice.random()
    row.answered_at = min(world.now, at + timedelta(days=world.dice.uniform(0.1, 14)))
    if fate < liking:
        row.state = "accepted"
        if world.chance(0.7):
            _sold(world, row, row.answered_at)
    elif fate < liking + 0.33:
        row.state, row.decline_reason = "declined", _one_of(world, REASONS)
    elif fate < liking + 0.4:
        row.state, row.later_on, row.answered_at = (
            "later",
            world.now.date() + timedelta(days=world.dice.randint(5, 90)),
            None,
        )
    elif at > world.now - timedelta(days=21):
        row.answered_at = None
    else:
        row.state = "none"
    return row


def _sold(world: World, row: Response, since: datetime) -> None:
    row.state, row.converted_at = "converted", min(world.now, since + timedelta(days=world.dice.uniform(1, 30)))
    factor = Decimal(str(round(world.dice.uniform(0.7, 1.4), 2)))
    row.revenue = row.offer.price * factor if row.offer.price else None
    row.margin = row.offer.margin * factor if row.offer.price and row.offer.margin else None
    row.answered_at = row.answered_at or row.converted_at


def make_answers(world: World) -> None:
    """Two questionnaires, sent to some 2,400 people, answered by a third of them."""
    specs = (
        (("After the delivery", "交付后满意度"), "satisfaction", AFTER_DELIVERY, 3, 0.74),
        (("After a service call", "服务回访"), "ces", SERVICE_CALL, 2, 0.26),
    )
    asked = [
        Questionnaire(
            name=names[0], name_zh=names[1], purpose=purpose, content=content, status="open", low_score=low, reminder_days=7, owner=world.sellers[0],
            team=world.sellers[0].team, intro="Two minutes of your time help us to serve you better.", intro_zh="占用您两分钟，帮助我们做得更好。",
            thanks="Thank you. Somebody reads every answer.", thanks_zh="谢谢，每份答复都有人阅读。",
        )
        for names, purpose, content, low, _share in specs
    ]  # fmt: skip
    store(world, "questionnaire", asked, dated=[world.moment(370)] * 2)
    versions = [QuestionnaireVersion(tenant_id=world.actor.tenant_id, questionnaire=one, number=1, content=one.content, created_at=world.now) for one in asked]  # fmt: skip
    store_plain(QuestionnaireVersion, versions)
    bought = _purchases(world)
    links: list[FormLink] = []
    answers: list[Answer] = []
    fillings: list[Filled] = []
    for one, version, spec in zip(asked, versions, specs, strict=True):
        sheet = read_sheet(one.content)
        made = [_reply(world, sheet, one, version, bought) for _number in range(int(ANSWERS * spec[4]))]
        answers += [answer for answer, _filled in made]
        fillings += [filled for _answer, filled in made]
        links += [_link(world, one, answer) for answer, _filled in made]
        links += [_link(world, one, None) for _number in range(len(made) * 2)]
    store_plain(FormLink, links)
    store(world, "answer", answers, dated=[answer.answered_at or world.now for answer in answers])
    store_plain(AnswerItem, [
        AnswerItem(tenant_id=world.actor.tenant_id, answer=answer, **item)
        for answer, filled in zip(answers, fillings, strict=True)
        for item in filled.items
    ])  # fmt: skip
    _tell(world, [(answer, answer.questionnaire) for answer in answers])


def make_markets(world: World) -> None:
    """What holds customers of some industries, whether content or not."""
    rows = (
        ("医药", 3, 3, 1, 0),
        ("Life science", 3, 2, 1, 1),
        ("半导体", 1, 3, 3, 0),
        ("Energy", 3, 3, 1, 0),
        ("新能源", 2, 2, 1, 0),
        ("", 0, 1, 1, 1),
    )
    known = {account.industry for account in world.accounts}
    store_plain(Market, [
        Market(tenant_id=world.actor.tenant_id, industry=name, law=law, switching=switching, technology=technology, rewards=rewards)
        for name, law, switching, technology, rewards in rows
        if not name or name in known
    ])  # fmt: skip


def _purchases(world: World) -> dict[UUID, list[datetime]]:
    found: dict[UUID, list[datetime]] = defaultdict(list)
    for order in world.orders:
        if order.confirmed_at is not None and order.status not in ("draft", "cancelled"):
            found[order.account_id].append(order.confirmed_at)
    return found


def _reply(
    world: World, sheet: Sheet, asked: Questionnaire, version: QuestionnaireVersion, bought: dict[UUID, list[datetime]]
) -> tuple[Answer, Filled]:
    account = world.pick(
        [one for one in (world.pick(world.accounts) for _try in range(6)) if one.id in bought] or world.accounts
    )
    at = world.moment(world.dice.uniform(1, 360))
    again = any(at < day <= at + timedelta(days=180) for day in bought[account.id])
    mood = min(5, max(1, world.dice.gauss(4.15 if again else 3.3, 0.85)))
    chinese = account.country == "CN"
    given = _after_delivery(world, mood, chinese) if "content" in sheet.by_key else _service_call(world, mood, chinese)
    filled = fill(sheet, given)
    answer = Answer(
        questionnaire=asked, sheet=version, account=account, contact=world.pick(world.contacts_of[account.id]), channel="link" if world.chance(0.8) else "phone",
        language="zh-hans" if chinese else "en", answered_at=at, owner=account.owner, team=account.team, comment=filled.comment, gap=filled.gap,
        points=filled.points, csat=filled.measures.get("csat"), nps=filled.measures.get("nps"), ces=filled.measures.get("ces"),
    )  # fmt: skip
    return answer, filled


def _after_delivery(world: World, mood: float, chinese: bool) -> dict[str, Any]:
    content = round(mood)
    parts = {}
    for key, _text, _zh, gap, weight in ATTRIBUTES:
        expected = _step(world.dice.gauss(4.1, 0.6), 1, 5)
        seen = {
            "expected": expected,
            "perceived": _step(expected + gap + (mood - 3.8) * 0.7 + world.dice.gauss(0, 0.6), 1, 5),
        }
        parts[key] = seen | ({"importance": _step(world.dice.gauss(weight, 0.6), 1, 5)} if world.chance(0.85) else {})
    given: dict[str, Any] = {
        "content": content,
        "parts": parts,
        "again": _step(mood * 2.2 - 0.9 + world.dice.gauss(0, 1.3), 0, 10),
    }
    if world.chance(0.45):
        given["better" if content <= 3 else "good"] = world.said(
            world.pick(BLAME if content <= 3 else PRAISE), chinese=chinese
        )
    return given


def _service_call(world: World, mood: float, chinese: bool) -> dict[str, Any]:
    solved = world.chance(0.55 + 0.09 * mood)
    given: dict[str, Any] = {"easy": _step(mood * 1.35 + world.dice.gauss(0, 0.9), 1, 7), "solved": solved, "way": world.dice.choices(("phone", "mail", "wechat", "portal"), (35, 25, 28, 12))[0]}  # fmt: skip
    if not solved and world.chance(0.6):
        given["open"] = world.said(world.pick(BLAME), chinese=chinese)
    return given


def _one_of(world: World, weighted: Sequence[tuple[str, int]]) -> str:
    """One of the words, the heavier the likelier."""
    return world.dice.choices([word for word, _weight in weighted], [weight for _word, weight in weighted])[0]


def _step(value: float, least: int, most: int) -> int:
    return int(min(most, max(least, round(value))))


def _link(world: World, asked: Questionnaire, answer: Answer | None) -> FormLink:
    """The link under which it was answered, or one that nobody used."""
    account: Any = answer.account if answer else world.pick(world.accounts)
    sent = ((answer.answered_at if answer else None) or world.moment(world.dice.uniform(1, 360))) - timedelta(
        days=world.dice.uniform(0.05, 9)
    )
    link = FormLink(
        id=new_id(), tenant_id=world.actor.tenant_id, questionnaire=asked, account=account, contact=answer.contact if answer else world.pick(world.contacts_of[account.id]),
        language="zh-hans" if account.country == "CN" else "en", member_id=account.owner_id, created_at=sent, sent_at=sent, expires_at=sent + timedelta(days=30),
        opened_at=answer.answered_at if answer else None, answered_at=answer.answered_at if answer else None, reminded_at=sent + timedelta(days=7),
    )  # fmt: skip
    if answer is not None:
        answer.link = link
    return link


def _tell(world: World, about: Sequence[tuple[Any, Any]]) -> None:
    """Their lines on the timeline."""
    rows = []
    for record, source in about:
        response = isinstance(record, Response)
        message = SENTENCES.get(record.state, "") if response else "Questionnaire answered: %(name)s"
        if message:
            args = {"code": source.code, "name": source.name} if response else {"name": source.name}
            rows.append(Interaction(
                channel="system", direction="none", at=record.answered_at, account=record.account, contact=record.contact, owner_id=record.owner_id,
                team_id=record.team_id, object="response" if response else "answer", record_id=record.id, subject=(message % args)[:300], message=message, args=args,
                tenant_id=world.actor.tenant_id, code="", created_at=record.answered_at, updated_at=record.answered_at, created_by_id=record.owner_id,
            ))  # fmt: skip
    store_plain(Interaction, rows)
