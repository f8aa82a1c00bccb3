"""Arrow batches into a table, by binary COPY."""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Any

from psycopg import sql

from nyc_tlc.postgres.prefetch import prefetch
from nyc_tlc.progress import Progress, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from psycopg import Connection

    from nyc_tlc.postgres.tables import Table

log = logging.getLogger(__name__)

SEND_BUFFER_BYTES = 4 << 20


def copy_batches(
    connection: Connection[Any],
    table: Table,
    names: Iterable[str],
    batches: Iterator[pa.RecordBatch],
    expected: int,
) -> int:
    """Send the batches, encoded in a thread of their own while the last ones are on their way.

    FREEZE spares the table a later rewrite; Postgres takes it only from who created the table in
    the same transaction, as here.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE)").format(
        table.identifier, columns
    )
    progress = Progress(log, f"staging {table.name}", expected, rows)
    _widen_send_buffer(connection)
    with connection.cursor() as cursor, cursor.copy(copy) as stream:
        for data, count in prefetch(encoded(batches)):
            stream.write(data)
            progress.add(count)
    progress.finish()
    return progress.done


def _widen_send_buffer(connection: Connection[Any]) -> None:
    """Let the kernel keep Postgres busy while Python encodes: COPY gets a seventh faster.

    A Unix socket takes 200 kB, a millisecond of COPY, and encoding a batch holds Python's lock for
    several. TCP's buffer grows by itself, unless it is set. A kernel that allows less gives less.
    """
    with socket.socket(fileno=os.dup(connection.fileno())) as used:
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
