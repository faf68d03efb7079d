"""Files, served only to those who may see what they belong to."""

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from guanxi.core.audit import log_access
from guanxi.core.errors import NotFound
from guanxi.core.files import get_file, may_read, open_file
from guanxi.core.filetypes import INLINE
from guanxi.core.source import source_archive

PDF = "application/pdf"
LOCKED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def serve_file(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """The bytes of a file, shown in the browser when it is a safe image or a PDF, else as a download.

    Whoever may not see it gets the same answer as for a file that does not exist. Downloads are logged.
    """
    actor = request.actor  # type: ignore[attr-defined]
    file = get_file(id)
    if actor is None or not may_read(actor, file):
        raise NotFound(_("There is no such file."))
    inline = file.content_type in INLINE and "download" not in request.GET
    if not inline:
        log_access(
            "download",
            member_id=actor.member_id,
            origin=actor.origin,
            object_name=file.object,
            record_id=file.record_id,
            detail={"file": str(file.id), "name": file.name},
        )
    response = FileResponse(
        open_file(file), as_attachment=not inline, filename=file.name, content_type=file.content_type
    )
    response.headers["Content-Length"] = str(file.size)
    response.headers["Cache-Control"] = "private, max-age=3600" if inline else "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if file.content_type == PDF:
        # Our own pages show the document in a frame.
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    else:
        response.headers["Content-Security-Policy"] = LOCKED
    return response


def serve_source(request: HttpRequest) -> HttpResponse:
    """The source of the running program as an archive, for everybody who is signed in."""
    response = HttpResponse(source_archive(), content_type="application/gzip")
    response["Content-Disposition"] = 'attachment; filename="guanxi-source.tar.gz"'
    return response
