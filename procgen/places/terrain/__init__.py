"""Ground: heights, erosion, rocks, caves, and meshes of them as fine as the camera sees."""
