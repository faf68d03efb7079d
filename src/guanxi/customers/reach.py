"""Comparable forms of phone numbers, e-mail addresses and messenger names."""

import phonenumbers


def phone_e164(text: str, region: str) -> str:
    """The number in E.164 (+8613800138000), read as dialled in `region` (ISO country), or "" when it is none.

    Letters and extensions are ignored; a number that no plan knows gives "" and the text stays as typed.
    """
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_display(e164: str, region: str) -> str:
    """How a number is shown: national form within `region`, else international."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    home = phonenumbers.region_code_for_number(number) == region
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def email_norm(text: str) -> str:
    """Lower case without surrounding space. Dots and plus signs stay: providers differ in them."""
    return text.strip().lower()


def wechat_norm(text: str) -> str:
    """WeChat names do not distinguish case."""
    return text.strip().lower()
