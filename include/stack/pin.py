"""Writes the digests of the stack's images into ``.env``, as their registries have them now.

A tag can be moved to another image, a digest cannot. The tags in docker-compose.yaml are those of exact
releases; their digests are not in this repository, because they change whenever a base image is rebuilt with
its security fixes. Run ``make pin`` for a machine that is to stay as it is, and again to take the fixes.
"""

from __future__ import annotations

import re
import subprocess

from env import ENV, contents
from env_file import ROOT, parsed

# The stack's own images are built here, from those that AIRFLOW_BASE_IMAGE and PYTHON_BASE_IMAGE name.
FOREIGN = re.compile(r"\$\{(?P<name>[A-Z_]+_IMAGE):-(?P<image>(?!nyc-tlc/)[^}]+)\}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def main() -> None:
    if not ENV.exists():
        raise SystemExit(f"{ENV.name} is missing. Run make env first.")
    images = dict(FOREIGN.findall((ROOT / "docker-compose.yaml").read_text()))
    text = contents(ENV)
    images |= {name: image for name, image in parsed(text).items() if name in images}
    for name, image in images.items():
        pinned = f"{image.partition('@')[0]}@{digest(image.partition('@')[0])}"
        text = with_setting(text, name, pinned)
        print(f"{name}={pinned}")
    ENV.write_text(text)


def digest(image: str) -> str:
    """Of the image for all platforms; exits with what to do where a registry does not answer."""
    command = [
        "docker",
        "buildx",
        "imagetools",
        "inspect",
        image,
        "--format",
        "{{.Manifest.Digest}}",
    ]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise SystemExit(
            f"docker does not run ({error}). Install Docker, then make pin."
        ) from error
    found = DIGEST.fullmatch(answer.stdout.strip())
    if answer.returncode != 0 or not found:
        raise SystemExit(
            f"The registry did not tell the digest of {image}: {answer.stderr.strip()[:300]} {ENV.name} is "
            "unchanged. Check the image's name and the network."
        )
    return found[0]


def with_setting(text: str, name: str, value: str) -> str:
    line = f"{name}={value}"
    changed, count = re.subn(rf"(?m)^{name}=.*$", line, text)
    return changed if count else f"{text.rstrip()}\n{line}\n"


if __name__ == "__main__":
    main()
