"""Tar shards, as WebDataset has them: consecutive members that share a key are one sample; written and read."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import BadInput
from ..formats.limits import most_of
from ..formats.reading import GIB, open_regular
from ..readers import Sample

INDEX = "shards.json"  # beside the shards: what each holds
BLOCK = tarfile.BLOCKSIZE
LARGEST_SHARD = 256 * GIB  # bytes; only headers and what is wanted of it are read
PADDING = 1 << 20  # bytes of nothing that may follow the end of an archive
EXTENDED = 1 << 16  # bytes of an extended header that is read


def frame_keys(sample: Sample) -> dict[int, str]:
    """The key of each frame of a sample, in shards and wherever else frames are told apart."""
    frames = sample.record.get("frames") if isinstance(sample.record, dict) else None
    if not isinstance(frames, list) or not all(type(frame) is int and 0 <= frame < 10**6 for frame in frames):
        raise BadInput(f"{sample.path / 'sample.json'}: frames are not a list of whole numbers in 0..999999")
    return {frame: f"{sample.name}_{frame:04d}" for frame in frames}


def write_shard(path: Path, members: Iterable[tuple[str, Path | bytes]]) -> None:
    """Write members, name and a file or bytes, in the order given; only names and contents decide the shard's bytes."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                info = tarfile.TarInfo(name)  # of user 0, at time 0
                info.size = source.seek(0, io.SEEK_END)
                source.seek(0)
                tar.addfile(info, source)


def read_shard(path: Path, wanted: Iterable[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Key and the wanted members of each sample, by what stands behind the key: ``rgb.png`` of ``000000_0000.rgb.png``.

    Other members are passed over unread. Raises BadInput at a shard that is broken or cut off, and at a sample that
    lacks a wanted member or lies in two places. Source: POSIX.1-2001, ustar interchange format.
    """
    wanted = frozenset(wanted)
    opened = open_regular(Path(path), LARGEST_SHARD)
    try:
        with opened as file:
            key, held, found, seen = None, set(), {}, set()
            for name, size in _members(file):
                folder, slash, file_name = name.rpartition("/")
                stem, _, field = file_name.partition(".")
                if not stem or not field:
                    continue
                stem = folder + slash + stem
                if stem != key:
                    if key is not None:
                        yield key, _whole(found, held, wanted, key)
                    if stem in seen:
                        raise BadInput(f"the members of {stem} do not follow one another")
                    seen.add(stem)
                    key, held, found = stem, set(), {}
                if field in held:
                    raise BadInput(f"it holds {name} twice")
                held.add(field)
                if field in wanted:
                    if size > most_of(field):
                        raise BadInput(f"{name} holds {size} bytes; allowed are {most_of(field)}")
                    found[field] = file.read(size)
            if key is not None:
                yield key, _whole(found, held, wanted, key)
    except LookupError as error:
        raise BadInput(f"{path}: {error.args[0]}") from None
    except BadInput as error:
        raise BadInput(f"{path}: is not a whole shard ({error})") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from None


def _whole(found: dict[str, bytes], held: set[str], wanted: frozenset[str], key: str) -> dict[str, bytes]:
    if missing := sorted(wanted - held):
        raise LookupError(f"{key} has no {missing[0]}; it has {', '.join(sorted(held)[:30])}")
    return found


def _members(file) -> Iterator[tuple[str, int]]:
    """Name and size of each file in the archive; when one is yielded, its contents are next in ``file``.

    Python's tarfile takes a broken header for the end of the archive, which would lose samples without a word.
    """
    end = file.seek(0, io.SEEK_END)
    at = 0
    while True:
        file.seek(at)
        block = file.read(BLOCK)
        if len(block) < BLOCK:
            raise BadInput("it ends too early")
        if not any(block):
            break
        name, size, kind = _header(block)
        at += BLOCK
        if size > end - at:
            raise BadInput(f"it ends within {name}")
        if kind in b"0\0":
            yield name, size
        elif kind == b"x" or kind == b"g":  # Python's tarfile keeps fractions of seconds there
            if size > EXTENDED or any(word in file.read(size) for word in (b" path=", b" size=")):
                raise BadInput("a name or a size in it is too long")
        elif kind != b"5":
            raise BadInput(f"{name} is not a plain file")
        at += -(-size // BLOCK) * BLOCK
    if end - at > PADDING or any(file.read()):
        raise BadInput("it goes on after its end")


def _header(block: bytes) -> tuple[str, int, bytes]:
    """Name, size and kind of a member."""
    try:
        total = int(block[148:156].strip(b" \0"), 8)
        size = int(block[124:136].strip(b" \0") or b"0", 8)
        name = block[:100].partition(b"\0")[0].decode()
        if block[257:265] == b"ustar\x0000" and block[345]:
            name = f"{block[345:500].partition(bytes(1))[0].decode()}/{name}"
    except ValueError:
        raise BadInput("a header in it is broken") from None
    if total != sum(block) - sum(block[148:156]) + 256 or size < 0:
        raise BadInput("a header in it is broken")
    return name, size, block[156:157]
