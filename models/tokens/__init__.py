"""Pictures as tokens: a vector quantiser, one transformer, and three ways to draw tokens with it."""
