"""Bringing in many applications at once, from a file."""
