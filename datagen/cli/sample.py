"""simulacra sample: print the spec of a seed."""

from __future__ import annotations

import json

import click

from ...procgen import registry
from ...procgen.params import parse_settings


@click.command("sample")
@click.argument("generator")
@click.option("--seed", default=0, show_default=True)
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="narrow a field: value, low..high or a,b")
@click.option("--caption", is_flag=True, help="print its caption instead")
def command(generator, seed, settings, caption):
    """Print the spec that GENERATOR draws from a seed."""
    spec = registry.sample(generator, seed, parse_settings(settings))
    if caption:
        from ..caption import caption as describe

        click.echo(describe(generator, spec))
    else:
        click.echo(json.dumps(registry.dump(generator, spec), indent=1))
