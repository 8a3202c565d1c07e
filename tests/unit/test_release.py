"""A release can be built again, byte for byte, with pinned tools."""

import importlib.util
import io
import re
import tarfile
from pathlib import Path

TOOLS = Path(__file__).parent.parent.parent / "tools"


def repack():
    spec = importlib.util.spec_from_file_location("release", TOOLS / "release.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.repack


def packed(path, names, **attributes):
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            for attribute, value in attributes.items():
                setattr(member, attribute, value)
            archive.addfile(member, io.BytesIO(name.encode()))


def test_an_sdist_does_not_tell_when_and_by_whom_it_was_built(tmp_path):
    one, other = tmp_path / "one.tar.gz", tmp_path / "other.tar.gz"
    packed(one, ["p/a", "p/b"], mtime=1, uname="one", uid=1)
    packed(other, ["p/b", "p/a"], mtime=2, uname="other", gid=2)
    for sdist in (one, other):
        repack()(sdist, 1_000_000_000)
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as archive:
        assert [(each.name, each.mtime, each.uname) for each in archive] == [("p/a", 1e9, ""), ("p/b", 1e9, "")]
        assert archive.extractfile("p/b").read() == b"p/b"


def test_what_builds_a_release_is_pinned():
    text = (TOOLS / "build-requirements.txt").read_text()
    needed = re.findall(r"^([\w-]+)>=", (TOOLS / "build-requirements.in").read_text(), re.MULTILINE)
    pinned = re.findall(r"^([\w-]+)==[\d.]+.*\\\n +--hash=sha256:", text, re.MULTILINE)
    assert needed == ["build", "setuptools"]
    assert {*needed} <= {*pinned}
    assert len(pinned) == len(re.findall(r"^\w", text, re.MULTILINE))
