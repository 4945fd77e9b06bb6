"""Datasets: pictures and exact labels rendered from specs, and the tools around them."""
