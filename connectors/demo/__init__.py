"""The demo's source, and the simulated world behind it."""
