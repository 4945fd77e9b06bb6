"""Places and single things in a scene, their sliders and their panels."""
