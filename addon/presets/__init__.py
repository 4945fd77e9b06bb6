"""Presets: files of parts of a spec, the ones that ship, and the panel."""
