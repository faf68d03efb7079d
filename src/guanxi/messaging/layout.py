"""The frame around the HTML of every mail."""

from django.template.loader import render_to_string


def page_of(inner: str, *, company: str, language: str) -> str:
    """A complete HTML page for mail programs around safe inner HTML."""
    context = {"inner": inner, "company": company, "language": "zh-Hans" if language.startswith("zh") else "en"}
    return render_to_string("messaging/mail.html.jinja", context, using="jinja")
