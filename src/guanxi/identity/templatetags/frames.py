"""Puts the sign-in library's pages into our layouts: `{% frame title %}…{% endframe %}` and `{% icon "key" %}`."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from guanxi.core.ui.drawing import icon as draw_icon
from guanxi.identity.entrance import is_local_demo
from guanxi.identity.queries import DemoPerson, demo_people, may_start_company
from guanxi.identity.screens import entrance_context, settings_context

register = template.Library()


class FrameNode(template.Node):
    """Renders its inside, then the Jinja2 page around it: settings for a member, else the page of sign-in."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: template.NodeList, title: Any) -> None:
        self.nodelist = nodelist
        self.title = title

    def render(self, context: template.Context) -> SafeString:
        """The whole page as HTML."""
        inner = self.nodelist.render(context)
        request = context["request"]
        title = str(self.title.resolve(context)).strip()
        member = getattr(request, "actor", None) is not None
        around = settings_context(request) if member else entrance_context(request)
        name = "identity/security_frame.html.jinja" if member else "identity/entrance_frame.html.jinja"
        page = render_to_string(name, {**around, "page_title": title, "inner": inner}, request=request, using="jinja")
        return mark_safe(page)


@register.tag
def frame(parser: template.base.Parser, token: template.base.Token) -> FrameNode:
    """`{% frame title %}`: the rest up to `{% endframe %}` becomes the content of the page."""
    _name, title = token.split_contents()
    nodelist = parser.parse(("endframe",))
    parser.delete_first_token()
    return FrameNode(nodelist, parser.compile_filter(title))


@register.simple_tag
def icon(name: str, size: int = 16) -> Any:
    """An icon of the kit."""
    return draw_icon(name, size)


@register.filter
def as_input(field: Any) -> Any:
    """A form's field drawn with the kit's class, tied to its messages."""
    described = f"{field.auto_id}_error" if field.errors else ""
    attributes = {"class": "input", "placeholder": "", "aria-invalid": "true" if field.errors else None}
    return field.as_widget(attrs={**attributes, "aria-describedby": described or None})


@register.simple_tag(takes_context=True)
def people_to_enter_as(context: template.Context) -> list[DemoPerson]:
    """The people of the demonstration, when this visitor may enter as one of them."""
    return demo_people() if is_local_demo(context["request"]) else []


@register.simple_tag(takes_context=True)
def open_for_companies(context: template.Context) -> bool:
    """Whether a visitor may set up a company."""
    return may_start_company(signed_in=False, local_demo=is_local_demo(context["request"]))
