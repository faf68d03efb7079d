"""Pages of engagement beside the generic ones."""
