"""Addresses of the generic screens. `{plural}` is the collection of a registered object, e.g. /accounts/."""

from django.urls import path, register_converter

from guanxi.records import registry
from guanxi.records.views import (
    access_log,
    actions,
    boards,
    bulk,
    counts,
    dashboards,
    details,
    drawing,
    editing,
    exports,
    external,
    filters,
    formulas,
    imports,
    lists,
    lookups,
    merging,
    operations,
    own_fields,
    own_objects,
    recycling,
    reports,
    review,
    saved,
    settings,
    sharing,
    why,
)


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

ONE = "<plural:plural>/<uuid:id>/"

urlpatterns = [
    path("settings/access-log/", access_log.access_log, name="records.access_log"),
    path("settings/sharing/", sharing.rules, name="records.sharing"),
    path("settings/sharing/<uuid:id>/", sharing.rule, name="records.sharing_rule"),
    path("settings/sharing/<uuid:id>/conditions", sharing.criteria, name="records.sharing_conditions"),
    path("settings/sharing/<uuid:id>/delete", sharing.remove_rule, name="records.sharing_delete"),
    path("settings/tags/", settings.tags, name="records.tags"),
    path("settings/tags/<uuid:id>/delete", settings.remove_tag, name="records.tag_delete"),
    path("settings/codes/", settings.codes, name="records.codes"),
    path("settings/recycle-bin/", recycling.recycle_bin, name="records.recycle_bin"),
    path("settings/objects/", own_objects.objects, name="records.objects"),
    path("settings/objects/new", own_objects.new_object, name="records.object_new"),
    path("settings/objects/<uuid:id>/", own_objects.one_object, name="records.object"),
    path("settings/objects/<uuid:id>/delete", own_objects.remove, name="records.object_delete"),
    path("settings/objects/<uuid:id>/restore", own_objects.restore, name="records.object_restore"),
    path("settings/objects/<uuid:id>/purge", own_objects.purge, name="records.object_purge"),
    path("settings/fields/", own_fields.fields, name="records.fields"),
    path("settings/fields/new", own_fields.new_field, name="records.field_new"),
    path("settings/fields/formula", formulas.check, name="records.formula"),
    path("settings/fields/<uuid:id>/", own_fields.field, name="records.field"),
    path("settings/fields/<uuid:id>/move", own_fields.move, name="records.field_move"),
    path("settings/fields/<uuid:id>/delete", own_fields.remove, name="records.field_delete"),
    path("settings/fields/<uuid:id>/restore", own_fields.restore, name="records.field_restore"),
    path("settings/fields/<uuid:id>/purge", own_fields.purge, name="records.field_purge"),
    path("operations/", operations.operations, name="records.operations"),
    path("operations/<uuid:id>/", operations.operation, name="records.operation"),
    path("operations/<uuid:id>/cancel", operations.cancel, name="records.operation_cancel"),
    path("operations/<uuid:id>/undo", operations.undo, name="records.operation_undo"),
    path("reports/", reports.reports, name="records.reports"),
    path("reports/new", reports.new_report, name="records.report_new"),
    path("reports/preview", reports.preview, name="records.report_preview"),
    path("reports/<uuid:key>/edit", reports.edit_report, name="records.report_edit"),
    path("reports/<uuid:key>/delete", reports.remove, name="records.report_delete"),
    path("reports/<slug:key>/", reports.report, name="records.report"),
    path("reports/<slug:key>/result", reports.result, name="records.report_result"),
    path("reports/<slug:key>/export", reports.export, name="records.report_export"),
    path("reports/<slug:key>/favourite", reports.favourite, name="records.report_favourite"),
    path("dashboards/", dashboards.first_dashboard, name="records.dashboards"),
    path("dashboards/new", dashboards.new_dashboard, name="records.dashboard_new"),
    path("dashboards/<slug:key>/", dashboards.dashboard, name="records.dashboard"),
    path("dashboards/<slug:key>/edit", dashboards.edit_dashboard, name="records.dashboard_edit"),
    path("dashboards/<uuid:key>/delete", dashboards.remove_dashboard, name="records.dashboard_delete"),
    path("menu/counts", counts.counts, name="records.counts"),
    path("lookup/<slug:name>/", lookups.lookup, name="records.lookup"),
    path("<plural:plural>/", lists.list_page, name="records.list"),
    path("<plural:plural>/filter", filters.filter_dialog, name="records.filter"),
    path("<plural:plural>/filter/fields", filters.filter_fields, name="records.filter_fields"),
    path("<plural:plural>/filter/count", filters.filter_count, name="records.filter_count"),
    path("<plural:plural>/columns", lists.columns_dialog, name="records.columns"),
    path("<plural:plural>/rows", drawing.rows_dialog, name="records.rows"),
    path("<plural:plural>/rows/apply", drawing.apply_rows, name="records.rows_apply"),
    path("<plural:plural>/rows/colour", drawing.colour_dialog, name="records.rows_colour"),
    path("<plural:plural>/columns/apply", lists.apply_columns, name="records.columns_apply"),
    path("<plural:plural>/export", exports.export, name="records.export"),
    path("<plural:plural>/views/", saved.view_list, name="records.views"),
    path("<plural:plural>/views/new", saved.new_view, name="records.view_new"),
    path("<plural:plural>/views/<uuid:id>", saved.change_view, name="records.view_change"),
    path("<plural:plural>/views/<uuid:id>/delete", saved.remove_view, name="records.view_delete"),
    path("<plural:plural>/views/<uuid:id>/pin", saved.pin, name="records.view_pin"),
    path("<plural:plural>/bulk/field", bulk.bulk_field, name="records.bulk_field"),
    path("<plural:plural>/bulk/<slug:action>", bulk.bulk, name="records.bulk"),
    path("<plural:plural>/board", boards.board, name="records.board"),
    path("<plural:plural>/board/move", boards.move, name="records.board_move"),
    path("<plural:plural>/board/form/<slug:key>", boards.move_form, name="records.board_form"),
    path("<plural:plural>/calendar", boards.calendar, name="records.calendar"),
    path("<plural:plural>/calendar/feed", boards.calendar_feed, name="records.calendar_feed"),
    path("<plural:plural>/calendar/<uuid:id>", boards.calendar_move, name="records.calendar_move"),
    path("<plural:plural>/import/", imports.choose_file, name="records.import"),
    path("<plural:plural>/import/<uuid:id>/", imports.choose_columns, name="records.import_columns"),
    path("<plural:plural>/import/<uuid:id>/result", imports.result, name="records.import_result"),
    path("<plural:plural>/import/<uuid:id>/errors", imports.errors, name="records.import_errors"),
    path("<plural:plural>/import/<uuid:id>/pause", imports.pause, name="records.import_pause"),
    path("<plural:plural>/import/<uuid:id>/resume", imports.resume, name="records.import_resume"),
    path("<plural:plural>/import/<uuid:id>/undo", imports.undo, name="records.import_undo"),
    path("<plural:plural>/new", editing.new_record, name="records.new"),
    path("<plural:plural>/similar", editing.similar, name="records.similar"),
    path("<plural:plural>/duplicates/", review.review, name="records.review"),
    path("<plural:plural>/duplicates/threshold", review.threshold, name="records.review_threshold"),
    path("<plural:plural>/duplicates/<uuid:pair>", review.decision, name="records.review_decision"),
    path("<plural:plural>/merge", merging.compare, name="records.compare"),
    path(ONE + "duplicates", merging.duplicates, name="records.duplicates"),
    path(ONE, details.detail, name="records.detail"),
    path(ONE + "why", why.why, name="records.why"),
    path(ONE + "shares", sharing.shares, name="records.shares"),
    path(ONE + "preview", details.preview, name="records.preview"),
    path(ONE + "reveal/<slug:name>", details.reveal, name="records.reveal"),
    path(ONE + "edit", editing.edit_record, name="records.edit"),
    path(ONE + "merge", editing.resolve_conflict, name="records.merge"),
    path(ONE + "cell/<slug:name>", editing.field_form, name="records.cell"),
    path(ONE + "delete", editing.delete, name="records.delete"),
    path(ONE + "restore", editing.restore, name="records.restore"),
    path(ONE + "keys", external.keys, name="records.keys"),
    path(ONE + "keys/<uuid:key_id>/remove", external.remove_key, name="records.key_remove"),
    path(ONE + "undo", actions.undo, name="records.undo"),
    path(ONE + "do/<slug:key>", actions.command, name="records.command"),
    path(ONE + "files", actions.add_files, name="records.files"),
    path(ONE + "files/<uuid:file_id>/delete", actions.remove_file, name="records.file_delete"),
]
