"""Running samples: the local pool, Ray, what machines give and what a run will cost."""
