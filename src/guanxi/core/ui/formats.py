"""How money, numbers, dates and times look, by language.

Every function takes plain values and gives plain text. `language` defaults to the active language; times are shown in `zone`,
which defaults to the active time zone. A missing value is an en dash.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

NARROW = "\u202f"
MINUS = "\u2212"
NOTHING = "\u2013"

Number = Decimal | int | float

_SYMBOLS = {"CNY": "¥", "EUR": "€", "USD": "$", "GBP": "£"}
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS_LONG = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAYS_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_ZH = "一二三四五六日"
# From which size on, the unit, its name.
_SHORT_EN = (
    (Decimal(10) ** 9, Decimal(10) ** 9, "B"),
    (Decimal(10) ** 6, Decimal(10) ** 6, "M"),
    (Decimal(10) ** 4, Decimal(10) ** 3, "k"),
)
_SHORT_ZH = ((Decimal(10) ** 8, Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, Decimal(10) ** 4, "万"))


def is_chinese(language: str | None = None) -> bool:
    """Whether `language` (or the active one) is written in Chinese."""
    return (language or get_language() or "en").startswith("zh")


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _grouped(value: Decimal, decimals: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):,.{decimals}f}"


def number(value: Number | None, decimals: int | None = None) -> str:
    """`1,284` · `0.97` · `−8`. Without `decimals` the digits of the value are kept, up to four."""
    if value is None:
        return NOTHING
    exact = _decimal(value)
    if decimals is None:
        decimals = min(max(-int(exact.normalize().as_tuple().exponent), 0), 4)
    return _grouped(exact, decimals)


def percent(value: Number | None, decimals: int = 0, sign: bool = False) -> str:
    """`61 %`, `−8 %`, with `sign` also `+4 %`. `value` is in percent, not a fraction."""
    if value is None:
        return NOTHING
    text = _grouped(_decimal(value), decimals)
    plus = "+" if sign and _decimal(value) > 0 else ""
    return f"{plus}{text}{NARROW}%"


def capped(value: int | None, cap: int = 9999) -> str:
    """A count that stops at its cap: `148`, `9,999+`."""
    if value is None:
        return NOTHING
    return f"{cap:,}+" if value > cap else f"{value:,}"


def _with_currency(text: str, currency: str, home: str | None) -> str:
    symbol = _SYMBOLS.get(currency)
    plain = symbol is not None and home in (None, currency)
    prefix = str(symbol) if plain else f"{currency} "
    return f"{MINUS}{prefix}{text[1:]}" if text.startswith(MINUS) else f"{prefix}{text}"


def money(value: Number | None, currency: str = "CNY", *, home: str | None = None, decimals: int | None = None) -> str:
    """The full figure: `¥1,580,000`, `¥12.50`, foreign money (not `home`) with its code: `EUR 1,200`."""
    if value is None:
        return NOTHING
    exact = _decimal(value)
    if decimals is None:
        whole = currency in _WITHOUT_CENTS or exact == exact.to_integral_value()
        decimals = 0 if whole else 2
    return _with_currency(_grouped(exact, decimals), currency, home)


def money_short(
    value: Number | None, currency: str = "CNY", *, home: str | None = None, language: str | None = None
) -> str:
    """The short figure: `¥186.4M`, `¥55k`, in Chinese `¥158万`, `¥1.28亿`. The full one belongs in a tooltip."""
    if value is None:
        return NOTHING
    exact = _decimal(value)
    for start, unit, name in _SHORT_ZH if is_chinese(language) else _SHORT_EN:
        if abs(exact) >= start:
            scaled = exact / unit
            text = _grouped(scaled, _short_decimals(scaled)).replace(",", "")
            text = text.rstrip("0").rstrip(".") if "." in text else text
            return _with_currency(f"{text}{name}", currency, home)
    return money(exact, currency, home=home, decimals=0)


def _short_decimals(scaled: Decimal) -> int:
    size = abs(scaled)
    return 2 if size < 10 else 1 if size < 1000 else 0


def _local(value: date | datetime, zone: tzinfo | None) -> date:
    """The calendar day of a value, in `zone` when it is a moment."""
    if isinstance(value, datetime):
        return value.astimezone(zone or timezone.get_current_timezone()).date()
    return value


def _today(zone: tzinfo | None) -> date:
    return datetime.now(UTC).astimezone(zone or timezone.get_current_timezone()).date()


def day(value: date | datetime | None, *, language: str | None = None, zone: tzinfo | None = None) -> str:
    """`19 Nov 2026`, `2026年11月19日`."""
    if value is None:
        return NOTHING
    on = _local(value, zone)
    if is_chinese(language):
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def day_short(
    value: date | datetime | None, *, language: str | None = None, zone: tzinfo | None = None, today: date | None = None
) -> str:
    """Without the year while it is this year: `19 Nov`, `11月19日`."""
    if value is None:
        return NOTHING
    on = _local(value, zone)
    if on.year != (today or _today(zone)).year:
        return day(on, language=language)
    return f"{on.month}月{on.day}日" if is_chinese(language) else f"{on.day} {_MONTHS[on.month - 1]}"


def day_relative(
    value: date | datetime | None, *, language: str | None = None, zone: tzinfo | None = None, today: date | None = None
) -> str:
    """`Today`, `Yesterday`, then the short date."""
    if value is None:
        return NOTHING
    base = today or _today(zone)
    on = _local(value, zone)
    with override(language or get_language()):
        if on == base:
            return _("Today")
        if on == base - timedelta(days=1):
            return _("Yesterday")
    return day_short(on, language=language, today=base)


def day_long(value: date | datetime | None, *, language: str | None = None, zone: tzinfo | None = None) -> str:
    """`Thursday 19 November 2026`, `2026年11月19日 星期四`."""
    if value is None:
        return NOTHING
    on = _local(value, zone)
    if is_chinese(language):
        return f"{day(on, language='zh-hans')} 星期{_DAYS_ZH[on.weekday()]}"
    return f"{_DAYS_LONG[on.weekday()]} {on.day} {_MONTHS_LONG[on.month - 1]} {on.year}"


def weekday(value: date | datetime | None, *, language: str | None = None, zone: tzinfo | None = None) -> str:
    """`Thu`, `周四`."""
    if value is None:
        return NOTHING
    on = _local(value, zone)
    return f"周{_DAYS_ZH[on.weekday()]}" if is_chinese(language) else _DAYS[on.weekday()]


def month(value: date | datetime | None, *, language: str | None = None, zone: tzinfo | None = None) -> str:
    """`Nov 2026`, `2026年11月`."""
    if value is None:
        return NOTHING
    on = _local(value, zone)
    return f"{on.year}年{on.month}月" if is_chinese(language) else f"{_MONTHS[on.month - 1]} {on.year}"


def clock(value: datetime | None, *, zone: tzinfo | None = None) -> str:
    """`16:20` in the person's time zone."""
    if value is None:
        return NOTHING
    return f"{value.astimezone(zone or timezone.get_current_timezone()):%H:%M}"


