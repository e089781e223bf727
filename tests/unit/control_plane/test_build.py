"""Binaries are found where they are named or cached, and built once, by one builder, when they are nowhere."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from control_plane import build, wait_for
from control_plane.build import TOOLS, BinariesError, cache_folder, ensure_binaries, tool

TESTS = Path(__file__).parents[2]
# Stands in for the Go toolchain: says its version, notes each build, and makes the six files
FAKE_GO = """\
#!/bin/sh
if [ "$1" = env ]; then echo {version}; exit; fi
echo "$@" >> {builds}
{extra}
while [ "$1" != -o ]; do shift; done
for name in {tools}; do echo '#!/bin/sh' > "$2$name"; chmod +x "$2$name"; done
"""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in (build.OWN_FOLDER, build.COMMON_FOLDER):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def said():
    return []


@pytest.fixture
def fake_go(monkeypatch, tmp_path):
    """Put a `go` on the PATH; return the function that makes it and the file that counts its builds."""
    builds = tmp_path / "builds"

    def install(version="go1.26.3", extra="", tools=TOOLS):
        path = tmp_path / "bin" / "go"
        path.parent.mkdir(exist_ok=True)
        path.write_text(FAKE_GO.format(version=version, builds=builds, extra=extra, tools=" ".join(tools)))
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
        return builds

    return install


def fill(folder, tools=TOOLS):
    folder.mkdir(parents=True)
    for name in tools:
        (folder / name).touch(mode=0o755)
    return folder


class TestFinding:
    """Nothing is built when the binaries are there."""

    def test_a_named_folder_wins(self, monkeypatch, tmp_path, said):
        monkeypatch.setenv(build.OWN_FOLDER, str(fill(tmp_path / "named")))
        fill(cache_folder())
        assert ensure_binaries(said.append) == tmp_path / "named"
        assert said == []

    def test_a_named_folder_that_is_incomplete_is_an_error_that_names_what_is_missing(
        self, monkeypatch, tmp_path, said
    ):
        monkeypatch.setenv(build.OWN_FOLDER, str(fill(tmp_path / "named", TOOLS[:-1])))
        with pytest.raises(BinariesError, match="lacks kwok"):
            ensure_binaries(said.append)

    def test_kubebuilder_assets_are_used_when_they_are_complete_and_call_etcd_by_its_name(
        self, monkeypatch, tmp_path, said
    ):
        folder = fill(tmp_path / "assets", ["etcd", *TOOLS[1:]])
        monkeypatch.setenv(build.COMMON_FOLDER, str(folder))
        assert ensure_binaries(said.append) == folder
        assert tool(folder, "server") == folder / "etcd"

    def test_the_usual_kubebuilder_assets_are_passed_over_aloud(self, monkeypatch, tmp_path, said):
        folder = fill(tmp_path / "assets", ["etcd", "kube-apiserver", "kubectl"])
        monkeypatch.setenv(build.COMMON_FOLDER, str(folder))
        fill(cache_folder())
        assert ensure_binaries(said.append) == cache_folder()
        assert "lacks kube-controller-manager, kube-scheduler, kwok" in said[0]

    def test_the_cache_of_this_module_is_used(self, monkeypatch, said):
        monkeypatch.setenv("PATH", "")
        fill(cache_folder())
        assert ensure_binaries(said.append) == cache_folder()

    def test_the_cache_is_under_the_home_folder_unless_told(self, monkeypatch):
        monkeypatch.delenv("XDG_CACHE_HOME")
        assert cache_folder().parent == Path.home() / ".cache" / "hostprocess-operator" / "control-plane"

    def test_another_go_sum_is_another_cache(self, monkeypatch, tmp_path):
        before = cache_folder()
        (tmp_path / "go.mod").write_bytes((build.MODULE / "go.mod").read_bytes())
        (tmp_path / "go.sum").write_text("other")
        monkeypatch.setattr(build, "MODULE", tmp_path)
        assert cache_folder() != before


class TestBuilding:
    """A build ends with a whole folder or with none."""

    def test_builds_once(self, fake_go, said):
        builds = fake_go()
        assert ensure_binaries(said.append) == cache_folder()
        assert sorted(path.name for path in cache_folder().iterdir()) == sorted(TOOLS)
        ensure_binaries(said.append)
        assert len(builds.read_text().splitlines()) == 1
        assert "6 to 12 minutes" in said[0]
        assert said[-1].startswith("built in ")

    def test_tells_the_server_its_version(self, fake_go, said):
        builds = fake_go()
        ensure_binaries(said.append)
        version = "k8s.io/component-base/version"
        assert f"-X {version}.gitVersion=v1.37.2 -X {version}.gitMajor=1 -X {version}.gitMinor=37" in builds.read_text()

    def test_says_how_long_it_has_taken_so_far(self, fake_go, said, tmp_path):
        fake_go(extra="sleep 0.3")
        draft = tmp_path / "draft"
        draft.mkdir()
        build._run_build(["go", "build", "-o", f"{draft}/"], tmp_path / "log", said.append, every=0.1)
        assert any(line.startswith("still building, 0 s so far") for line in said)

    @pytest.mark.parametrize(("seconds", "text"), [(4.9, "4 s"), (60, "1 min 00 s"), (703, "11 min 43 s")])
    def test_durations_are_for_people(self, seconds, text):
        assert build._duration(seconds) == text

    def test_an_older_go_is_refused_with_what_to_do(self, fake_go, said):
        builds = fake_go(version="go1.25.9")
        with pytest.raises(BinariesError, match=r"Go 1\.26 or newer is needed .* found go1\.25\.9: install it from"):
            ensure_binaries(said.append)
        assert not builds.exists()

    def test_a_newer_major_version_will_do(self, fake_go, said):
        fake_go(version="go2.0")
        assert ensure_binaries(said.append) == cache_folder()

    def test_a_missing_go_is_refused_with_what_to_do(self, monkeypatch, said):
        monkeypatch.setenv("PATH", "")
        with pytest.raises(BinariesError, match=f"no `go` on the PATH: .*{build.OWN_FOLDER}"):
            ensure_binaries(said.append)

    def test_a_failed_build_shows_the_compilers_words_and_leaves_no_folder(self, fake_go, said):
        fake_go(extra="echo no space left on device >&2; exit 3")
        with pytest.raises(BinariesError, match=r"(?s)ended with 3:.*no space left on device"):
            ensure_binaries(said.append)
        assert [path.suffix for path in cache_folder().parent.iterdir() if path.is_dir()] == []

    def test_a_build_that_forgot_a_tool_is_an_error(self, fake_go, said):
        fake_go(tools=TOOLS[:-1])
        with pytest.raises(BinariesError, match="made no kwok"):
            ensure_binaries(said.append)
        assert not cache_folder().exists()

    def test_an_incomplete_cache_is_replaced(self, fake_go, said):
        fake_go()
        fill(cache_folder(), TOOLS[:2])
        ensure_binaries(said.append)
        assert sorted(path.name for path in cache_folder().iterdir()) == sorted(TOOLS)

    def test_what_a_killed_builder_left_is_removed(self, fake_go, said):
        fake_go()
        abandoned = fill(cache_folder().with_suffix(".abc123"))
        ensure_binaries(said.append)
        assert not abandoned.exists()

    def test_two_builders_build_once(self, fake_go, said):
        builds = fake_go(extra="sleep 0.3")
        folders = []
        builders = [threading.Thread(target=lambda: folders.append(ensure_binaries(said.append))) for _ in range(2)]
        for builder in builders:
            builder.start()
        for builder in builders:
            builder.join()
        assert folders == [cache_folder()] * 2
        assert len(builds.read_text().splitlines()) == 1
        assert "another process is building the control plane's binaries: waiting for it" in said

    def test_an_interrupted_builder_takes_its_compilers_along(self, fake_go, tmp_path):
        fake_go(extra=f"sleep 60 & echo $! > {tmp_path}/compiler; wait")
        command = [sys.executable, "-c", "from control_plane import ensure_binaries; ensure_binaries(print)"]
        builder = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=subprocess.DEVNULL)
        compiler = wait_for(lambda: find(tmp_path / "compiler"), 20, "the build to begin")
        builder.terminate()
        assert builder.wait(10) == -signal.SIGTERM
        wait_for(lambda: not is_running(compiler), 10, "the compiler to be gone")


def find(path):
    return (path.read_text().strip() or None) if path.exists() else None


def is_running(pid):
    try:
        return ") Z " not in Path("/proc", pid, "stat").read_text()
    except FileNotFoundError:
        return False
