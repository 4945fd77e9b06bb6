"""Sliders, menus and locks made from the declarations of specs, and what builds when a slider is let go."""
