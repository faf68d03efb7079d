"""`guanxi import --object`: one CSV or XLSX file of one object, its columns recognised by their names."""

import json
import time
from pathlib import Path

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.identity.services.tenants import tenant_by_slug
from guanxi.project.failure import Failure
from guanxi.records import registry
from guanxi.records.uploads.running import run_upload, set_mapping, start_upload


def import_file(*, tenant: str, plural: str, file: Path) -> list[str]:
    """Load the file; returns the refused rows, and as last line one JSON object with the figures.

    A row whose code, e-mail or name is known updates that record.
    """
    began = time.monotonic()
    kind = registry.by_plural(plural)
    if kind is None or not kind.importable:
        known = ", ".join(sorted(item.plural for item in registry.objects() if item.importable))
        raise Failure(f"{plural} cannot be imported. These can: {known}.")
    tenant_id = tenant_by_slug(tenant).id
    with tenant_tx(tenant_id):
        company = Company.objects.get()
    actor = Actor.system(tenant_id, via="import", currency=company.currency, time_zone=company.time_zone)
    upload = start_upload(actor, object_name=kind.name, name=file.name, content=file.read_bytes())
    match = next((name for name in ("code", "email", "name") if name in upload.mapping.values()), "")
    upload = set_mapping(actor, upload.id, mapping=upload.mapping, match=match, on_match="update", tag="")
    done = run_upload(actor, upload.id)
    lines = [f"warning: {file.name}:{number + 2}: refused: {why}" for number, why in done.options.get("refused", [])]
    figures = {name: getattr(done, name) for name in ("read", "created", "updated", "skipped", "refused")}
    seconds = round(time.monotonic() - began, 1)
    return [*lines, json.dumps(figures | {"warnings": len(lines), "seconds": seconds})]
