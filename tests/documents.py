"""Every place of a JSON document, and what may stand there that should not."""

import copy


def paths(value, here=()):
    """Every place in a JSON document."""
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from paths(child, (*here, key))


def at(value, where):
    """What stands at a place."""
    for key in where:
        value = value[key]
    return value


def with_at(value, where, other):
    """The document with another value at a place."""
    if not where:
        return other
    value = copy.deepcopy(value)
    at(value, where[:-1])[where[-1]] = other
    return value


def without(value, where):
    """The document without a place."""
    value = copy.deepcopy(value)
    del at(value, where[:-1])[where[-1]]
    return value
