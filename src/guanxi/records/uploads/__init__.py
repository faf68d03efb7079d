"""Simple import: a spreadsheet becomes records, row by row, through the one write path."""

from guanxi.records.uploads.mapping import guess_mapping, preview_rows
from guanxi.records.uploads.reading import Table, read_table
from guanxi.records.uploads.running import run_batch, run_upload, start_upload

__all__ = ["Table", "guess_mapping", "preview_rows", "read_table", "run_batch", "run_upload", "start_upload"]
