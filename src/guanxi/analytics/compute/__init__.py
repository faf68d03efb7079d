"""The steps of a run: from the warehouse to what was concluded. Imported by the process of analytics only."""
