"""The samples for several replicas: valid by schemas and linters, and of settings that there are."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from memos_mcp.core.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
MANIFESTS = DEPLOY / "kubernetes" / "memos-mcp.yaml"
COMPOSE = DEPLOY / "compose.replicas.yaml"
RULES = "{extends: default, rules: {line-length: disable, braces: {max-spaces-inside: 0}, document-start: disable}}"


def manifests() -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all(MANIFESTS.read_text())}


def test_the_manifests_are_valid_by_the_schemas_of_kubernetes() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for manifest in manifests().values():
        validate.validate(manifest, validate.latest_version(), strict=True)
        with pytest.raises(validate.ValidationError):
            validate.validate(manifest | {"spec": {"replicas": "two"}}, validate.latest_version(), strict=True)


@pytest.mark.parametrize("file", [MANIFESTS, COMPOSE], ids=lambda file: file.name)
def test_the_linter_of_yaml_finds_nothing(file: Path) -> None:
    linter = pytest.importorskip("yamllint.linter", reason="yamllint is not installed")
    rules = pytest.importorskip("yamllint.config").YamlLintConfig(RULES)
    assert [str(problem) for problem in linter.run(file.read_text(), rules)] == []


def test_a_pod_has_probes_limits_and_no_rights_and_one_stays_when_nodes_are_drained() -> None:
    found = manifests()
    pods = found["Deployment"]["spec"]["template"]
    [container] = pods["spec"]["containers"]

    assert found["Deployment"]["spec"]["replicas"] > found["PodDisruptionBudget"]["spec"]["minAvailable"] > 0
    assert {"startupProbe", "livenessProbe", "readinessProbe", "resources"} <= set(container)
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pods["spec"]["securityContext"]["runAsNonRoot"]
    for name in ("Service", "PodDisruptionBudget"):
        selector = found[name]["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= pods["metadata"]["labels"].items()


def test_two_equal_replicas_are_composed_of_settings_that_there_are() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]

    assert services["replica-1"] == services["replica-2"]
    assert set(services["replica-1"]["environment"]) <= {f"MEMOS_{name.upper()}" for name in Settings.model_fields}
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]


def test_the_proxy_of_the_composition_takes_its_configuration(tmp_path: Path) -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("Caddy is not installed")
    text = yaml.safe_load(COMPOSE.read_text())["configs"]["proxy"]["content"]
    file = tmp_path / "Caddyfile"
    file.write_text(text.replace("${DOMAIN}", "memory.example.org"))
    told = subprocess.run([caddy, "adapt", "--config", file], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.count(":8765") == 2
