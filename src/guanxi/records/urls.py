"""Addresses of the generic screens. `{plural}` is the collection of a registered object, e.g. /accounts/."""

from django.urls import path, register_converter

from guanxi.records import registry
from guanxi.records.views import lists


class PluralConverter:
    """Matches collections of registered objects only, so that other rooms' pages keep their addresses."""

    regex = "[a-z][a-z0-9_-]*"

    def to_python(self, value: str) -> str:
        """The plural, or no match."""
        if registry.by_plural(value) is None:
            raise ValueError
        return value

    def to_url(self, value: str) -> str:
        """The plural itself."""
        return value


register_converter(PluralConverter, "plural")

urlpatterns = [
    path("<plural:plural>/", lists.list_page, name="records.list"),
    path("<plural:plural>/filter", lists.filter_dialog, name="records.filter"),
    path("<plural:plural>/filter/count", lists.filter_count, name="records.filter_count"),
    path("<plural:plural>/columns", lists.columns_dialog, name="records.columns"),
    path("<plural:plural>/columns/apply", lists.apply_columns, name="records.columns_apply"),
]
