"""Surfaces as triangles: tetrahedra that hold one, a rasteriser with gradients, warps of pictures with depth, splats."""