def moment(value: datetime | None, *, language: str | None = None, zone: tzinfo | None = None) -> str:
    """`19 Nov 2026, 16:20`, `2026年11月19日 16:20`."""
    if value is None:
        return NOTHING
    comma = "" if is_chinese(language) else ","
    return f"{day(value, language=language, zone=zone)}{comma} {clock(value, zone=zone)}"


def duration(seconds: Number | None, *, language: str | None = None) -> str:
    """`4 min 12 s`, `4 min`, `1 h 30`, `45 s`; in Chinese `4 分 12 秒`, `1 小时 30 分`."""
    if seconds is None:
        return NOTHING
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    chinese = is_chinese(language)
    if hours:
        return f"{hours} 小时 {minutes} 分" if chinese else f"{hours} h {minutes:02d}"
    if minutes:
        short, long = (f"{minutes} 分", f" {left} 秒") if chinese else (f"{minutes} min", f" {left} s")
        return short + long if left else short
    return f"{left} 秒" if chinese else f"{left} s"


def file_size(size: int | None) -> str:
    """`218 KB`, `4.2 MB`."""
    if size is None:
        return NOTHING
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{round(size / 1000)} KB"
    return f"{size / 1_000_000:.1f} MB"


def as_date(value: str | date | datetime | None) -> date | datetime | None:
    """A date or time from its ISO text, as rows of lists carry it; dates and None pass through."""
    if not isinstance(value, str):
        return value
    if not value:
        return None
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
