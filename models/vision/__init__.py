"""Sees and reads: captions, a picture-text model that guides or scores, attributes, a portrait encoder."""
