"""Choose the platform, the only place that asks."""
