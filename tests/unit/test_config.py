"""Settings from flags, environment and file, and how a mistake in one is told."""

import pytest
import yaml
from pydantic import ValidationError

from hostprocess_operator.config import Settings, load_settings
from hostprocess_operator.errors import SettingsError


@pytest.fixture
def file(tmp_path):
    """Write a file of settings and return its path as text."""

    def write(content):
        path = tmp_path / "settings.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return str(path)

    return write


class TestPrecedence:
    def test_defaults_where_nothing_is_given(self):
        settings = load_settings([], {})
        assert settings.namespaces == ()
        assert (settings.health_port, settings.workers, settings.log_format) == (8080, 4, "auto")

    def test_a_file_wins_over_the_defaults(self, file):
        assert load_settings(["--config", file({"health-port": 1})], {}).health_port == 1

    def test_the_environment_wins_over_a_file(self, file):
        settings = load_settings(["--config", file({"health-port": 1, "workers": 9})], {"HPAGENT_HEALTH_PORT": "2"})
        assert (settings.health_port, settings.workers) == (2, 9)

    def test_a_flag_wins_over_the_environment(self, file):
        argv = ["--config", file({"health-port": 1}), "--health-port", "3"]
        assert load_settings(argv, {"HPAGENT_HEALTH_PORT": "2"}).health_port == 3

    def test_the_environment_may_name_the_file(self, file):
        assert load_settings([], {"HPAGENT_CONFIG": file({"health-port": 1})}).health_port == 1

    def test_the_process_s_own_environment_is_not_looked_at(self, monkeypatch):
        monkeypatch.setenv("HPAGENT_HEALTH_PORT", "9")
        assert load_settings([], {}).health_port == 8080

    def test_an_empty_variable_is_as_good_as_none(self):
        assert load_settings([], {"HPAGENT_HEALTH_PORT": ""}).health_port == 8080


class TestLeaderElection:
    def test_is_off_unless_asked_for(self):
        settings = load_settings([], {})
        assert (settings.leader_elect, settings.leader_elect_lease, settings.leader_elect_seconds) == (False, None, 15)

    @pytest.mark.parametrize("lease", ["hostprocess-system/hostprocess-operator", "a/b.c"])
    def test_takes_namespace_and_name_of_a_lease(self, lease):
        assert load_settings(["--leader-elect", "--leader-elect-lease", lease], {}).leader_elect_lease == lease

    @pytest.mark.parametrize("lease", ["ours", "/ours", "ours/", "a/b/c", "A/b"])
    def test_refuses_anything_else(self, lease):
        with pytest.raises(SettingsError, match=r"--leader-elect-lease: .* is not NAMESPACE/NAME"):
            load_settings(["--leader-elect-lease", lease], {})


class TestNamespaces:
    @pytest.mark.parametrize(
        "argv",
        [
            pytest.param(["--namespaces", "a,b"], id="separated by commas"),
            pytest.param(["--namespaces=a, b,"], id="with spaces and a comma too many"),
            pytest.param(["--namespaces", "a", "--namespaces", "b"], id="one flag for each"),
            pytest.param(["--namespaces", "a,b,a"], id="one of them twice"),
        ],
    )
    def test_may_be_given(self, argv):
        assert load_settings(argv, {}).namespaces == ("a", "b")

    @pytest.mark.parametrize("given", [["a", "b"], "a,b"], ids=["as a list", "as a text"])
    def test_may_stand_in_the_file(self, file, given):
        assert load_settings(["--config", file({"namespaces": given})], {}).namespaces == ("a", "b")

    def test_may_stand_in_the_environment(self):
        assert load_settings([], {"HPAGENT_NAMESPACES": "a,b"}).namespaces == ("a", "b")

    @pytest.mark.parametrize("name", ["A", "a_b", "-a", "a.b", "a" * 64, "a/b"])
    def test_must_be_possible_names(self, name):
        with pytest.raises(SettingsError, match=r"--namespaces.*cannot be the name of a namespace"):
            load_settings([f"--namespaces={name}"], {})


