"""Long work of the record engine."""

from uuid import UUID

from guanxi.core.jobs import enqueue, every, job
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.queries import actor_of_user
from guanxi.records.demands.filling import fill_match_keys
from guanxi.records.derived.rebuilding import rebuild_field, renew_fields
from guanxi.records.imports.following import follow_page
from guanxi.records.imports.running import run_import
from guanxi.records.merging.services import sweep_merge
from guanxi.records.operations.reading import forget_old_refusals
from guanxi.records.operations.running import run_operation
from guanxi.records.privacy.retention import run_rules
from guanxi.records.purging import purge_records, purge_values
from guanxi.records.recycling import empty_recycle_bin
from guanxi.records.replays import forget_old_keys
from guanxi.records.reports.runs import forget_old_runs, read_report
from guanxi.records.reports.subscriptions.sending import deliver_report, forget_deliveries, send_due
from guanxi.records.review.searching import find_pairs
from guanxi.records.sharing.filling import fill_rule
from guanxi.records.texts.documents import read_missed

# Jobs that stand beside their work: a worker knows them by this import.
ELSEWHERE = (
    fill_match_keys,
    find_pairs,
    run_operation,
    sweep_merge,
    fill_rule,
    rebuild_field,
    renew_fields,
    read_report,
    deliver_report,
)


@job(name="records.run_import", in_transaction=False)
def run_file_import(tenant_id: UUID, import_id: UUID, user_id: UUID) -> None:
    """Carry an import out in the name of the person who ordered it; goes on where a dead worker left off."""
    with tenant_tx(tenant_id):
        actor = actor_of_user(tenant_id, user_id, via="import")
    if actor is None:
        return
    done = run_import(actor, import_id)
    if done.created and done.followed_at is None and not done.options.get("dry"):
        with tenant_tx(tenant_id):
            enqueue(follow_import, tenant_id, import_id=import_id)


@job(name="records.follow_import", in_transaction=False)
def follow_import(tenant_id: UUID, import_id: UUID) -> None:
    """Let the search find what an import made, page by page."""
    while not follow_page(tenant_id, import_id):
        pass


@job(name="records.purge_field", in_transaction=False)
def purge_field_values(tenant_id: UUID, field_id: UUID) -> None:
    """Empty a removed field in all records and forget it."""
    purge_values(tenant_id, field_id)


@job(name="records.purge_object", in_transaction=False)
def purge_own_object(tenant_id: UUID, object_id: UUID) -> None:
    """Delete the records of a removed object of the tenant's own and forget it."""
    purge_records(tenant_id, object_id)


@job(name="records.empty_bin", in_transaction=False)
def empty_bin(tenant_id: UUID) -> None:
    """Remove for good what was deleted longer ago than the company keeps it."""
    empty_recycle_bin(tenant_id)


@every("23 1 * * *", name="records.empty_bins")
def empty_bins() -> None:
    """Every night, as a job of its own: it works batch by batch."""
    tenant_id = current_tenant_id()
    enqueue(empty_bin, tenant_id, once_key=f"records.empty_bin:{tenant_id}")


@job(name="records.keep_rules", in_transaction=False)
def keep_rules(tenant_id: UUID) -> None:
    """Carry out the rules for how long records are kept."""
    run_rules(tenant_id)


@every("53 0 * * *", name="records.keep_all_rules")
def keep_all_rules() -> None:
    """Every night, before the recycle bin is emptied, as a job of its own."""
    tenant_id = current_tenant_id()
    enqueue(keep_rules, tenant_id, once_key=f"records.keep_rules:{tenant_id}")


@job(name="records.read_missed", in_transaction=False)
def read_missed_documents(tenant_id: UUID) -> None:
    """Let the search find what is in files that nobody has read yet."""
    read_missed(tenant_id)


@every("*/20 * * * *", name="records.look_for_documents")
def look_for_documents() -> None:
    """Files of before, and those whose job was lost."""
    tenant_id = current_tenant_id()
    enqueue(read_missed_documents, tenant_id, once_key=f"records.read_missed:{tenant_id}")


@every("17 * * * *", name="records.forget_old_keys")
def forget_replays() -> None:
    """Drop the answers of writes that nobody can repeat any more."""
    forget_old_keys()


@every("41 2 * * *", name="records.forget_refusals")
def forget_refusals() -> None:
    """What operations left is kept as long as they can be taken back."""
    forget_old_refusals()


@every("53 2 * * *", name="records.forget_runs")
def forget_runs() -> None:
    """Figures that jobs read are kept for a week, files of mailed reports for a month."""
    forget_old_runs()
    forget_deliveries()


@every("*/5 * * * *", name="records.send_reports")
def send_reports() -> None:
    """Reports that people have subscribed to, when their time has come."""
    send_due()
