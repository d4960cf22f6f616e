"""The ZIP format: readable with and without its central directory, by Python, unzip and Java."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from customers.attachments import zip_writer
from customers.attachments.zip_writer import TooLarge, ZipWriter
from tests.support.cases.zip_input_stream import ZipException, ZipInputStream

LIST_ZIP = Path(__file__).parents[1] / "support" / "java" / "ListZip.java"
WHEN = datetime(2025, 3, 15, 20, 35, 10, tzinfo=UTC)
TEXT = b"date,amount\n" * 20_000
RANDOM = Random(1).randbytes(300_000)
CONTENTS = {
    "empty.txt": b"",
    "one byte.bin": b"x",
    "Договор №7.csv": TEXT,
    "photo.png": RANDOM,
}


def streamed(writer: ZipWriter, name: str, data: bytes, size: int | None, compress: bool) -> bytes:
    entry = writer.start(name, size, compress=compress)
    pieces = [entry.header]
    pieces += [entry.write(data[at : at + 10_000]) for at in range(0, len(data), 10_000)]
    return b"".join([*pieces, entry.finish()])


def archive_of(contents: dict[str, bytes]) -> tuple[bytes, dict[str, bytes]]:
    """Each content as a complete and as a streamed entry, compressed and not, of known and unknown size."""
    writer, archive, expected = ZipWriter(WHEN), b"", {}
    for name, data in contents.items():
        for compress in (True, False):
            expected[f"{compress}/{name}"] = data
            archive += writer.add(f"{compress}/{name}", data, compress=compress)
            for size in (None, len(data)):
                expected[f"{compress} {size}/{name}"] = data
                archive += streamed(writer, f"{compress} {size}/{name}", data, size, compress)
    return archive + writer.close(), expected


def test_with_the_central_directory(tmp_path: Path) -> None:
    archive, expected = archive_of(CONTENTS)
    reader = zipfile.ZipFile(io.BytesIO(archive))
    assert reader.testzip() is None
    assert {name: reader.read(name) for name in reader.namelist()} == expected
    assert {info.date_time for info in reader.infolist()} == {(2025, 3, 15, 20, 35, 10)}
    assert reader.getinfo("True/photo.png").compress_type == zipfile.ZIP_STORED
    if unzip := shutil.which("unzip"):
        (tmp_path / "a.zip").write_bytes(archive)
        subprocess.run([unzip, "-tq", tmp_path / "a.zip"], check=True)


def test_without_the_central_directory() -> None:
    archive, expected = archive_of(CONTENTS)
    assert dict(ZipInputStream(io.BytesIO(archive))) == expected


def test_by_java() -> None:
    archive, expected = archive_of(CONTENTS)
    assert java(archive) == {name: (zlib.crc32(data), len(data)) for name, data in expected.items()}


def java(archive: bytes) -> dict[str, tuple[int, int]]:
    """What Java's ZipInputStream reads: CRC and size by name."""
    if not (program := shutil.which("java")) or not shutil.which("javac"):
        pytest.skip("no JDK on this machine")
    result = subprocess.run(
        [program, LIST_ZIP], input=archive, capture_output=True, timeout=100, check=False
    )
    assert result.returncode == 0, result.stderr.decode()
    lines = [line.split(" ", 2) for line in result.stdout.decode().splitlines()]
    return {name: (int(crc), int(size)) for crc, size, name in lines}


def test_reader_refuses_a_stored_entry_with_a_descriptor() -> None:
    """As Java does. zipfile makes one where its stream cannot seek."""

    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    stream = Stream()
    with zipfile.ZipFile(stream, "w") as writer:
        writer.writestr("a.txt", "x")
    with pytest.raises(ZipException, match="only DEFLATED"):
        list(ZipInputStream(io.BytesIO(stream.getvalue())))


def test_abandoned_entry_is_never_read_as_a_file() -> None:
    writer = ZipWriter(WHEN)
    archive = writer.add("first.txt", TEXT, compress=True)
    entry = writer.start("incomplete.bin", len(RANDOM), compress=False)
    archive += entry.header + entry.write(RANDOM[:1000]) + entry.abandon()
    archive += writer.add("last.txt", TEXT, compress=True) + writer.close()
    assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == ["first.txt", "last.txt"]
    entries = iter(ZipInputStream(io.BytesIO(archive)))
    assert next(entries) == ("first.txt", TEXT)
    with pytest.raises(ZipException, match="CRC"):
        next(entries)


def test_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a lower limit: sizes, offsets and the number of entries need the fields of ZIP64."""
    monkeypatch.setattr(zip_writer, "ZIP64_LIMIT", 5000)
    monkeypatch.setattr(zip_writer, "MAX_ENTRIES", 3)
    writer, archive = ZipWriter(WHEN), b""
    for number in range(6):
        archive += streamed(writer, f"{number}.bin", RANDOM[:9000], 9000, compress=False)
    archive += writer.close()
    reader = zipfile.ZipFile(io.BytesIO(archive))
    assert reader.testzip() is None
    assert [reader.read(info) for info in reader.infolist()] == [RANDOM[:9000]] * 6
    assert {info.extract_version for info in reader.infolist()} == {45}


def test_streamed_entry_that_is_larger_than_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_writer, "ZIP64_LIMIT", 5000)
    entry = ZipWriter(WHEN).start("a.bin", None, compress=False)
    entry.write(bytes(3000))
    with pytest.raises(TooLarge):
        entry.write(bytes(3000))
