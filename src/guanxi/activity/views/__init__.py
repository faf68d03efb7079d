"""Pages, parts of pages and dialogs of activity."""
