"""The Jinja2 environment of all our pages."""

from collections.abc import Callable
from functools import cache, lru_cache, wraps
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, pass_context
from markupsafe import Markup

from guanxi.core.ui import drawing, formats
from guanxi.core.ui.assets import asset


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named page: `url("records:detail", "account", record.id)`."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def language() -> str:
    """The active language as an HTML `lang` value."""
    return "zh-Hans" if formats.is_chinese() else (get_language() or "en").split("-")[0]


def _translated(message: str, /, **values: Any) -> Markup:
    """`_("…")` in templates: the values are escaped, the message is ours. Jinja's own formats even without values, by way of
    the context: a page says some two hundred things.
    """
    text = _text(message, get_language())
    return text % values if values or "%%" in text else text


@lru_cache(maxsize=20_000)
def _text(message: str, _language: str | None) -> Markup:
    """A message of a template in the active language; there are as many as templates have."""
    return Markup(gettext(message))


@cache
def _script_words(env: Environment, _language: str | None) -> Markup:
    return Markup(env.get_template("core/layout/messages.html.jinja").render())


def _by_language(function: Callable[..., str]) -> Callable[..., str]:
    """The format as a filter. A filter that takes the context is not computed when the template is compiled; without it
    a constant such as `{{ 252|duration }}` would stay for ever in the language of the first visitor.
    """

    @pass_context
    @wraps(function)
    def filtered(_context: Any, *args: Any, **kwargs: Any) -> str:
        return function(*args, **kwargs)

    return filtered


def environment(**options: Any) -> Environment:
    """Django's `OPTIONS["environment"]`: i18n, our globals and our formats as filters. Autoescape is Django's default, on."""
    options["extensions"] = [
        *options.get("extensions", []),
        "jinja2.ext.i18n",
        "jinja2.ext.do",
        "jinja2.ext.loopcontrols",
    ]
    env = Environment(**{"trim_blocks": True, "lstrip_blocks": True, "autoescape": True, **options})
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    env.globals.update(
        _=_translated,
        static=static,
        url=url,
        asset=asset,
        script_words=lambda: _script_words(env, get_language()),
        language=language,
        icon=drawing.icon,
        initials=drawing.initials,
        soft_tone=drawing.soft_tone,
        spark_points=drawing.spark_points,
        share=drawing.share,
        network=drawing.network,
    )
    for name in (
        "number", "percent", "capped", "money", "money_short", "day", "day_short", "day_relative", "day_long", "weekday",
        "month", "clock", "moment", "duration", "file_size", "as_date",
    ):  # fmt: skip
        env.filters[name] = _by_language(getattr(formats, name))
    return env
