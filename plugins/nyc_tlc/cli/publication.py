"""Which trip files their source has, asked a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from rich.progress import track

from nyc_tlc.core.errors import NotPublishedError, TlcError
from nyc_tlc.core.landing.remote import with_retries

if TYPE_CHECKING:
    from rich.console import Console

    from nyc_tlc.core.catalog import TripFile

AT_ONCE = 8


class Publication:
    """The source's answers; ``failure`` is what broke the asking off, if anything did."""

    def __init__(self, console: Console) -> None:
        from nyc_tlc.hooks.tlc import TlcHook

        self.failure: str | None = None
        self._console = console
        self._hook = TlcHook()
        self._answers: dict[TripFile, bool | None] = {}

    def of(self, file: TripFile) -> bool | None:
        """Whether the source has the file; None where that is not known."""
        return self._answers.get(file)

    def ask(self, files: Sequence[TripFile]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = track(
                pool.map(self._has, files), "Asking the source", len(files),
                console=self._console, transient=True, disable=not self._console.is_terminal,
            )  # fmt: skip
            self._answers |= dict(zip(files, answers, strict=True))

    def _has(self, file: TripFile) -> bool | None:
        if self.failure:
            return None
        try:
            with_retries(partial(self._hook.probe, file))
        except NotPublishedError:
            return False
        except TlcError as error:
            self.failure = str(error)
            return None
        return True
