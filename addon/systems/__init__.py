"""Trained systems through the worker."""
