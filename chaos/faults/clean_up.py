"""Clean-up that runs while a try of the run is still at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.judge import judge_leftovers
from chaos.proxy import CHECK, CREATE_STAGING, IN_COPY, MERGE

if TYPE_CHECKING:
    from chaos.proxy import Wire
    from chaos.round import Round


def while_staging(played: Round) -> None:
    """Somebody marks the run as failed: clean-up comes while the COPY goes on."""
    load = played.load(keep_landed=played.dice.random() < 0.5)
    cleaner = load.another_try()

    def clean(_wire: Wire) -> None:
        cleaner.journal_path.write_text(load.journal_path.read_text())
        cleaner.start(only_clean_up=True, keep_landed=load.options["keep_landed"])
        cleaner.process.join(1.0 * played.lane.slowness)

    point = played.dice.choice((IN_COPY, IN_COPY, CREATE_STAGING, CHECK, MERGE))
    load.proxy.at(point, played.hitting(clean))
    played.run(load, last=False)
    if cleaner.process is not None:
        played.wait(cleaner)
    judge_leftovers(played.lane, played.verdict)
    played.verdict_on_errors(cleaner)
    cleaner.close()
    if not load.ok:
        played.abandon(load)
    played.load()


def second_try_while_staging(played: Round) -> None:
    """The scheduler lost try 1, which still sends rows; try 2 stages the same table."""
    load = played.load()

    def second(_wire: Wire) -> None:
        other = played.another_try(load)
        other.start()
        other.process.join(1.0 * played.lane.slowness)

    load.proxy.at(IN_COPY, played.hitting(second))
    load.start()
    played.wait(load)
    for other in played.loads[1:]:
        played.wait(other)
