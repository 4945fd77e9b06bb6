"""Floating things before a background: what nets that match pictures learn from, after WMGStereo (CVPR 2026)."""
