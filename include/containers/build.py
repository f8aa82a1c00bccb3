"""Builds the images of the script tasks, for ``make images``."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from nyc_tlc.core.containers.sandbox import IMAGES

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=IMAGES, help=f"of {', '.join(IMAGES)}; or all")
    parser.add_argument("--base", default="", help="base image, instead of the official one")
    parser.add_argument("--network", default="", help="network of the build, such as host")
    asked = parser.parse_args()
    for name in asked.names:
        build(name, asked.base, asked.network)


def build(name: str, base: str = "", network: str = "") -> None:
    """Build one folder's image; raises SystemExit with advice if the build fails."""
    options = ["--build-arg", f"BASE={base}"] if base else []
    options += ["--network", network] if network else []
    command = ["docker", "build", "--tag", IMAGES[name], *options, str(HERE / name)]
    print(f"$ {' '.join(command)}", flush=True)
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        raise SystemExit(
            "The docker command was not found. Install Docker, then run: make images"
        ) from None
    except subprocess.CalledProcessError as failed:
        raise SystemExit(
            f"{IMAGES[name]} was not built (exit code {failed.returncode}; see docker's output above). "
            "Is Docker running? If builds have no network: make images NETWORK=host. If the base "
            "image cannot be pulled: make images BASE=<a local image>"
        ) from failed


if __name__ == "__main__":
    main()
