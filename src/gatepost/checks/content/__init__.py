"""Checks of what a message holds."""
