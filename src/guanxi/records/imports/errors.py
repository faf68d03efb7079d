"""The file of refused rows: each as it stood in the source, with the reason behind it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guanxi.records.imports.safety import safe_cell
from guanxi.records.models import Import


def error_lines(row: Import) -> Iterator[list[str]]:
    """The head, then every refused row; a corrected file can be imported as it is."""
    heads = list(row.options.get("headers", ()))
    yield [*heads, _("Reason")]
    for refused in row.rows.order_by("number", "id").iterator(chunk_size=2000):
        cells = [safe_cell(cell) for cell in refused.cells]
        yield [*cells, *[""] * (len(heads) - len(cells)), refused.reason]
