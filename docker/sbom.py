"""sbom.py REPORT DPKG VERSION OUT: what an image is made of, as CycloneDX JSON.

Runs in the build, beside the packages that it lists: those in /opt/venv, with the hash of the wheel that pip's
installation report REPORT says each came from; the base's Debian packages, from dpkg's database in DPKG; and Python.
What it writes is valid by CycloneDX's own schema, or the build fails.
"""

import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

SITE_PACKAGES = f"/opt/venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
FIELDS = "${Package}\t${Version}\t${Architecture}\n"


def sbom(report: Path, dpkg: Path, version: str) -> str:
    grader = _component("dl-lab-grader", version, PackageURL("generic", None, "dl-lab-grader", version))
    grader.type = ComponentType.APPLICATION
    bom = Bom(components=[_python(), *_installed(report), *_debian(dpkg)])
    bom.metadata.component = grader
    bom.register_dependency(grader, bom.components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=1)
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault:
        sys.exit(f"The SBOM is not valid CycloneDX: {fault}")
    return text


def _installed(report: Path) -> Iterator[Component]:
    archives = {
        (item["metadata"]["name"], item["metadata"]["version"]): item["download_info"]["archive_info"]["hashes"]
        for item in json.loads(report.read_text("utf-8"))["install"]
    }
    for distribution in distributions(path=[SITE_PACKAGES]):
        name, version = distribution.metadata["Name"], distribution.version
        component = _component(name, version, PackageURL("pypi", None, name, version))
        sha256 = archives.get((name, version), {}).get("sha256")
        if sha256:
            component.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=sha256))
        licence = distribution.metadata["License-Expression"]
        if licence:
            component.licenses.add(LicenseFactory().make_from_string(licence))
        yield component


def _debian(dpkg: Path) -> Iterator[Component]:
    release = platform.freedesktop_os_release()
    listed = subprocess.run(
        ["dpkg-query", f"--admindir={dpkg}", "--show", f"--showformat={FIELDS}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for line in listed.splitlines():
        name, version, architecture = line.split("\t")
        more = {"arch": architecture, "distro": f"{release['ID']}-{release['VERSION_ID']}"}
        yield _component(name, version, PackageURL("deb", release["ID"], name, version, more))


def _python() -> Component:
    version = platform.python_version()
    return _component("python", version, PackageURL("generic", None, "python", version))


def _component(name: str, version: str, purl: PackageURL) -> Component:
    return Component(name=name, version=version, purl=purl, bom_ref=purl.to_string())


if __name__ == "__main__":
    report, dpkg, version, out = sys.argv[1:]
    Path(out).write_text(sbom(Path(report), Path(dpkg), version), "utf-8")
