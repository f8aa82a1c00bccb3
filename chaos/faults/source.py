"""A source that cuts, changes, forgets or sends something else."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING

from dev.http_server import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.round import Round
    from chaos.versions import Version

PAGE = b"<html><body>Please log in</body></html>"


def cut(played: Round) -> None:
    """The connection breaks in the body, up to three times."""
    site, size = played.lane.site, len(played.newest.body)
    dice = played.dice
    site.will_answer(
        *(
            Answer(
                cut_after=dice.randrange(size), reset=dice.random() < 0.5,
                chunked=dice.random() < 0.3, before_body=played.hit.set,
            )
            for _ in range(dice.randint(1, 3))
        )
    )  # fmt: skip
    _run(played)


def changed(played: Round) -> None:
    """The file is republished while it is downloaded; the rest that is asked for is of the new one."""
    old = next(
        (v for v in _twins(played) if v is not played.newest and v is not played.lane.current), None
    )
    if old is None:
        return
    dice, site = played.dice, played.lane.site
    played.lane.publish(old)
    etag = dice.choice(("new", None))

    def republish() -> None:
        played.hit.set()
        played.lane.publish(played.newest, etag)

    cut_after = dice.randrange(1, len(old.body))
    site.will_answer(
        Answer(cut_after=cut_after, before_body=republish),
        Answer(ignore_if_range=dice.random() < 0.7),
    )
    _run(played)


def garbage(played: Round) -> None:
    """A page, a cut gzip, an error, nothing, in the file's place."""
    body, dice = played.newest.body, played.dice
    choices: list[Callable[[], Answer]] = [
        lambda: Answer(200, {"Content-Type": "text/html"}, PAGE),
        lambda: Answer(body=PAGE),
        lambda: Answer(body=b""),
        lambda: Answer(body=body[: dice.randrange(len(body))]),
        lambda: Answer(body=gzip.compress(body)),
        lambda: Answer(403, body=b"<Error/>"),
        lambda: Answer(404),
        lambda: Answer(500),
        lambda: Answer(503, {"Retry-After": "1"}),
        lambda: Answer(429),
        lambda: Answer(length=len(body) + 7),
    ]
    made = dice.choice(choices)()
    answer = Answer(**{**vars(made), "before_body": played.hit.set})
    played.lane.site.will_answer(*[answer] * dice.randint(1, 2))
    _run(played)


def stall(played: Round) -> None:
    """The body stops in the middle, for longer than the client waits."""

    def stop() -> None:
        played.hit.set()
        time.sleep(2.5)

    played.lane.site.will_answer(Answer(before_body=stop))
    _run(played)


def _run(played: Round) -> None:
    played.run(played.load())
    played.lane.site.forget_answers()


def _twins(played: Round) -> list[Version]:
    names = ("A", "twin of A", "B")
    return [played.lane.version(name, played.source) for name in names]
