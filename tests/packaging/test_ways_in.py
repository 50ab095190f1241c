"""The ways in besides the wheel: the registry, the links, the bundle, the container, the service."""

import base64
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from memos_mcp.core.settings import Settings
from tests.packaging.programs import program

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MCPB = os.environ.get("MEMOS_TEST_MCPB") or shutil.which("mcpb")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Variable(Strict):
    """A variable, as the registry's schema of 2025-12-11 has it."""

    name: str
    description: str
    default: str = ""
    format: Literal["string", "number", "boolean", "filepath"] = "string"
    isRequired: bool = False  # noqa: N815
    isSecret: bool = False  # noqa: N815


class Transport(Strict):
    type: Literal["stdio"]


class Package(Strict):
    registryType: Literal["npm", "pypi", "nuget", "oci", "mcpb"]  # noqa: N815
    identifier: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    runtimeHint: Literal["uvx", "npx", "docker", "dnx"]  # noqa: N815
    transport: Transport
    environmentVariables: list[Variable]  # noqa: N815


class Server(Strict):
    """The rules of the registry's schema of 2025-12-11 for the fields that are used here."""

    schema_: Annotated[
        Literal["https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"], Field(alias="$schema")
    ]
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", min_length=3, max_length=200)]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(min_length=1, max_length=100)]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", max_length=255)]
    packages: list[Package]


SERVER = Server.model_validate_json((ROOT / "server.json").read_bytes())


def test_the_registry_entry_is_of_this_package_and_version() -> None:
    (package,) = SERVER.packages

    assert (package.identifier, package.version, SERVER.version) == (PROJECT["name"], *[PROJECT["version"]] * 2)
    assert SERVER.description == PROJECT["description"]
    assert {one.name for one in package.environmentVariables} <= {
        f"MEMOS_{name.upper()}" for name in Settings.model_fields
    }
    assert [one.name for one in package.environmentVariables if one.isSecret] == ["MEMOS_API_KEY"]


def test_the_readme_carries_the_marker_by_which_the_registry_knows_the_owner() -> None:
    assert re.findall(r"mcp-name: ([\w./-]+)(?=\s)", README) == [SERVER.name]
    assert f'server.name="{SERVER.name}"' in (ROOT / "Dockerfile").read_text()


@pytest.mark.skipif(
    not (schema := os.environ.get("MEMOS_TEST_SERVER_SCHEMA")), reason="needs the registry's schema as a file"
)
def test_the_registry_entry_is_valid_by_the_schema_itself() -> None:
    import jsonschema

    jsonschema.validate(json.loads((ROOT / "server.json").read_text()), json.loads(Path(str(schema)).read_text()))


def test_the_links_install_the_command_on_the_path() -> None:
    cursor = parse_qs(urlsplit(re.findall(r"\((https://cursor\.com/en/install-mcp\?[^)]+)\)", README)[0]).query)
    code = parse_qs(urlsplit(re.findall(r"\((https://vscode\.dev/redirect\?[^)]+)\)", README)[0]).query)["url"][0]

    assert cursor["name"] == ["memos"]
    assert json.loads(base64.b64decode(cursor["config"][0])) == {"command": "memos-mcp"}
    assert code.startswith("vscode:mcp/install?")
    assert json.loads(unquote(code.partition("?")[2])) == {"name": "memos", "command": "memos-mcp"}


def test_the_bundle_is_of_this_version_and_sets_what_there_is() -> None:
    manifest = json.loads((ROOT / "deploy" / "mcpb" / "manifest.json").read_text())
    set_there = manifest["server"]["mcp_config"]["env"]

    assert (manifest["name"], manifest["version"]) == ("memos-mcp", PROJECT["version"])
    assert {name.removeprefix("MEMOS_").lower() for name in set_there} <= set(Settings.model_fields)
    assert {value.removeprefix("${user_config.").rstrip("}") for value in set_there.values()} == set(
        manifest["user_config"]
    )
    assert manifest["user_config"]["api_key"]["sensitive"]


@pytest.mark.skipif(not MCPB, reason="needs npm install @anthropic-ai/mcpb, or MEMOS_TEST_MCPB=PATH")
def test_the_manifest_is_valid_by_the_vendors_own_tool() -> None:
    command = [str(MCPB), "validate", str(ROOT / "deploy" / "mcpb" / "manifest.json")]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert told.returncode == 0, told.stdout + told.stderr


def test_the_container_runs_as_a_user_without_rights_and_keeps_all_in_one_volume() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["memos-mcp"]

    assert len([line for line in lines if line.startswith("FROM ")]) == 2
    assert "USER 10001" in lines  # by number, so that Kubernetes sees that it is not root
    assert any("--uid 10001" in line for line in lines)
    assert lines.index("USER 10001") < lines.index('CMD ["memos-mcp", "serve", "--host", "0.0.0.0"]')
    assert "MEMOS_DATA_DIR=/data" in next(line for line in lines if line.startswith("ENV "))
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert compose["ports"] == ["127.0.0.1:8765:8765"]
    assert compose["volumes"] == ["memory:/data"]
    assert set(compose["environment"]) <= {f"MEMOS_{name.upper()}" for name in Settings.model_fields}


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    linter = program("hadolint")
    told = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False)

    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_of_systemd_is_valid(tmp_path: Path) -> None:
    unit = tmp_path / "memos-mcp.service"
    text = (ROOT / "deploy" / "memos-mcp.service").read_text()
    unit.write_text(text.replace("/opt/memos-mcp/bin/memos-mcp", str(shutil.which("true"))))
    told = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False)

    assert (told.returncode, told.stderr) == (0, "")
