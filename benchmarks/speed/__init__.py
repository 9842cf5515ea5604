"""How fast skattn is beside its peers: ratios of paired runs, never absolute times."""
