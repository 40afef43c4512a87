"""Layer 1, validation (线索验证)."""
