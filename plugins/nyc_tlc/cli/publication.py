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
    from nyc_tlc.core.landing.remote import RemoteFile

AT_ONCE = 8
SILENCE_SECONDS = 5.0
NO_ANSWER = (
    f"No answer from the source for {SILENCE_SECONDS:.0f} s. Check the network and the host of the "
    "connection tlc_default, or try again later."
)
Answer = TypeVar("Answer")


class Publication:
    """The source's ``answers``, None for a file that is not published; ``failure`` is what ended the
    asking early, if anything did.
    """

    def __init__(self, console: Console) -> None:
        from nyc_tlc.hooks.tlc import TlcHook

        self.failure: str | None = None
        self._console = console
        self._hook = TlcHook()
        self.answers: dict[TripFile, RemoteFile | None] = {}

    def of(self, file: TripFile) -> bool | None:
        """Whether the source has the file; None where that is not known."""
        return self.answers[file] is not None if file in self.answers else None

    def ask(self, files: Sequence[TripFile]) -> None:
        answered = track(
            gather([partial(self._ask, file) for file in files]), "Asking the source", len(files),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        answers = {files[place]: answer for place, answer in answered}
        if len(answers) < len(files):
            self.failure = self.failure or NO_ANSWER
        self.answers |= {file: found[0] for file, found in answers.items() if found}

    def _ask(self, file: TripFile) -> tuple[RemoteFile | None] | None:
        """What the source says of the file, in a tuple: None in it where it is not published; None
        where the source did not answer.
        """
        if self.failure:
            return None
        try:
            probe = partial(self._hook.probe, file)
            return (with_retries(probe, once_for=(HostUnreachableError,)),)
        except NotPublishedError:
            return (None,)
        except TlcError as error:
            self.failure = str(error)
            return None


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
