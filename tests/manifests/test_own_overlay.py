"""An overlay made by a task: a second assistant or a staging, in a namespace and with images of its own."""

from pathlib import Path

import pytest

from knative.cluster.deploy import is_production, overlay_of, prepare_manifests
from knative.cluster.overlay import main
from knative.cluster.rendering import OVERLAYS, find_container, stages_of
from model_artifacts.templates.__main__ import create_assistant
from tests.manifests.environments import need_kubectl


@pytest.mark.parametrize("base", ["prod", "dev"])
def test_nothing_of_it_lies_in_the_namespace_or_the_images_of_its_base(base: str, tmp_path: Path) -> None:
    need_kubectl()
    made = create_assistant("dentist", "empty", tmp_path / "bot")
    arguments = ["--assistant", str(made), "--name", "staging", "--from", base, "--namespace", "dentist-staging"]
    assert main([*arguments, "--registry", "registry.example.org/team", "--tag", "1.0"]) == 0
    folder = overlay_of("staging", made)
    assert folder == made / "deploy"
    assert is_production("staging", folder) == (base == "prod")
    manifests = prepare_manifests("staging", folder=folder)
    for one in stages_of(manifests):
        assert find_container(one)["image"] == f"registry.example.org/team/dentist/{one['metadata']['name']}:1.0"
    text = str(manifests)
    for foreign in ("parley.svc", "parley-dev.svc", "/parley/default", "'namespace': 'parley", "dev.local"):
        assert foreign not in text, foreign
    assert text.count("dentist-staging") > 20


def test_an_overlay_is_never_written_over_and_an_unknown_one_names_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = create_assistant("dentist", "empty", tmp_path / "bot")
    arguments = ["--assistant", str(made), "--name", "staging"]
    assert main(arguments) == 0
    assert main(arguments) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["--assistant", str(made), "--name", "No Name"]) == 1
    with pytest.raises(ValueError, match=r"there are: dev, prod, small, staging; make one: task overlay NAME=nothing"):
        overlay_of("nothing", made)
    assert overlay_of("prod", made) == OVERLAYS
