"""The generators of plants."""

from ...generator import Generator


def _plant(name: str, module: str, spec: str, doc: str) -> Generator:
    return Generator(name, "plants", f".places.plants.{module}", spec, f"sample_{name}", f"build_{name}", doc)


PLANTS: tuple[Generator, ...] = (
    _plant("tree", "tree", "Tree", "a tree of seventeen species in any season"),
    _plant("bush", "bush", "Bush", "a bush of many stems"),
    # "leaf" is the name of what it is made of.
    Generator(
        "single_leaf", "plants", ".places.plants.leaf", "Leaf", "sample_leaf", "build_leaf", "a leaf of fourteen shapes"
    ),
    _plant("grass", "grass", "Grass", "a clump of grass"),
    _plant("fern", "fern", "Fern", "a fern"),
    _plant("cactus", "cactus", "Cactus", "a cactus"),
    _plant("succulent", "succulent", "Succulent", "a succulent rosette"),
    _plant("flower", "flower", "Flower", "a flowering plant"),
    _plant("monocot", "monocot", "Monocot", "a banana plant, iris or the like"),
    _plant("mushroom", "mushroom", "Mushroom", "a group of mushrooms"),
    _plant("vine", "vine", "Vine", "a climbing plant"),
    _plant("fruit", "fruit", "Fruit", "a fruit"),
    _plant("fallen_log", "dead_wood", "FallenLog", "a fallen log"),
    _plant("dead_branch", "dead_wood", "DeadBranch", "a branch on the ground"),
    _plant("tree_stump", "dead_wood", "TreeStump", "a tree stump"),
    _plant("leaf_litter", "leaf_litter", "LeafLitter", "a patch of fallen leaves"),
)
