"""A person as other programs read it: plain meshes on one skeleton, with pictures, cards and morph targets (glTF, FBX, USD)."""
