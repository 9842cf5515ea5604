"""Defaults only, on data that nobody tuned on; see `make untuned`."""
