"""What kustomize makes of the overlays, once for all tests of a run."""

import os
import shutil
from functools import cache

import pytest

from knative.cluster.rendering import OVERLAYS, Manifest, environments, rendered

ENVIRONMENTS = environments()


@cache
def manifests(environment: str) -> tuple[Manifest, ...]:
    need_kubectl()
    return tuple(rendered(OVERLAYS / environment))


def need_kubectl() -> None:
    """Skip, or fail in CI, where overlays cannot be rendered."""
    if not shutil.which("kubectl"):
        missing = "kubectl is not here, which renders the overlays; install it: https://kubernetes.io/docs/tasks/tools/"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
