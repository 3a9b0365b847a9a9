"""Measures, each beside its limit in the same run: `python -m bench --help`, docs/performance.md."""
