"""Renews the digests of base images, in docker-compose.yaml and the Dockerfiles.

A tag can be moved to another image, a digest cannot. A tag of an exact release is rebuilt with the fixes of
its packages, so the digests are renewed: run ``make pin``, test, commit.
"""

from __future__ import annotations

import re
import subprocess
from functools import partial
from pathlib import Path

from env_file import ROOT

# Defaults of settings and of build arguments. The stack's own images (nyc-tlc/…) are built from these.
IMAGE = re.compile(
    r"(?m)(?P<before>_IMAGE:-|^ARG [A-Z_]+=)(?!nyc-tlc/)(?P<image>[^@\s}]+:[^@\s}]+)(@sha256:[0-9a-f]{64})?"
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def main(root: Path = ROOT) -> None:
    texts = {file: file.read_text() for file in files(root)}
    images = {found["image"] for text in texts.values() for found in IMAGE.finditer(text)}
    digests = {
        image: digest(image) for image in sorted(images)
    }  # all of them, before a file changes
    for file, text in texts.items():
        file.write_text(IMAGE.sub(partial(with_digest, digests), text))
    for image, found in digests.items():
        print(f"{image}@{found}")


def files(root: Path) -> list[Path]:
    """Those that name base images."""
    return [root / "docker-compose.yaml", root / "Dockerfile", *root.glob("include/**/Dockerfile")]


def with_digest(digests: dict[str, str], found: re.Match[str]) -> str:
    return f"{found['before']}{found['image']}@{digests[found['image']]}"


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
            f"The registry did not tell the digest of {image}: {answer.stderr.strip()[:300]} No file was "
            "changed. Check the image's name and the network."
        )
    return found[0]


if __name__ == "__main__":
    main()
