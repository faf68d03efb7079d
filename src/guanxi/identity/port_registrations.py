"""What identity offers to ports of the ground floor."""

from typing import Any

from guanxi.core.files import FILE_ACCESS
from guanxi.core.models import StoredFile


def may_see_logo(actor: Any, file: StoredFile) -> bool:
    """The logo is for every member of the tenant."""
    return True


FILE_ACCESS.register("company", may_see_logo)
