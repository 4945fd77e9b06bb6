"""What a photograph of a face says: landmarks, pose, gaze, parts, depth and normals, learned from renders alone."""
