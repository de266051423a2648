"""S12: the floors of docs/dependencies.md hold in pyproject.toml and here; nothing is unexplained."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from tests.torture.rows import Tally, row
from tests.torture.shared import ROOT

DOCUMENT = ROOT / "docs" / "dependencies.md"
_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_ADVISORY = re.compile(r"(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})")


def table(title: str) -> list[tuple[str, str, str]]:
    """Rows of the table below a heading of the document."""
    section = (
        DOCUMENT.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    )
    rows = [
        (match[1].strip(), match[2].strip(), match[3].strip()) for match in _ROW.finditer(section)
    ]
    return rows[1:]  # without the head of the table


@row(
    "S12", "every floor holds here and in pyproject.toml; 0 advisories unexplained", quick=5, full=5
)
def floors_and_advisories(count: int, tally: Tally, folder: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {r.name: r for r in map(Requirement, project["dependencies"])}
    floors = table("Floors")
    assert len(floors) >= 5
    for package, floor, reason in floors:
        with tally.attempt(f"{package} {floor}"):
            bounds = [s for s in needed[package].specifier if s.operator == ">="]
            assert bounds, "no lower bound"
            assert Version(bounds[0].version) >= Version(floor), str(bounds[0])
            assert Version(version(package)) >= Version(floor), version(package)
            assert reason
    for requirement in needed.values():
        with tally.attempt(f"{requirement.name} is bounded on both sides"):
            operators = {specifier.operator for specifier in requirement.specifier}
            assert operators == {">=", "<"}, str(requirement)
    for advisory, package, reason in table("Open advisories that do not reach us"):
        tally.check(bool(_ADVISORY.fullmatch(advisory) and reason), f"{advisory} {package}")
    for package in ("langchain-classic", "langchain-community", "langgraph-checkpoint-sqlite"):
        try:
            tally.check(False, f"{package} {version(package)} is installed")
        except PackageNotFoundError:
            tally.check(True, package)


@row("S12", "what is installed fits together", quick=1, full=1)
def installed_packages(count: int, tally: Tally, folder: Path) -> None:
    assert list(distributions())
    result = subprocess.run(
        [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
    )
    tally.check(result.returncode == 0, result.stdout)


def main() -> int:
    """Audit what is installed, but for the advisories of the document; needs a network."""
    known = [row[0] for row in table("Open advisories that do not reach us")]
    ignored = [part for advisory in known for part in ("--ignore-vuln", advisory)]
    command = [sys.executable, "-m", "pip_audit", "--skip-editable", "--format", "json", *ignored]
    result = subprocess.run(command, capture_output=True, text=True)
    if not result.stdout.strip():
        sys.stderr.write(result.stderr)
        return 2
    found = [one for one in json.loads(result.stdout)["dependencies"] if one.get("vulns")]
    for one in found:
        for advisory in one["vulns"]:
            fixed = ", ".join(advisory["fix_versions"]) or "no version"
            sys.stdout.write(
                f"{one['name']} {one['version']}: {advisory['id']}, fixed in {fixed}\n"
            )
    sys.stdout.write(f"{len(found)} packages with advisories that docs/dependencies.md lacks\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
