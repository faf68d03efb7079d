"""Files that come with the form of a record: kept at once, so that a form with a mistake elsewhere need not send them again."""

from collections.abc import Iterable

from django.http import HttpRequest, QueryDict

from guanxi.core.errors import Invalid
from guanxi.records.custom import HELD
from guanxi.records.forms import UPLOAD
from guanxi.records.held_files import upload
from guanxi.records.registry import Field
from guanxi.records.views.base import actor_of


def with_uploads(request: HttpRequest, fields: Iterable[Field]) -> tuple[QueryDict, dict[str, list[str]]]:
    """The form as sent with the keys of new files among those that stay, and messages by field for files that were refused."""
    if not request.FILES:
        return request.POST, {}
    data, errors = request.POST.copy(), dict[str, list[str]]()
    for item in fields:
        sent = request.FILES.getlist(f"{UPLOAD}{item.name}") if item.kind == HELD else []
        made: list[str] = []
        for one in sent:
            try:
                kept = upload(actor_of(request), name=one.name or "", content=one.file, content_type=one.content_type)
                made.append(str(kept.id))
            except Invalid as refusal:
                errors.setdefault(item.name, []).extend(text for texts in refusal.errors.values() for text in texts)
        if made:
            # Where there is room for one, the new one takes the place of the old.
            data.setlist(item.name, made[-1:] if item.max_value == 1 else [*data.getlist(item.name), *made])
    return data, errors
