"""Datasets through the worker: of people and places, and labels of the open scene."""
