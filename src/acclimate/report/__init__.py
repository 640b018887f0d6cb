"""What an adaptation found out, shown: as a page, as a model card, as a table and as JSON."""
