"""Likeness: the person whom landmarks and colours of a photograph show, by the generator itself; numpy alone."""
