"""Tables that others have published, reproduced with their protocols."""
