"""People: identity, expression, skin, eyes, hair and what they wear."""
