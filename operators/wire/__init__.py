"""The shapes on the wire: records as they come in, outputs as they go out, an arrival on its way."""
