import gzip
import os
import zipfile
from pathlib import Path

import pytest

from alphatrader.analytics import files
from alphatrader.analytics.files import read_data_file, read_zip_member
from alphatrader.domain.errors import DataError


def test_plain_and_gzip_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x,y\n1,2\n")
    (tmp_path / "named_csv_but_gzip.csv").write_bytes(gzip.compress(b"x,y\n1,2\n"))
    assert read_data_file(tmp_path / "a.csv") == read_data_file(tmp_path / "named_csv_but_gzip.csv")


def test_faults_get_one_line(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(5_000))
    (tmp_path / "cut.gz").write_bytes(whole[:-300])
    (tmp_path / "damaged.gz").write_bytes(whole[:200] + b"\xff" * 50 + whole[250:])
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "blank.gz").write_bytes(gzip.compress(b" \n"))
    for name, words in {
        "absent.csv": "does not exist",
        ".": "is a directory",
        "cut.gz": "ends in the middle of its gzip stream",
        "damaged.gz": "is damaged",
        "empty": "is empty",
        "blank.gz": "is empty",
    }.items():
        with pytest.raises(DataError, match=words) as caught:
            read_data_file(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 3


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1 << 20)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"0" * (8 << 20)))
    with pytest.raises(DataError, match="unpacks to more than 1 MiB"):
        read_data_file(tmp_path / "bomb.gz")


def test_zip_members(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", "1,2\n")
    assert read_zip_member(path.read_bytes(), path) == ("one.csv", b"1,2\n")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("two.csv", "1,2\n")
    with pytest.raises(DataError, match="holds 2 files"):
        read_zip_member(path.read_bytes(), path)
    with pytest.raises(DataError, match="damaged or unsupported zip"):
        read_zip_member(path.read_bytes()[:40], path)
