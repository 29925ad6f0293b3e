"""The rules, in the order a person would ask."""
