"""Measurements of leadstream, from a checkout: `python -m benchmarks`, `leadstream bench`, `make bench`."""
