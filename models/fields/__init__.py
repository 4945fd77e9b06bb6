"""Fields in a box: feature planes, their decoder, the volume renderer, fitting, meshes and export."""
