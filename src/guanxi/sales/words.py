"""Amounts in Chinese capital numerals (人民币大写), as cheques and quotes carry them."""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿", "亿亿")


def renminbi_words(amount: Decimal) -> str:
    """539880 → 人民币伍拾叁万玖仟捌佰捌拾元整; 10.05 → 人民币壹拾元零伍分; negative amounts begin with 负."""
    fen = int((abs(amount) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    yuan, cents = divmod(fen, 100)
    sign = "负" if amount < 0 and fen else ""
    whole = f"{_integer(yuan)}元" if yuan or not cents else ""
    return f"人民币{sign}{whole}{_cents(cents, after_yuan=bool(yuan))}"


def _cents(cents: int, *, after_yuan: bool) -> str:
    if not cents:
        return "整"
    jiao, fen = divmod(cents, 10)
    tenths = f"{DIGITS[jiao]}角" if jiao else ("零" if after_yuan else "")
    return f"{tenths}{DIGITS[fen]}分" if fen else f"{tenths}整"


def _integer(number: int) -> str:
    if not number:
        return "零"
    groups = []
    while number:
        number, rest = divmod(number, 10_000)
        groups.append(rest)
    text, gap = "", False
    for position in range(len(groups) - 1, -1, -1):
        value = groups[position]
        if not value:
            gap = bool(text)
            continue
        if text and (gap or value < 1000):
            text += "零"
        text += _four(value) + GROUPS[position]
        gap = False
    return text


def _four(value: int) -> str:
    """One to four digits; a zero between digits is said once, zeros at the end are not said."""
    text, gap = "", False
    for place in range(3, -1, -1):
        digit = value // 10**place % 10
        if not digit:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return text
