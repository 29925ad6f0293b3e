"""Answers computed from what was measured."""
