"""Follow-up: what an owner owes his lead, and the clocks that watch it."""
