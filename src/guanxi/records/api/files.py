"""Files attached to records: list, upload, facts, content, recycle bin."""

import hashlib
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.files import delete_file, files_of, get_file, may_read, open_file, store_file, tells_nothing_hidden
from guanxi.core.models import StoredFile
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import may, require, require_admin
from guanxi.identity.services import set_logo, upload_logo
from guanxi.records import registry
from guanxi.records.api.calls import PREFIX, Call, answer, nothing, query
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.problems import InvalidAt, Problem
from guanxi.records.held_files import upload as keep_upload
from guanxi.records.queries import get_record, visible_records
from guanxi.records.values import plain


def files_call(call: Call) -> HttpResponse:
    """GET /{plural}/{id}/files: what is attached to a record."""
    query(call.request, ())
    require(call.actor, call.object_type.name, "view")
    get_record(call.actor, call.object_type.name, call.id)
    files = files_of(call.object_type.name, call.id)
    readable = [file for file in files if tells_nothing_hidden(call.actor, file)]
    return answer({"data": [_shown(file) for file in readable], "next": None})


def upload_call(call: Call) -> HttpResponse:
    """POST /{plural}/{id}/files: attach a file (multipart/form-data, part "file")."""
    query(call.request, ())
    kind = call.object_type
    require(call.actor, kind.name, "edit")
    get_record(call.actor, kind.name, call.id, "edit")
    upload = _upload(call)

    def keep() -> Outcome:
        file = store_file(
            name=upload.name or "",
            content=upload.file,
            content_type=upload.content_type,
            object=kind.name,
            record_id=call.id,
            member_id=call.actor.member_id,
        )
        return Outcome(201, kind.name, (file.id,), _made(file))

    # The boundary of the form differs in every request: the same name and bytes make the same upload.
    same = hashlib.file_digest(upload.file, "sha256").hexdigest()
    return once(
        call,
        "edit",
        keep,
        content=f"{upload.name}\n{same}".encode(),
        again=lambda key: _made(_readable(replace(call, record_id=key))),
    )


def upload_loose_call(call: Call) -> HttpResponse:
    """POST /files: keep a file that a field of a record will name (multipart/form-data, part "file")."""
    query(call.request, ())
    writes = (may(call.actor, kind.name, action) for kind in registry.objects() for action in ("create", "edit"))
    if not any(writes):
        raise NotAllowed(_("Your role does not permit this."))
    sent = _upload(call)

    def keep() -> Outcome:
        file = keep_upload(call.actor, name=sent.name or "", content=sent.file, content_type=sent.content_type)
        return Outcome(201, "file", (file.id,), _made(file))

    same = hashlib.file_digest(sent.file, "sha256").hexdigest()
    again = lambda key: _made(_readable(replace(call, record_id=key)))  # noqa: E731
    return once(call, "edit", keep, content=f"{sent.name}\n{same}".encode(), again=again)


def _made(file: StoredFile) -> HttpResponse:
    return answer(_shown(file), 201, {"Location": f"{PREFIX}/files/{file.id}"})


def _upload(call: Call) -> Any:
    if (call.request.content_type or "").lower() != "multipart/form-data":
        raise Problem(415, _("Send the file as multipart/form-data."))
    try:
        files = call.request.FILES
    except (MultiPartParserError, SuspiciousOperation, ValueError):
        raise Problem(400, _("The form is not well formed.")) from None
    if list(files) != ["file"] or len(files.getlist("file")) != 1:
        raise InvalidAt({"/file": [_("Send one file as the part “file”.")]})
    return files["file"]


def upload_logo_call(call: Call) -> HttpResponse:
    """POST /company/logo: a picture for the side bar and the quotes (multipart/form-data, part "file")."""
    query(call.request, ())
    require_admin(call.actor)
    upload = _upload(call)

    def keep() -> Outcome:
        try:
            company = upload_logo(call.actor, name=upload.name or "", content=upload.file, size=upload.size)
        except Invalid as refusal:
            raise Invalid(
                {"file" if name == "logo" else name: texts for name, texts in refusal.errors.items()}
            ) from refusal
        assert company.logo_id is not None
        return Outcome(201, "company", (company.logo_id,), _made(get_file(company.logo_id)))

    same = hashlib.file_digest(upload.file, "sha256").hexdigest()
    upload.file.seek(0)
    again = lambda key: _made(_readable(replace(call, record_id=key)))  # noqa: E731
    return once(call, "edit", keep, content=f"{upload.name}\n{same}".encode(), again=again)


def remove_logo_call(call: Call) -> HttpResponse:
    """DELETE /company/logo: the seal again."""
    query(call.request, ())
    set_logo(call.actor, file=None)
    return nothing()


def file_call(call: Call) -> HttpResponse:
    """GET /files/{id}: the facts of a file."""
    query(call.request, ())
    return answer(_shown(_readable(call)))


def content_call(call: Call) -> HttpResponseBase:
    """GET /files/{id}/content: its bytes, always as a download."""
    query(call.request, ())
    file = _readable(call)
    note_access(
        call.actor, "file.downloaded", object_name=file.object, record_id=file.record_id, detail={"file": str(file.id)}
    )
    response = FileResponse(open_file(file), content_type=file.content_type)
    response.headers["Content-Length"] = str(file.size)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def remove_call(call: Call) -> HttpResponse:
    """DELETE /files/{id}: into the recycle bin; needs the right to edit the record."""
    query(call.request, ())
    file = _readable(call)
    if file.object and not _may_edit(call, file.object, file.record_id):
        raise NotAllowed(_("You may see this record, but not change it."))
    if not file.object:
        require(call.actor, "file", "delete")
    delete_file(file.id)
    return nothing()


def _readable(call: Call) -> StoredFile:
    """The file, if the caller may see the record that it is attached to. Raises `NotFound`."""
    file = get_file(call.id)
    kind = registry.find(file.object)
    if kind is None:
        permitted = may_read(call.actor, file)
    else:
        hidden = kind.room in call.actor.rooms_off
        seen = not hidden and visible_records(call.actor, kind.name).filter(id=file.record_id).exists()
        permitted = seen and tells_nothing_hidden(call.actor, file)
    if not permitted:
        raise NotFound(_("There is no such file."))
    return file


def _may_edit(call: Call, object_name: str, record_id: UUID | None) -> bool:
    return bool(visible_records(call.actor, object_name, "edit").filter(id=record_id).exists())


def _shown(file: StoredFile) -> dict[str, Any]:
    return {
        "id": str(file.id),
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "object": file.object,
        "record": None if file.record_id is None else str(file.record_id),
        "created_at": plain(file.created_at),
        "content": f"{PREFIX}/files/{file.id}/content",
    }
