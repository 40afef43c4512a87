"""Rows: what an entity's state is on disk, one module per kind of entity."""
