"""Pages and dialogs of the sales room that the generic screens do not give."""
