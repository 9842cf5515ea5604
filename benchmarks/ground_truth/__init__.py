"""Whether the attention finds the steps that are known to matter."""
