"""Waiting until a file is published."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from nyc_tlc.core.errors import NotPublishedError, SourceUnreachableError, TlcError

JITTER = 0.1


class PublicationTrigger(BaseTrigger):
    """Asks the source at intervals; one event: ``published``, ``timed out`` or ``failed``.

    ``timed out`` and ``failed`` come with the ``error``'s text. A source that cannot be reached is
    waited for like a file that is not there. All moments are absolute, so that a triggerer that
    is restarted goes on where it was.

    :param url: the file.
    :param known_url: a file that has long been published, to tell throttling by.
    :param poke_interval: seconds between two questions, give or take a tenth.
    :param asked_at: when the source was asked last; with a time zone, in ISO form.
    :param give_up_at: when to give up; the same.
    """

    def __init__(
        self, *, url: str, known_url: str, poke_interval: float, asked_at: str, give_up_at: str
    ) -> None:
        super().__init__()
        self.url = url
        self.known_url = known_url
        self.poke_interval = poke_interval
        self.asked_at = asked_at
        self.give_up_at = give_up_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("url", "known_url", "poke_interval", "asked_at", "give_up_at")
        path = "nyc_tlc.triggers.publication.PublicationTrigger"
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from nyc_tlc.core.landing.remote import probe_published

        asked_at, give_up_at = map(dt.datetime.fromisoformat, (self.asked_at, self.give_up_at))
        while True:
            await _sleep_until(min(asked_at + self._pause(), give_up_at))
            asked_at = dt.datetime.now(dt.UTC)
            try:
                await asyncio.to_thread(probe_published, self.url, self.known_url)
            except (NotPublishedError, SourceUnreachableError) as error:
                self.log.info("%s", error)
                if asked_at >= give_up_at:
                    yield TriggerEvent({"status": "timed out", "error": str(error)})
                    return
            except TlcError as error:
                yield TriggerEvent({"status": "failed", "error": str(error)})
                return
            else:
                yield TriggerEvent({"status": "published"})
                return

    def _pause(self) -> dt.timedelta:
        jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        return dt.timedelta(seconds=self.poke_interval * jitter)


async def _sleep_until(moment: dt.datetime) -> None:
    await asyncio.sleep((moment - dt.datetime.now(dt.UTC)).total_seconds())
