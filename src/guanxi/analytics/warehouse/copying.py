"""From PostgreSQL to Arrow: COPY (SELECT …) TO STDOUT as CSV, parsed by Arrow batch by batch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import RawIOBase
from typing import Any

import pyarrow as pa
from django.db import connection
from pyarrow import csv

BLOCK = 4 << 20
ARROW = {
    "text": pa.string(),
    "number": pa.float64(),
    "whole": pa.int64(),
    "day": pa.date32(),
    "moment": pa.timestamp("us"),
    "flag": pa.bool_(),
}


def schema_of(columns: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of columns of the port's types."""
    return pa.schema([(name, ARROW[kind]) for name, kind in columns.items()])


class _Stream(RawIOBase):
    """What COPY sends, as a file that Arrow can read."""

    def __init__(self, pieces: Iterator[Any]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; all there are for a negative one."""
        found = [self._rest]
        length = len(self._rest)
        while size < 0 or length < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            found.append(bytes(piece))
            length += len(found[-1])
        whole = b"".join(found)
        end = len(whole) if size < 0 else size
        self._rest = whole[end:]
        return whole[:end]


@contextmanager
def copied(select: str, values: Mapping[str, Any], schema: pa.Schema) -> Iterator[Iterator[pa.RecordBatch]]:
    """The rows of a SELECT in the running transaction, in batches of this schema."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)", values) as copy:
        yield _batches(_Stream(iter(copy)), schema)


def _batches(stream: _Stream, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    first = stream.read(1)
    if not first:
        return
    stream._rest = first + stream._rest
    convert = csv.ConvertOptions(
        column_types=schema,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    reader = csv.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=csv.ReadOptions(column_names=schema.names, block_size=BLOCK, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=convert,
    )
    yield from reader
