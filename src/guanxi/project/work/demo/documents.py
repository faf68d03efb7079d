"""Documents of customers: an agreement as PDF, minutes of a visit, the installed devices as a workbook."""

from io import BytesIO
from typing import Any

import typst
from openpyxl import Workbook

from guanxi.core.files import store_file
from guanxi.core.typesetting import font_paths
from guanxi.project.work.demo import words
from guanxi.project.work.demo.world import World

KEY_ACCOUNTS = 24
AGREEMENTS = {
    False: (
        "Frame agreement.pdf",
        "Frame agreement",
        (
            ("Subject", "Delivery of measuring and test equipment, spare parts, calibration and services by Polaris Instruments."),
            ("Prices", "The price list valid on the day of the order applies, less the discounts agreed in the respective quote."),
            ("Delivery", "Delivery takes place free carrier. The time of delivery stands in the confirmation of the order."),
            ("Warranty", "Twenty-four months from commissioning, provided the annual calibration is carried out."),
            ("Term", "The agreement is valid for two years and is prolonged by a year unless it is terminated in writing."),
        ),
    ),
    True: (
        "框架协议.pdf",
        "框架协议",
        (
            ("标的", "由北极星仪器供应测量与试验设备、备件，并提供校准和服务。"),
            ("价格", "以下单当日有效的价目表为准，扣除相应报价单中约定的折扣。"),
            ("交付", "货交承运人。交货时间以订单确认为准。"),
            ("质保", "自调试之日起二十四个月，须按年完成校准。"),
            ("期限", "本协议有效期两年，未书面终止的，自动延长一年。"),
        ),
    ),
}  # fmt: skip
MINUTES = {
    False: ("Minutes of visit {day}.txt", "Visit at {name}, {day}\n\nPresent: {who}\n\n{said}\n\nNext: {step}\n"),
    True: ("拜访纪要 {day}.txt", "{name} 拜访纪要，{day}\n\n出席：{who}\n\n{said}\n\n下一步：{step}\n"),
}
DEVICES = {False: ("Installed devices.xlsx", "SKU", "Device", "Serial number", "Since"), True: ("在用设备.xlsx", "编号", "设备", "序列号", "启用")}  # fmt: skip


def make_documents(world: World) -> None:
    """Files on the first customers of both worlds, as colleagues would have put them there."""
    agreements = {chinese: _agreement(chinese) for chinese in (False, True)}
    business = [account for account in world.accounts if account.kind == "business" and account.is_key]
    for account in business[:KEY_ACCOUNTS]:
        chinese = account.country == "CN"
        _keep(account, AGREEMENTS[chinese][0], agreements[chinese])
        _keep(account, *_minutes(world, account, chinese))
        if world.chance(0.6):
            _keep(account, DEVICES[chinese][0], _devices(world, chinese))


def _keep(account: Any, name: str, content: bytes) -> None:
    store_file(name=name, content=content, object="account", record_id=account.id, member_id=account.owner_id)


def _agreement(chinese: bool) -> bytes:
    _name, title, parts = AGREEMENTS[chinese]
    lines = "\n\n".join(f"== {heading}\n{text}" for heading, text in parts)
    fonts = '("Noto Sans SC", "Noto Sans")'
    source = f'#set page(paper: "a4", margin: 25mm)\n#set text(font: {fonts}, size: 11pt)\n= {title}\n\n{lines}\n'
    paths: Any = font_paths()
    made = typst.compile(source.encode(), format="pdf", font_paths=paths, ignore_system_fonts=True)
    return bytes(made)


def _minutes(world: World, account: Any, chinese: bool) -> tuple[str, bytes]:
    name, text = MINUTES[chinese]
    day = world.moment(world.dice.uniform(5, 200)).date().isoformat()
    facts = {
        "name": account.name,
        "day": day,
        "who": world.pick(world.contacts_of[account.id]).name,
        "said": world.said(world.pick(words.CALLS), chinese=chinese),
        "step": world.said(world.pick(words.NEXT_STEPS), chinese=chinese),
    }
    return name.format(day=day), text.format(**facts).encode()


def _devices(world: World, chinese: bool) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(DEVICES[chinese][1:])
    for sku, english, local, family, *_rest in world.dice.sample(words.PRODUCTS, 5):
        if family not in ("software", "service"):
            device = local if chinese else english
            sheet.append((sku, device, f"PI-{world.dice.randrange(10_000, 99_999)}", world.dice.randint(2016, 2026)))
    for letter, width in zip("ABCD", (12, 36, 16, 10), strict=True):
        sheet.column_dimensions[letter].width = width
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()
