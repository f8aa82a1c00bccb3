"""What the build does beyond pyproject.toml: the wheel's DAGs, and the project page's links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?!\w+:)(?P<path>[^)\s]+)\)")


class ExampleDags(BuildHookInterface[Any]):
    """Puts ``dags/``, their one source, into the wheel as ``nyc_tlc/example_dags``.

    Not into an editable install, where the copy would grow old: there, ``nyc_tlc.bundle`` shows ``dags/``.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"][str(Path(self.root) / "dags")] = "nyc_tlc/example_dags"


class ProjectPage(MetadataHookInterface):
    """README.md without links that only a checkout can follow."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = metadata.get("urls", {}).get("Repository")
        metadata["readme"] = {"content-type": "text/markdown", "text": page(text, repository)}


def page(readme: str, repository: str | None) -> str:
    """Relative links lead to the repository; without one, they become text and images are left out."""

    def replaced(link: re.Match[str]) -> str:
        if repository:
            view = "raw" if link["image"] else "blob"
            return f"{link['image']}[{link['text']}]({repository}/{view}/main/{link['path']})"
        return "" if link["image"] else link["text"]

    return LINK.sub(replaced, readme)
