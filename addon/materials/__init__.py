"""Materials on any mesh, their sliders and their panel."""
