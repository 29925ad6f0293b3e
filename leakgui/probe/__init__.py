"""Look at a live process without changing it."""
