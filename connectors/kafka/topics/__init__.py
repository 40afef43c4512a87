"""The topics of an engine: what they must be, and making them so."""
