"""Waits until a file is published."""

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
    """Polls the source; sends one event: ``published``, ``timed out`` or ``failed``.

    ``timed out`` and ``failed`` have the text of the ``error``. If the source cannot be reached, the
    trigger keeps waiting. All times are absolute, so that a restarted triggerer continues the wait
    and does not start it again.

    :param url: the file's URL.
    :param known_url: a file that was published long ago. If it is refused too, the source is
        throttling us.
    :param poke_interval: seconds between two requests, plus or minus 10 %.
    :param asked_at: time of the last request; ISO format with a time zone.
    :param give_up_at: when to give up; ISO format with a time zone.
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
