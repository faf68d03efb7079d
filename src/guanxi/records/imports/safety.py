"""Cells of files for spreadsheet programs."""

from typing import Any


def safe_cell(text: Any) -> str:
    """A cell that a spreadsheet program does not take for a formula."""
    cell = str(text)
    signed = cell.startswith(("+", "-")) and not cell[1:2].isdigit()
    return f"'{cell}" if signed or cell.startswith(("=", "@", "\t", "\r")) else cell
