"""Animation of a person: what it does by itself, captures of faces and heads, and speech."""
