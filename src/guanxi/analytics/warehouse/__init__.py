"""The warehouse: facts of all rooms as Parquet files, and frames computed from them. Imported by the process of analytics only, never by a page."""
