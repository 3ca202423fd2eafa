"""Kubernetes' own kinds against Kubernetes' own schemas; Knative's kinds are in tests/extra/manifests."""

import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from knative.cluster.rendering import kind_of, name_of
from tests.manifests.environments import ENVIRONMENTS, manifests

VERSIONS = ("1.31", "1.34", "1.37")
CUSTOM = ("knative.dev/",)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_manifest_of_kubernetes_fits_its_schema(environment: str, version: str) -> None:
    checked = 0
    for item in manifests(environment):
        if not any(word in kind_of(item)[0] for word in CUSTOM):
            try:
                kubernetes_validate.validate(item, version, strict=True)
            except kubernetes_validate.ValidationError as exc:
                pytest.fail(f"{kind_of(item)[1]} {name_of(item)}: {exc.message}")
            checked += 1
    assert checked > 10
