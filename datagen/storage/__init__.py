"""Datasets where they lie: folders, stores of objects behind a URL, shards, and how they are joined."""
