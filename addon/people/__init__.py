"""People in a scene, their sliders and their panel."""
