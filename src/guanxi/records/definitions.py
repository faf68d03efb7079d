"""Texts and choices of a field's definition, as an administrator sends them: cleaned, or told what is wrong."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TONES = ("grey", "indigo", "jade", "amber", "rose", "teal")
MOST_CHOICES = 200
LABEL = 120
Errors = dict[str, list[str]]


def clean_text(values: Mapping[str, Any], name: str, longest: int, errors: Errors) -> str:
    """A text of one line; what is wrong with it goes into `errors`."""
    value = values.get(name) or ""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not isinstance(value, str) or not text.isprintable():
        errors[name] = [_("The text contains characters that cannot be stored.")]
    elif len(text) > longest:
        errors[name] = [_("Use at most %(count)d characters.") % {"count": longest}]
    return text


def slug(text: str) -> str:
    """The Latin letters and digits of a text as a name, or ""."""
    parts = re.findall(r"[a-z0-9]+", text.lower()) if text.isascii() else []
    found = "_".join(parts)[:40].strip("_")
    return found if NAME.fullmatch(found) else ""


def clean_choices(given: Any, before: Sequence[str], errors: Errors) -> list[dict[str, str]]:
    """Choices in their order; each keeps its value or gets one from its label."""
    if not isinstance(given, list | tuple) or not given:
        errors["choices"] = [_("Give at least one choice.")]
        return []
    if len(given) > MOST_CHOICES:
        errors["choices"] = [_("Use at most %(count)d entries.") % {"count": MOST_CHOICES}]
        return []
    made: list[dict[str, str]] = []
    blocked = {*before, *(str(item.get("value") or "") for item in given if isinstance(item, Mapping))}
    for item in given:
        wrong: Errors = {}
        choice = _choice(item, blocked, wrong) if isinstance(item, Mapping) else None
        if choice is None or wrong:
            errors["choices"] = [text for texts in wrong.values() for text in texts] or [_("Give each choice a label.")]
            return []
        blocked.add(choice["value"])
        made.append(choice)
    for name in ("value", "label_en"):
        if len({choice[name].casefold() for choice in made}) < len(made):
            errors["choices"] = [_("Two choices are the same.")]
    return made


def _choice(item: Mapping[str, Any], blocked: set[str], wrong: Errors) -> dict[str, str] | None:
    english, chinese = (clean_text(item, name, LABEL, wrong) for name in ("label_en", "label_zh"))
    value = clean_text(item, "value", 60, wrong)
    tone = item.get("tone") or "grey"
    if not (english or chinese) or tone not in TONES:
        return None
    if "," in value:
        wrong["value"] = [_("The value of a choice has no comma.")]
    if not value:
        stem = slug(english) or "choice"
        numbered = (f"{stem}_{number}" for number in range(1, MOST_CHOICES * 2 + 10))
        value = next(name for name in ((stem, *numbered) if slug(english) else numbered) if name not in blocked)
    return {"value": value, "label_en": english or chinese, "label_zh": chinese, "tone": str(tone)}
