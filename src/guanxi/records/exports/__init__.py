"""Lists as files: CSV, XLSX, JSON lines, vCard and iCalendar, of any length, within what the reader may see."""
