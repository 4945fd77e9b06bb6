"""Sees and reads: captions, a picture-text model that guides and one that judges, attributes, a portrait encoder."""
