"""The process that may look inside other processes."""
