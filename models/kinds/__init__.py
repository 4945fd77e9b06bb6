"""What systems generate, one module a kind: a picture, a video, points, a mesh, a field, an avatar, a scene."""
