"""The form of a questionnaire for whoever has a link: no sign-in, and nothing shown but the questions and who asks."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.engagement.filling import posted
from guanxi.engagement.links import read_token
from guanxi.engagement.models import FormLink, Questionnaire
from guanxi.engagement.queries import ROOM, latest_version
from guanxi.engagement.services import answer_link, open_link, state_of
from guanxi.engagement.sheet import read_sheet
from guanxi.identity.models import Company, Tenant
from guanxi.identity.screens import entrance_page
from guanxi.identity.throttle import count_attempt

LANGUAGES = (("en", "English"), ("zh-hans", "中文"))
TRIES, WITHIN = 60, 600


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, token: str) -> HttpResponse:
    """The questions; POST keeps the answers and goes on to the thanks."""
    count_attempt("form", request, limit=TRIES, seconds=WITHIN)
    tenant_id, link_id = _named(token)
    with tenant_tx(tenant_id):
        link = _link(link_id)
        with translation.override(_language(request, link)):
            if state_of(link) != "open":
                return _over(request, link, state_of(link))
            return _answer(request, link, token) if request.method == "POST" else _form(request, link)


@never_cache
@require_safe
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """After the answer."""
    tenant_id, link_id = _named(token)
    with tenant_tx(tenant_id):
        link = _link(link_id)
        with translation.override(_language(request, link)):
            asked = link.questionnaire
            said = (asked.thanks_zh if _chinese() else "") or asked.thanks or _("Your answers have arrived.")
            return _page(request, asked, {"page_title": _("Thank you"), "message": said})


def _named(token: str) -> Any:
    found = read_token(token)
    if found is None or not Tenant.objects.filter(id=found[0], is_active=True).exists():
        raise NotFound(_("There is no such page."))
    return found


def _link(link_id: Any) -> FormLink:
    if ROOM in (Company.objects.values_list("rooms_off", flat=True).first() or []):
        raise NotFound(_("There is no such page."))
    return open_link(link_id)


def _language(request: HttpRequest, link: FormLink) -> str:
    wanted = request.GET.get("lang") or link.language or translation.get_language_from_request(request)
    return "zh-hans" if wanted.lower().startswith("zh") else "en"


def _chinese() -> bool:
    return (translation.get_language() or "").startswith("zh")


def _answer(request: HttpRequest, link: FormLink, token: str) -> HttpResponse:
    version = latest_version(link.questionnaire_id)
    sheet = read_sheet(version.content if version else {})
    language = translation.get_language() or "en"
    try:
        answer_link(link, posted(sheet, request.POST), language=language)
    except Invalid as refusal:
        given = {name: request.POST.getlist(name) for name in request.POST}
        return _form(request, link, given, refusal.errors)
    except Conflict:
        return _over(request, link, "answered")
    return redirect(f"/q/{token}/thanks/?lang={language}")


def _form(
    request: HttpRequest,
    link: FormLink,
    given: dict[str, list[str]] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> HttpResponse:
    asked = link.questionnaire
    version = latest_version(asked.id)
    sheet = read_sheet(version.content if version else {})
    context = {
        "page_title": asked.name_in(translation.get_language() or "en"),
        "intro": (asked.intro_zh if _chinese() else "") or asked.intro,
        "sheet": sheet,
        "given": given or {},
        "errors": errors or {},
        "form_errors": [text for key, texts in (errors or {}).items() if key not in sheet.by_key for text in texts],
    }
    return _page(request, asked, context, status=422 if errors else 200)


def _over(request: HttpRequest, link: FormLink, state: str) -> HttpResponse:
    words = {
        "answered": _("You have answered already. Thank you."),
        "expired": _("This link has expired. Ask the sender for a new one."),
        "closed": _("This questionnaire is closed."),
    }
    title = link.questionnaire.name_in(translation.get_language() or "en")
    status = 200 if state == "answered" else 410
    return _page(request, link.questionnaire, {"page_title": title, "message": words[state]}, status=status)


def _page(request: HttpRequest, asked: Questionnaire, context: dict[str, Any], status: int = 200) -> HttpResponse:
    said = translation.get_language() or "en"
    known = {
        "company": Tenant.objects.values_list("name", flat=True).get(id=asked.tenant_id),
        "said": said,
        "languages": [(code, label, code == said) for code, label in LANGUAGES],
    }
    return entrance_page(request, "engagement/public.html.jinja", {**known, **context}, status=status)
