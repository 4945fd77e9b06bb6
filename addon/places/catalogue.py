"""The kinds of places, and the single things that can be added, as menus show them."""

from ...procgen.places.scenes.recipes import RECIPES
from ...procgen.registry import GENERATORS, PICTURED
from ..fields.items import by_heading, headed, title

ANY = "ANY"
PLACE_KINDS = [(ANY, "Any", "Whatever kind the seed draws")] + [
    (name, title(name), recipe.says) for name, recipe in RECIPES.items()
]
THINGS = by_heading(
    row for row in GENERATORS.values() if row.name not in PICTURED and row.family != "materials" and row.alone
)
THING_ITEMS = headed(THINGS)
