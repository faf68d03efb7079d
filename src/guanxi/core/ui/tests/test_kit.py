import re
from pathlib import Path

import orjson
import pytest
from django.template import engines
from django.test import RequestFactory
from django.utils.translation import override

from guanxi.core.ui.views import kit_page

FRONTEND = Path(__file__).resolve().parents[5] / "frontend"
PACKAGE = Path(__file__).resolve().parents[3]


def render(source: str, **context: object) -> str:
    return str(engines["jinja"].from_string(source).render(context))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_kit_page_renders(rf: RequestFactory, language: str, theme: str) -> None:
    page = kit_page(rf.get("/kit", {"language": language, "theme": theme})).content.decode()
    assert f'data-theme="{theme}"' in page
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page
    assert page.count("<h1") == 1


def test_no_page_of_the_kit_has_inline_scripts_or_handlers(rf: RequestFactory) -> None:
    page = kit_page(rf.get("/kit")).content.decode()
    assert re.findall(r"<script(?![^>]*(?:application/json|src=))[^>]*>", page) == []
    assert re.findall(r"\son[a-z]+=", page) == []
    assert "<style" not in page


ICON_PLACES = (
    r"""\bicon\(["']([a-z0-9-]+)["']""",
    r"""["']icon["']:\s*["']([a-z0-9-]+)["']""",
    r"""\bicon(?:_name)?=["']([a-z0-9-]+)["']""",
    r"""(?:icon_button|mark_box)\(["']([a-z0-9-]+)["']""",
    r"""\bbutton\(_\("[^"]*"\),\s*["']([a-z0-9-]+)["']""",
    r"""{% icon ["']([a-z0-9-]+)["']""",
)


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    known = set((FRONTEND / "icons.txt").read_text("utf-8").split())
    missing = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*")
        if path.suffix in (".jinja", ".py", ".html") and "tests" not in path.parts
        for place in ICON_PLACES
        for name in re.findall(place, path.read_text("utf-8"))
        if name not in known
    }
    assert missing == set(), "Run `npm run icons` in frontend/, then build."


def test_a_field_shows_its_error_and_escapes_what_was_typed() -> None:
    html = render(
        '{% import "core/kit/fields.html.jinja" as f %}{{ f.text("mail", "Mail", value, errors=["Complete the address"]) }}',
        value='"><script>',
    )
    assert 'value="&#34;&gt;&lt;script&gt;"' in html
    assert 'aria-invalid="true" aria-describedby="id_mail_error"' in html
    assert "<span>Complete the address</span>" in html


def test_a_button_that_is_not_possible_says_why() -> None:
    html = render(
        '{% import "core/kit/buttons.html.jinja" as b %}{{ b.button("Send", href="/send", disabled_reason="No address") }}'
    )
    assert 'aria-disabled="true" title="No address"' in html
    assert "/send" not in html


def test_a_sorted_column_says_its_direction() -> None:
    html = render(
        '{% import "core/kit/table.html.jinja" as t %}{{ t.head([{"label": "Value", "num": True, "sorted": "descending", "sort_url": "?sort=value"}]) }}'
    )
    assert '<th scope="col" class="num" aria-sort="descending">' in html


def test_formats_of_constants_follow_the_language_of_each_visit() -> None:
    template = engines["jinja"].from_string("{{ 252|duration }} {{ 1580000|money_short }}")
    with override("en"):
        assert template.render() == "4 min 12 s ¥1.58M"
    with override("zh-hans"):
        assert template.render() == "4 分 12 秒 ¥158万"


def test_texts_and_words_for_scripts_follow_each_reader() -> None:
    template = engines["jinja"].from_string('{{ _("Close") }} {{ script_words() }}')
    found = []
    for language in ("en", "zh-hans", "en", "zh-hans"):
        with override(language):
            text, _blank, rest = str(template.render({})).partition(" ")
            found.append((text, orjson.loads(rest.split(">", 1)[1].split("</script>")[0])["close"]))
    assert found == [("Close", "Close"), ("关闭", "关闭")] * 2
