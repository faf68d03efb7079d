"""What a file is, told by its bytes and its name together; what may not be kept at all."""

import mimetypes
from pathlib import PurePosixPath

import filetype  # type: ignore[import-untyped]
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid

UNKNOWN = "application/octet-stream"
# Shown in the browser itself; everything else is offered for download only.
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})

_PROGRAMS = (
    "exe com bat cmd scr pif msi msp dll cpl hta js jse mjs vbs vbe wsf wsh ps1 psm1 sh bash jar class lnk reg app apk"
)
_IMAGES_OF_DISKS = "deb rpm iso img"
_PAGES = "htm html xhtml xht shtml svg svgz mht mhtml swf docm xlsm pptm xlam"
_RUN_BY_NAME = frozenset(f"{_PROGRAMS} {_IMAGES_OF_DISKS} {_PAGES}".split())
_RUN_BY_BYTES = (b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_ACTIVE_TEXT = (b"<!doctype html", b"<html", b"<script", b"<svg")
_OFFICE = "application/vnd.openxmlformats-officedocument."
# Endings whose bytes are recognised with certainty: anything else under that name is a disguise.
_CERTAIN = {
    "png": {"image/png"},
    "jpg": {"image/jpeg"},
    "jpeg": {"image/jpeg"},
    "gif": {"image/gif"},
    "webp": {"image/webp"},
    "pdf": {"application/pdf"},
    "zip": {"application/zip"},
    "docx": {"application/zip", _OFFICE + "wordprocessingml.document"},
    "xlsx": {"application/zip", _OFFICE + "spreadsheetml.sheet"},
    "pptx": {"application/zip", _OFFICE + "presentationml.presentation"},
}
_TEXT = frozenset({"txt", "csv", "tsv", "md", "json", "xml", "ics", "vcf", "eml", "log"})
_TYPES = {
    "docx": _OFFICE + "wordprocessingml.document",
    "xlsx": _OFFICE + "spreadsheetml.sheet",
    "pptx": _OFFICE + "presentationml.presentation",
    "csv": "text/csv",
    "md": "text/markdown",
    "eml": "message/rfc822",
    "ics": "text/calendar",
    "vcf": "text/vcard",
}


def refuse_type(name: str, head: bytes, claimed: str | None = None) -> str:
    """The content type of a file with this name and these first bytes.

    Raises Invalid({"file": …}) for programs, pages with scripts, and bytes that are not what the name says.
    """
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    if ending in _RUN_BY_NAME or _is_program(head) or _is_active_text(head):
        raise Invalid({"file": [_("Files of this type are not accepted.")]})
    guess = filetype.guess(head)
    seen = guess.mime if guess else None
    # Words may begin like the mark of some format ("BM", "MZ"); only with a zero byte it is one.
    binary = seen is not None and b"\0" in head[:512]
    if (ending in _CERTAIN and seen not in _CERTAIN[ending]) or (ending in _TEXT and binary):
        raise Invalid({"file": [_("The content of this file is not what its name says.")]})
    # Bytes first: an image under an unknown name is an image, never something that the sender calls it.
    return _TYPES.get(ending) or seen or mimetypes.guess_type(name)[0] or _plain_claim(claimed)


def _is_program(head: bytes) -> bool:
    # Two letters alone prove nothing (a table may begin with "MZ"); a program has zero bytes among its first.
    return head.startswith(_RUN_BY_BYTES) or (head.startswith(b"MZ") and b"\0" in head[:512])


def _is_active_text(head: bytes) -> bool:
    start = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith(_ACTIVE_TEXT) or (start.startswith(b"<?xml") and (b"<svg" in start or b"<html" in start))


def _plain_claim(claimed: str | None) -> str:
    kind = (claimed or "").split(";")[0].strip().lower()
    return kind if kind.startswith("text/plain") else UNKNOWN
