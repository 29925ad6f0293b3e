"""Start the worker, and ask it."""
