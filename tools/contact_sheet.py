"""Put the pictures of a dataset on one sheet: python tools/contact_sheet.py DATASET OUT.jpg [--columns 8] [--tile 256]."""

from pathlib import Path

import click
from PIL import Image


@click.command()
@click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--columns", default=8, show_default=True)
@click.option("--tile", default=256, show_default=True, help="edge of a picture, pixels")
@click.option("--limit", default=48, show_default=True)
def main(dataset: Path, out: Path, columns: int, tile: int, limit: int) -> None:
    """Write a sheet of the first pictures of DATASET to OUT."""
    files = sorted(dataset.glob("[0-9]*/0000.rgb.png"))[:limit]
    if not files:
        raise click.UsageError(f"{dataset}: holds no sample with 0000.rgb.png")
    rows = -(-len(files) // columns)
    sheet = Image.new("RGB", (columns * tile, rows * tile))
    for index, file in enumerate(files):
        row, column = divmod(index, columns)
        with Image.open(file) as picture:
            shrunk = picture.convert("RGB").resize((tile, tile), Image.Resampling.BOX)
        sheet.paste(shrunk, (column * tile, row * tile))
    sheet.save(out, quality=90)


if __name__ == "__main__":
    main()