class TestMistakes:
    def test_an_unknown_flag_is_refused_with_the_near_miss(self):
        with pytest.raises(SettingsError, match=r"^--healt-port is no setting; did you mean --health-port\?$"):
            load_settings(["--healt-port=3"], {})

    def test_an_abbreviation_is_not_guessed(self):
        with pytest.raises(SettingsError, match="did you mean --namespaces"):
            load_settings(["--namespace", "a"], {})

    def test_a_stray_word_is_refused(self):
        with pytest.raises(SettingsError, match="--help names them all"):
            load_settings(["stray"], {})

    def test_an_unknown_variable_is_refused_with_the_near_miss(self):
        with pytest.raises(SettingsError, match=r"^HPAGENT_WORKER is no setting; did you mean HPAGENT_WORKERS\?$"):
            load_settings([], {"HPAGENT_WORKER": "3"})

    def test_an_unknown_key_of_the_file_is_refused_with_the_near_miss(self, file):
        with pytest.raises(SettingsError, match=r"health_port in .*settings\.yaml .* did you mean health-port\?"):
            load_settings(["--config", file({"health_port": 1})], {})

    @pytest.mark.parametrize("key", ["config", "print-config"])
    def test_what_concerns_the_file_itself_may_not_stand_in_it(self, file, key):
        with pytest.raises(SettingsError, match=f"{key} in"):
            load_settings(["--config", file({key: "x"})], {})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("HPAGENT_SERVICE_HOST", "10.0.0.1"),
            ("HPAGENT_SERVICE_PORT_HTTP", "80"),
            ("HPAGENT_PORT", "tcp://10.0.0.1:80"),
            ("HPAGENT_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("HPAGENT_OTHER_SERVICE_HOST", "10.0.0.1"),
            ("HPAGENT_OTHER_PORT", "tcp://10.0.0.1:80"),
        ],
    )
    def test_what_kubernetes_sets_for_a_service_is_no_mistake_of_ours(self, name, value):
        assert load_settings([], {name: value}) == load_settings([], {})

    @pytest.mark.parametrize(
        ("argv", "environ", "place"),
        [
            pytest.param(["--health-port=70000"], {}, "--health-port", id="of a flag"),
            pytest.param([], {"HPAGENT_HEALTH_PORT": "x"}, "HPAGENT_HEALTH_PORT", id="of a variable"),
            pytest.param(["--log-format=xml"], {}, "--log-format", id="of a choice"),
            pytest.param(["--workers=0"], {}, "--workers", id="below its bound"),
            pytest.param(["--health-port"], {}, "--health-port", id="that is missing"),
        ],
    )
    def test_a_bad_value_is_told_with_its_place(self, argv, environ, place):
        with pytest.raises(SettingsError, match=f"^{place}: "):
            load_settings(argv, environ)

    def test_a_bad_value_of_the_file_is_told_with_key_and_file(self, file):
        with pytest.raises(SettingsError, match=r"^workers in .*settings\.yaml: "):
            load_settings(["--config", file({"workers": "many"})], {})

    def test_every_bad_value_is_told_at_once(self):
        with pytest.raises(SettingsError, match=r"--workers.*; --health-port|--health-port.*; --workers"):
            load_settings(["--workers=0", "--health-port=-1"], {})

    @pytest.mark.parametrize("content", ["a: [", "- a", "just a text", "\x00"])
    def test_a_file_that_holds_no_settings_is_refused(self, file, content):
        with pytest.raises(SettingsError, match=r"settings\.yaml"):
            load_settings(["--config", file(content)], {})

    def test_an_empty_file_is_fine(self, file):
        assert load_settings(["--config", file("# nothing\n")], {}).workers == 4

    def test_a_missing_file_is_refused(self, tmp_path):
        with pytest.raises(SettingsError, match="nowhere"):
            load_settings(["--config", str(tmp_path / "nowhere")], {})


class TestPrinting:
    def test_what_is_printed_can_be_read_again(self, file, capsys):
        given = ["--namespaces=a,b", "--kubeconfig=k", "--health-port=0", "--workers=7"]
        with pytest.raises(SystemExit) as ended:
            load_settings([*given, "--print-config"], {})
        assert ended.value.code == 0
        printed = file(capsys.readouterr().out)
        again = load_settings(["--config", printed], {})
        assert again.model_copy(update={"config": None}) == load_settings(given, {})

    def test_help_names_every_setting_with_its_variable(self, capsys):
        with pytest.raises(SystemExit) as ended:
            load_settings(["--help"], {})
        assert ended.value.code == 0
        shown = capsys.readouterr().out
        for name in Settings.model_fields:
            assert f"--{name.replace('_', '-')}" in shown
            assert f"HPAGENT_{name.upper()}" in shown
        assert "tuple" not in shown
        assert "null" not in shown


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        load_settings([], {}).workers = 9
