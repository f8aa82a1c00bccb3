"""Arrow batches into a table, by binary COPY."""

from __future__ import annotations

import logging
import os
import queue
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import sql

from nyc_tlc.core.errors import TlcError
from nyc_tlc.core.progress import Progress, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from psycopg import Connection, Copy

    from nyc_tlc.core.postgres.tables import PostgresTable

log = logging.getLogger(__name__)

SEND_BUFFER_BYTES = 4 << 20


def copy_batches(
    connection: Connection[Any],
    table: PostgresTable,
    names: Iterable[str],
    batches: Iterator[pa.RecordBatch],
    expected: int,
) -> int:
    """Send the batches, encoded in a thread of their own while the last ones are on their way.

    Returns the number of rows that the server says it has stored.
    FREEZE spares the table a later rewrite; Postgres takes it only from who created the table in
    the same transaction, as here.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)").format(
        table.identifier, columns
    )
    progress = Progress(log, f"staging {table.name}", expected, rows)
    widen_send_buffer(connection)
    with copying(connection, copy) as stream:
        for data, count in prefetch(encoded(batches)):
            stream.write(data)
            progress.add(count)
    progress.finish()
    return stream.cursor.rowcount


@contextmanager
def copying(connection: Connection[Any], query: sql.Composed) -> Iterator[Copy]:
    """A COPY, in or out, that is not ended politely where the task itself has to end.

    psycopg tells the server how a COPY ended and waits for its answer, without limit. After an error
    of the file's or of the server's an answer comes. After any other exception, such as the task's
    execution timeout, the server may well be what hangs: then the socket is closed.
    """
    # The cursor is not closed: the number of rows that it reports would be lost.
    with connection.cursor().copy(query) as stream:
        try:
            yield stream
        except (TlcError, psycopg.Error):
            raise
        except BaseException:
            connection.close()
            raise


def widen_send_buffer(connection: Connection[Any]) -> None:
    """Let the kernel keep Postgres busy while Python encodes: COPY gets a seventh faster.

    A Unix socket takes 200 kB, a millisecond of COPY, and encoding a batch holds Python's lock for
    several. TCP's buffer grows by itself, unless it is set. A kernel that allows less gives less.

    libpq has no option for it, so this goes to its socket through the descriptor that psycopg shows
    (tested on 3.3 with libpq 18). Where that leads to no socket, COPY is as fast as it was.
    """
    with (
        suppress(AttributeError, OSError),
        socket.socket(fileno=os.dup(connection.fileno())) as used,
    ):
        if used.family == socket.AF_UNIX:
            used.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


def encoded(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[bytes, int]]:
    """Batches in Postgres's binary COPY format, each with its number of rows."""
    from pgpq import ArrowToPostgresBinaryEncoder

    encoder = None
    for batch in batches:
        if encoder is None:
            encoder = ArrowToPostgresBinaryEncoder(batch.schema)
            yield encoder.write_header(), 0
        yield encoder.write_batch(batch), batch.num_rows
    if encoder is not None:
        yield encoder.finish(), 0


Item = TypeVar("Item")

_END = object()


def prefetch(items: Iterator[Item], ahead: int = 2) -> Iterator[Item]:
    """Yield what ``items`` yields, in order, and raise what it raises; at most ``ahead`` waiting."""
    waiting: queue.Queue[object] = queue.Queue(ahead)
    stopped = threading.Event()
    failures: list[BaseException] = []

    def produce() -> None:
        try:
            for item in items:
                if not _put(waiting, item, stopped):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by who consumes
            failures.append(error)
        _put(waiting, _END, stopped)

    thread = threading.Thread(target=produce, name="prefetch", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()
    if failures:
        raise failures[0]


def _put(waiting: queue.Queue[object], item: object, stopped: threading.Event) -> bool:
    """Wait for room; False once the consumer has gone."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False
