"""Which trip files their source has, asked a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from rich.progress import track

from nyc_tlc.core.errors import NotPublishedError, TlcError
from nyc_tlc.core.landing.remote import HostUnreachableError, with_retries

if TYPE_CHECKING:
    from rich.console import Console

    from nyc_tlc.core.catalog import TripFile

AT_ONCE = 8
SILENCE_SECONDS = 5.0
NO_ANSWER = (
    f"No answer from the source for {SILENCE_SECONDS:.0f} s. Check the network and the host of the "
    "connection tlc_default, or try again later."
)
Answer = TypeVar("Answer")


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
        answered = track(
            gather([partial(self._has, file) for file in files]), "Asking the source", len(files),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        answers = {files[place]: answer for place, answer in answered}
        if len(answers) < len(files):
            self.failure = self.failure or NO_ANSWER
        self._answers |= answers

    def _has(self, file: TripFile) -> bool | None:
        if self.failure:
            return None
        try:
            with_retries(partial(self._hook.probe, file), once_for=(HostUnreachableError,))
        except NotPublishedError:
            return False
        except TlcError as error:
            self.failure = str(error)
            return None
        return True


def gather(asks: Sequence[Callable[[], Answer]]) -> Iterator[tuple[int, Answer]]:
    """The place and the answer of each question, as they come; ends early where none comes for
    ``SILENCE_SECONDS``.

    In daemon threads: looking up a host's name cannot be interrupted, and the command's end would
    wait for the threads of an executor.
    """
    questions: SimpleQueue[tuple[int, Callable[[], Answer]]] = SimpleQueue()
    answers: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
    for question in enumerate(asks):
        questions.put(question)
    for _ in range(min(AT_ONCE, len(asks))):
        threading.Thread(target=_answer_all, args=(questions, answers), daemon=True).start()
    for _ in asks:
        try:
            yield answers.get(timeout=SILENCE_SECONDS)
        except Empty:
            return


def _answer_all(
    questions: SimpleQueue[tuple[int, Callable[[], Answer]]],
    answers: SimpleQueue[tuple[int, Answer]],
) -> None:
    while True:
        try:
            place, ask = questions.get_nowait()
        except Empty:
            return
        answers.put((place, ask()))
