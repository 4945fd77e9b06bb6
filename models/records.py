"""Records of figures: one JSON file for each measured model or published table, in models/results."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path

from ..datagen.errors import BadInput
from ..datagen.formats.files import read_json, write_json

FOLDER = Path(__file__).parent / "results"
VERSION = 1
BETTER = ("lower", "higher", "near the floor")
NUMBER = (int, float)

# field -> type and what it says
MEASURED = {
    "version": (int, "of this layout"),
    "kind": (str, "measured"),
    "system": (str, "name of the system"),
    "without": (str, "the part that was left out; empty for the whole system"),
    "protocol": (str, "what was measured on what: figures of different protocols share no table"),
    "data": (dict, "digest of the data, and what it says in words"),
    "feature_net": (str, "what distances were measured in; none where there is none"),
    "config": (dict, "the system's configuration"),
    "seed": (int, "of the training"),
    "steps": (int, "of the training"),
    "seconds": (NUMBER, "wall time of the training"),
    "device": (str, "what it was trained on"),
    "metrics": (dict, "metric -> value, better, floor, baselines"),
}
PUBLISHED = {
    "version": (int, "of this layout"),
    "kind": (str, "published"),
    "arxiv": (str, "id of the paper that printed the figures"),
    "metric": (str, "what they are, as the paper measured it"),
    "better": (str, "lower or higher"),
    "values": (dict, "method -> value"),
}
DATA = {"digest": (str, "hash of the pictures"), "says": (str, "the data in words")}
METRIC = {
    "value": (NUMBER, "the figure"),
    "better": (str, ", ".join(BETTER)),
    "floor": (dict, "value, and what it is: what no model has to reach, or what chance gives"),
    "baselines": (dict, "trivial answer -> value; empty where the floor is one"),
}
FLOOR = {"value": (NUMBER, "the figure"), "is": (str, "what was measured")}


def figure(value, better: str, floor, floor_is: str, baselines: dict | None = None) -> dict:
    """One row of a record's metrics; values are numbers or tensors of one."""
    plain = {name: float(number) for name, number in (baselines or {}).items()}
    return {
        "value": float(value),
        "better": better,
        "floor": {"value": float(floor), "is": floor_is},
        "baselines": plain,
    }


def validate(record: dict, where: str | Path) -> dict:
    """The record itself; raises BadInput that names the first field that is missing or not allowed."""
    if not isinstance(record, dict) or record.get("kind") not in ("measured", "published"):
        raise BadInput(f"{where}: kind is missing or not allowed; allowed are measured and published")
    measured = record["kind"] == "measured"
    _fields(record, MEASURED if measured else PUBLISHED, where, "")
    if record["version"] != VERSION:
        raise BadInput(f"{where}: version {record['version']} is not allowed; allowed is {VERSION}")
    if measured:
        _measured(record, where)
    else:
        _published(record, where)
    return record


def _measured(record: dict, where) -> None:
    _fields(record["data"], DATA, where, "data.")
    if not record["metrics"]:
        raise BadInput(f"{where}: metrics is empty; allowed is at least one")
    for name, row in record["metrics"].items():
        path = f"metrics.{name}."
        if re.search(r"\bFID\b", name):
            raise BadInput(f"{where}: metrics.{name} is not allowed: FID is measured on InceptionV3; allowed is FD-NET")
        if not isinstance(row, dict):
            raise BadInput(f"{where}: metrics.{name} is not allowed; allowed is an object with {', '.join(METRIC)}")
        _fields(row, METRIC, where, path)
        _fields(row["floor"], FLOOR, where, f"{path}floor.")
        if row["better"] not in BETTER:
            raise BadInput(f"{where}: {path}better {row['better']} is not allowed; allowed are {', '.join(BETTER)}")
        for baseline, value in row["baselines"].items():
            _type(value, NUMBER, where, f"{path}baselines.{baseline}")
        distance = name.split("-")[0] in ("FD", "KID")
        if distance and not row["baselines"]:
            raise BadInput(f"{where}: {path}baselines is empty; allowed is at least one trivial answer")
        if distance and not name.endswith(record["feature_net"]):
            raise BadInput(f"{where}: metrics.{name} does not name its feature net; allowed is {record['feature_net']}")


def _published(record: dict, where) -> None:
    if not re.fullmatch(r"\d{4}\.\d{4,5}", record["arxiv"]):
        raise BadInput(f"{where}: arxiv {record['arxiv']} is not allowed; allowed is an id such as 2212.06135")
    if record["better"] not in BETTER[:2] or not record["values"]:
        field = "values" if record["better"] in BETTER[:2] else "better"
        raise BadInput(f"{where}: {field} is empty or not allowed; allowed are lower or higher, and at least one value")
    for name, value in record["values"].items():
        _type(value, NUMBER, where, f"values.{name}")


def _fields(found: dict, wanted: dict, where, path: str) -> None:
    for name, (kind, says) in wanted.items():
        if name not in found:
            raise BadInput(f"{where}: {path}{name} is missing ({says})")
        _type(found[name], kind, where, path + name)
    for name in found:
        if name not in wanted:
            raise BadInput(f"{where}: {path}{name} is not known; allowed are {', '.join(wanted)}")


def _type(value, kind, where, path: str) -> None:
    good = isinstance(value, kind) and not isinstance(value, bool)
    if not good or (isinstance(value, float) and not math.isfinite(value)):
        words = {str: "text", dict: "an object", int: "a whole number"}.get(kind, "a finite number")
        raise BadInput(f"{where}: {path} {value!r} is not allowed; allowed is {words}")


def key(record: dict) -> tuple:
    """What no two records share: which model it is, and what was measured on which data."""
    if record["kind"] == "published":
        return record["arxiv"], record["metric"]
    names = ("system", "without", "protocol", "feature_net", "steps", "seed")
    return (*(record[name] for name in names), record["data"]["digest"])


def file_name(record: dict) -> str:
    """The name under which a record is written: its system, its seed, and a hash of what no two records share."""
    digest = hashlib.sha256(json.dumps(key(record)).encode()).hexdigest()[:8]
    if record["kind"] == "published":
        words = ["published", record["arxiv"]]
    else:
        left_out = ["without", record["without"]] if record["without"] else []
        words = [record["system"], *left_out, f"seed{record['seed']}"]
    return re.sub(r"[^a-z0-9.]+", "-", "-".join([*words, digest]).lower()) + ".json"


def write_record(record: dict, folder: Path = FOLDER) -> Path:
    """Write a valid record and give its path; an older one of the same measurement is replaced. Raises BadInput."""
    path = Path(folder) / file_name(validate(record, "record"))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, record)
    return path


def read_records(folder: Path = FOLDER) -> dict[str, dict]:
    """All records of a folder by file name, in order.

    Raises BadInput that names the file and the field, or two files of the same measurement.
    """
    found, seen = {}, {}
    for path in sorted(Path(folder).glob("*.json")):
        found[path.name] = record = validate(read_json(path), path)
        first = seen.setdefault(key(record), path.name)
        if first != path.name:
            raise BadInput(f"{folder}: {first} and {path.name} are of the same measurement; allowed is one")
    return found
