"""The image that all others are built on, by its digest: the same bytes until somebody bumps it.

`task images:bump` asks the registry which digest the tag has now, and writes it into base_image.json; the difference is
reviewed and committed like any other. An image that is pushed has to be built on a digest.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from shared.errors import Unavailable
from shared.outbound import Outbound

FILE = Path(__file__).with_name("base_image.json")
HUB, HUB_REGISTRY, HUB_TOKENS = "docker.io", "https://registry-1.docker.io", "https://auth.docker.io/token"
KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""Manifests that have a digest (OCI distribution specification, pulling manifests)."""
TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class Base:
    image: str
    """Registry, repository and tag: docker.io/library/python:3.11-slim."""
    digest: str
    """sha256:...; empty where nobody has asked the registry yet."""

    @property
    def reference(self) -> str:
        return f"{self.image}@{self.digest}" if self.digest else self.image


def read_base(file: Path = FILE) -> Base:
    return Base(**json.loads(file.read_text(encoding="utf-8")))


def find_digest(image: str, registry: str = "", tokens: str = "") -> str:
    """The digest that the image's tag has now, or Unavailable. The last two are other addresses than the usual ones."""
    host, _, path = image.partition("/")
    repository, _, tag = path.rpartition(":")
    registry = registry or (HUB_REGISTRY if host == HUB else f"https://{host}")
    tokens = tokens or (HUB_TOKENS if host == HUB else "")
    outbound = Outbound()
    headers = {"accept": ", ".join(KINDS)}
    if tokens:
        query = f"service=registry.docker.io&scope={quote(f'repository:{repository}:pull')}"
        answered = outbound.request("GET", f"{tokens}?{query}", timeout=TIMEOUT)
        if answered.status != 200:
            raise Unavailable(f"{tokens} answered {answered.status}")
        headers["authorization"] = f"Bearer {json.loads(answered.body)['token']}"
    url = f"{registry}/v2/{repository}/manifests/{tag}"
    answered = outbound.request("HEAD", url, headers=headers, timeout=TIMEOUT)
    digest = answered.headers.get("docker-content-digest", "")
    if answered.status != 200 or not digest.startswith("sha256:"):
        raise Unavailable(f"{url} answered {answered.status} and no digest")
    return digest


def main() -> int:
    base = read_base()
    try:
        digest = find_digest(base.image)
    except Unavailable as exc:
        print(f"{base.image} stays as it is: {exc}", file=sys.stderr)
        return 1
    if digest == base.digest:
        print(f"{base.image} is still {digest}")
        return 0
    FILE.write_text(json.dumps({"image": base.image, "digest": digest}, indent=2) + "\n", encoding="utf-8")
    print(f"{base.image} is now {digest}; build and test the images, then commit {FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
