"""Lists to choose from, named in the active language."""

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guanxi.core.money import CURRENCIES
from guanxi.identity.models import Language
from guanxi.identity.validation import COUNTRIES, ZONES

Choices = list[tuple[str, str]]
USUAL_CURRENCIES = ("CNY", "EUR", "USD", "GBP", "HKD", "TWD", "JPY", "SGD", "CHF")
USUAL_COUNTRIES = ("CN", "HK", "TW", "SG", "DE", "AT", "CH", "FR", "GB", "US")


def currency_choices() -> Choices:
    """Currencies in use today, the usual ones first: `CNY – Chinese Yuan`."""
    names = _locale().currencies
    codes = [*USUAL_CURRENCIES, *sorted(CURRENCIES - set(USUAL_CURRENCIES))]
    return [(code, f"{code} – {names[code]}") for code in codes if code in names and "(" not in names[code]]


def country_choices() -> Choices:
    """Countries with known public holidays, the usual ones first."""
    names = _locale().territories
    rest = sorted((str(names[code]), code) for code in COUNTRIES - set(USUAL_COUNTRIES) if code in names)
    return [(code, str(names[code])) for code in USUAL_COUNTRIES] + [(code, name) for name, code in rest]


def language_choices() -> Choices:
    """Languages of the interface by their own names."""
    return [(str(value), str(label)) for value, label in Language.choices]


def time_zone_choices() -> Choices:
    """Names of the IANA data base that stand for places."""
    return [(name, name.replace("_", " ")) for name in sorted(ZONES) if "/" in name and not name.startswith("Etc/")]


def month_choices() -> Choices:
    """The months of the year."""
    return [(str(number), name) for number, name in sorted(_locale().months["stand-alone"]["wide"].items())]


def weekday_choices() -> Choices:
    """The days of the week, Monday is "0"."""
    return [(str(number), name) for number, name in sorted(_locale().days["stand-alone"]["wide"].items())]


def scope_choices() -> Choices:
    """How far a right of a role reaches."""
    return [
        ("none", _("None")),
        ("own", _("Own")),
        ("team", _("Team")),
        ("below", _("Team and below")),
        ("all", _("All")),
    ]


def access_choices() -> Choices:
    """What a role may do with a field."""
    return [("write", _("Read and write")), ("read", _("Read only")), ("masked", _("Masked")), ("hidden", _("Hidden"))]


def action_labels() -> dict[str, str]:
    """The actions of the matrix of a role."""
    return {
        "view": _("See"),
        "create": _("Create"),
        "edit": _("Edit"),
        "delete": _("Delete"),
        "export": _("Export"),
        "import": _("Import"),
    }


def _locale() -> Locale:
    return Locale("zh", script="Hans") if (get_language() or "").startswith("zh") else Locale("en")


def theme_choices() -> Choices:
    """Light, dark, or as the system has it."""
    return [("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]


def density_choices() -> Choices:
    """Heights of rows."""
    return [("comfortable", _("Wide")), ("normal", _("Normal")), ("compact", _("Compact"))]
