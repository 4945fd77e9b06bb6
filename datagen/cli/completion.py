"""simulacra completion: what makes a shell complete commands, options and names."""

from __future__ import annotations

import click

from ..terminal import write
from . import options

SHELLS = ("bash", "zsh", "fish")
COMPLETE = "_SIMULACRA_COMPLETE"  # the variable by which a shell asks


@options.command()
@options.argument("shell", type=options.OneOf(SHELLS))
@click.pass_context
def command(context, shell) -> None:
    """Print what makes SHELL (bash, zsh or fish) complete commands, options and names.

    \b
    bash: eval "$(simulacra completion bash)"            in ~/.bashrc
    zsh:  eval "$(simulacra completion zsh)"             in ~/.zshrc
    fish: simulacra completion fish | source             in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    write(get_completion_class(shell)(context.find_root().command, {}, "simulacra", COMPLETE).source())
