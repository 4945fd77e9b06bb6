"""simulacra sample: print the spec of a seed."""

from __future__ import annotations

import json

from ...procgen import registry
from ...procgen.params import parse_settings
from ..terminal import say, write
from . import options


@options.command()
@options.argument("generator", shell_complete=options.completing(options.generators))
@options.option("--seed", type=options.WHOLE, default=0, help="the same seed draws the same spec")
@options.option("--set", "settings", multiple=True, metavar="PATH=VALUE",
                help="narrow a field: value, low..high or a,b")  # fmt: skip
@options.option("--caption", is_flag=True, help="print its caption instead")
def command(generator, seed, settings, caption) -> None:
    """Print the spec that GENERATOR, a name of simulacra list, draws from a seed."""
    spec = registry.sample(generator, seed, parse_settings(settings))
    if caption:
        from ..caption import caption as describe

        say(describe(generator, spec))
    else:
        write(json.dumps(registry.dump(generator, spec), indent=1) + "\n")
