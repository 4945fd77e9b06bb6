"""The preset library: materials, looks, places and expressions as assets with catalogues, and what happens when one is dropped."""
