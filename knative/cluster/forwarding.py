"""A Service of the cluster at a port of this machine, for tools that need to call it: `kubectl port-forward`."""

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from knative.cluster.rendering import Manifest, kind_of, name_of

SETTINGS = "parley-settings"
WITHIN = re.compile(r"(?P<service>[a-z0-9-]+)(\.(?P<namespace>[a-z0-9-]+)\.svc(\.cluster\.local)?)?")
LISTENS = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ")


def settings_in(manifests: Sequence[Manifest]) -> Mapping[str, str]:
    """What the environment sets for all stages; ValueError where it sets nothing."""
    for item in manifests:
        if kind_of(item)[1] == "ConfigMap" and name_of(item) == SETTINGS:
            return {str(name): str(value) for name, value in item["data"].items()}
    raise ValueError(f"this environment has no ConfigMap {SETTINGS}")


@contextlib.contextmanager
def forward_port(address: str, namespace: str) -> Iterator[str]:
    """The address (a URL, or HOST:PORT) as this machine reaches it while the block lasts; unchanged where it is no
    Service of a cluster, a short name one of `namespace`. ValueError where kubectl cannot reach it."""
    url = urlsplit(address if "://" in address else f"//{address}")
    place = WITHIN.fullmatch(url.hostname or "")
    if place is None:
        yield address
        return
    port = url.port or (443 if url.scheme == "https" else 80)
    where = place["namespace"] or namespace
    words = ["kubectl", "port-forward", "--namespace", where, f"service/{place['service']}", f":{port}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            if (listens := LISTENS.match(said)) is None:
                process.terminate()
                why = process.stderr.read().strip() if process.stderr is not None else ""
                raise ValueError(f"kubectl does not reach {place['service']} in {where}: {why or said}")
            yield address.replace(url.netloc, f"127.0.0.1:{listens[1]}", 1)
        finally:
            process.terminate()
