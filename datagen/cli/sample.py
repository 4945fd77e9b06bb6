"""simulacra sample: print the spec of a seed."""

from __future__ import annotations

import json

from ...procgen import registry
from ...procgen.params import parse_settings
from .parser import whole


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("generator", metavar="GENERATOR", help="what to draw; see simulacra list")
    parser.add_argument("--seed", type=whole, default=0, help="the same seed draws the same spec")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="PATH=VALUE",
                        help="narrow a field: value, low..high or a,b")  # fmt: skip
    parser.add_argument("--caption", action="store_true", help="print its caption instead")


def command(arguments) -> None:
    """Print the spec that GENERATOR draws from a seed."""
    generator = arguments.generator
    spec = registry.sample(generator, arguments.seed, parse_settings(arguments.settings))
    if arguments.caption:
        from ..caption import caption as describe

        print(describe(generator, spec), flush=True)
    else:
        print(json.dumps(registry.dump(generator, spec), indent=1), flush=True)
