"""Builds the images of the script tasks, for ``make images``."""

from __future__ import annotations

import argparse
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, STDOUT

from nyc_tlc.core.containers.sandbox import IMAGES

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=IMAGES, help=f"of {', '.join(IMAGES)}; or all")
    parser.add_argument("--base", default="", help="base image, instead of the official one")
    parser.add_argument("--network", default="", help="network of the build, such as host")
    asked = parser.parse_args()
    with ThreadPoolExecutor() as beside:
        list(beside.map(lambda name: build(name, asked.base, asked.network), asked.names))


def build(name: str, base: str = "", network: str = "") -> None:
    """Build one folder's image; raises SystemExit with advice if the build fails."""
    options = ["--build-arg", f"BASE={base}"] if base else []
    options += ["--network", network] if network else []
    command = ["docker", "build", "--tag", IMAGES[name], *options, str(HERE / name)]
    print(f"$ {' '.join(command)}", flush=True)
    try:
        run(command, prefix=f"{name} | ")
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


def run(command: list[str], prefix: str) -> None:
    """Run a command and print its lines with a prefix, because several run at once."""
    with subprocess.Popen(command, stdout=PIPE, stderr=STDOUT, text=True) as process:
        for line in process.stdout or ():
            print(f"{prefix}{line}", end="", flush=True)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


if __name__ == "__main__":
    main()
