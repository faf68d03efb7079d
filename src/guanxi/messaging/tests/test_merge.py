import pytest

from guanxi.core.errors import Invalid
from guanxi.messaging.merge import check_fields, escape_markdown, merge, merge_html, to_html, to_plain

VALUES = {"contact": {"name": "张三", "email": "", "age": 0}, "name": "Ada"}


def test_fields_are_replaced_and_empty_ones_give_their_alternative() -> None:
    text = 'Dear {{ contact.name | "customer" }}, {{contact.email | "no mail"}} {{ contact.phone }}{{ name }} {{ contact }} {{ contact.age }}'
    assert merge(text, VALUES) == "Dear 张三, no mail Ada  0"
    assert check_fields(text) == ["contact.name", "contact.email", "contact.phone", "name", "contact", "contact.age"]


def test_typographic_quotes_of_word_processors_are_understood() -> None:
    assert merge("{{ contact.email | “客户” }}", VALUES) == "客户"


@pytest.mark.parametrize(
    "text",
    [
        "{{ contact.name",
        "contact }}",
        "{{ 1 + 1 }}",
        "{% for x in y %}",
        "{{ a.b() }}",
        "{{ a | upper }}",
        '{{ a["b"] }}',
    ],
)
def test_braces_that_form_no_field_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_fields(text)


def test_a_value_brings_no_field_of_its_own() -> None:
    assert merge("{{ name }}", {"name": "{{ secret }}", "secret": "x"}) == "{{ secret }}"


def test_values_bring_no_markup_and_no_links() -> None:
    evil = "[win](https://evil.example) <img src=x onerror=alert(1)> **bold** `x`\n# head"
    html = merge_html("Hello {{ name }}", {"name": evil})
    assert "<a" not in html
    assert "<img" not in html
    assert "<strong>" not in html
    assert html == "<p>Hello [win](https://evil.example) &lt;img src=x onerror=alert(1)&gt; **bold** `x` # head</p>\n"


def test_a_link_whose_address_is_a_value_works() -> None:
    html = merge_html("[Accept]({{ link }})", {"link": "https://crm.example/invitations/gx_12_a-b_c/"})
    assert (
        html == '<p><a href="https://crm.example/invitations/gx_12_a-b_c/" rel="noopener noreferrer">Accept</a></p>\n'
    )


def test_templates_cannot_carry_scripts() -> None:
    html = to_html("<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://track.example/p.gif)")
    assert "<script" not in html
    assert 'href="javascript' not in html


def test_plain_text_writes_links_and_emphasis_out() -> None:
    assert to_plain("**Due** [Open it](https://a.example/x) and [https://b.example](https://b.example)") == (
        "Due Open it: https://a.example/x and https://b.example"
    )


def test_escaped_text_stays_as_it_is() -> None:
    for text in ("a_b*c", "1. first", "- x", "1 < 2 & 3 > 2", "张三（上海）"):
        assert (
            to_html(escape_markdown(text))
            == f"<p>{text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</p>\n"
        )
