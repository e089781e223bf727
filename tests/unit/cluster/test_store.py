"""The cache, and the races between the stream that feeds it and the answers to our own writes."""

import pytest

from hostprocess_operator.cluster.store import Entry, Store

NAMESPACE = "agents"


def body(name="a", version=1, uid=None, value="x", namespace=NAMESPACE):
    metadata = {"namespace": namespace, "name": name, "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": metadata, "value": value}


def entry(*args, **kwargs):
    made = body(*args, **kwargs)
    return Entry.of(made, made["value"])


def upsert(store, *args, **kwargs):
    made = body(*args, **kwargs)
    return store.upsert(made, made["value"])


@pytest.fixture
def changes():
    return []


@pytest.fixture
def store(changes):
    store = Store(index=lambda value: value[0])
    store.subscribe(lambda old, new: changes.append((old, new)))
    return store


class TestUpsert:
    def test_a_new_object_is_held_and_told(self, store, changes):
        assert upsert(store, value="x")
        assert store.get((NAMESPACE, "a")) == "x"
        assert changes == [(None, "x")]

    def test_an_equal_value_is_told_to_nobody(self, store, changes):
        upsert(store, version=1)
        assert not upsert(store, version=2)
        assert len(changes) == 1
        assert store.entry((NAMESPACE, "a")).version == 2

    def test_an_older_version_is_ignored(self, store):
        upsert(store, version=10, value="new")
        assert not upsert(store, version=9, value="old")
        assert store.get((NAMESPACE, "a")) == "new"

    def test_versions_are_compared_as_numbers(self, store):
        upsert(store, version=9, value="old")
        upsert(store, version=10, value="new")
        assert store.get((NAMESPACE, "a")) == "new"

    def test_a_version_that_is_no_number_is_accepted(self, store):
        upsert(store, version=10, value="old")
        assert upsert(store, version="opaque", value="new")

    def test_a_late_event_of_a_former_object_does_not_hide_its_successor(self, store):
        upsert(store, version=10, uid="second", value="new")
        upsert(store, version=9, uid="first", value="old")
        assert store.entry((NAMESPACE, "a")).uid == "second"

    def test_the_answer_to_a_write_does_not_revive_what_the_stream_saw_deleted(self, store):
        upsert(store, version=10)
        store.advance("10")
        store.remove((NAMESPACE, "a"), "12")
        store.advance("12")
        assert not upsert(store, version=11, value="answer to our patch")
        assert store.get((NAMESPACE, "a")) is None

    def test_the_answer_to_a_create_that_the_stream_has_not_reached_is_held(self, store):
        store.advance("10")
        assert upsert(store, version=11)


class TestRemove:
    def test_a_deleted_object_is_gone_and_told(self, store, changes):
        upsert(store, version=1)
        assert store.remove((NAMESPACE, "a"), "2")
        assert store.values() == ()
        assert changes[-1] == ("x", None)

    def test_an_object_that_is_not_held_is_told_to_nobody(self, store, changes):
        assert not store.remove((NAMESPACE, "a"), "2")
        assert changes == []

    def test_a_late_deletion_spares_the_object_that_was_made_since(self, store):
        upsert(store, version=10, uid="second")
        assert not store.remove((NAMESPACE, "a"), "9")
        assert store.get((NAMESPACE, "a")) == "x"

    def test_without_a_version_the_object_goes_in_any_case(self, store):
        upsert(store, version=10)
        assert store.remove((NAMESPACE, "a"))


class TestReplaceAll:
    def test_what_the_list_lacks_is_dropped_and_told(self, store, changes):
        upsert(store, "a", version=1, value="xa")
        upsert(store, "b", version=2, value="xb")
        store.replace_all([entry("b", version=2, value="xb")], "5")
        assert store.values() == ("xb",)
        assert changes[2:] == [("xa", None)]

    def test_new_and_changed_objects_are_told_and_equal_ones_not(self, store, changes):
        upsert(store, "same", version=1, value="x")
        upsert(store, "other", version=2, value="x")
        listed = [entry("same", version=3), entry("other", version=4, value="y"), entry("new", version=5, value="z")]
        store.replace_all(listed, "5")
        assert changes[2:] == [("x", "y"), (None, "z")]

    def test_an_object_that_we_made_after_the_list_was_taken_stays(self, store):
        upsert(store, version=8)
        store.replace_all([], "5")
        assert store.get((NAMESPACE, "a")) == "x"

    def test_an_object_that_we_changed_after_the_list_was_taken_keeps_the_change(self, store):
        upsert(store, version=8, value="ours")
        store.replace_all([entry(version=4, value="listed")], "5")
        assert store.get((NAMESPACE, "a")) == "ours"

    def test_after_a_restored_backup_the_list_alone_counts(self, store):
        upsert(store, "kept", version=900, value="x new")
        upsert(store, "lost", version=950)
        store.advance("1000")
        store.replace_all([entry("kept", version=300, value="x old")], "500")
        assert store.values() == ("x old",)

    def test_the_list_of_one_namespace_leaves_the_others_alone(self, store):
        upsert(store, "a", version=1, namespace="one")
        upsert(store, "a", version=2, namespace="two")
        store.replace_all([], "5", "one")
        assert store.get(("two", "a")) == "x"
        assert store.get(("one", "a")) is None

    def test_every_change_is_in_the_store_before_the_first_is_told(self, store):
        seen = []
        store.subscribe(lambda _old, _new: seen.append(len(store)))
        store.replace_all([entry("a"), entry("b")], "5")
        assert seen == [2, 2]


class TestViews:
    def test_values_are_sorted_by_namespace_and_name(self, store):
        for name in ("c", "a", "b"):
            upsert(store, name, value=f"x{name}")
        assert store.values() == ("xa", "xb", "xc")

    def test_an_index_finds_its_values_sorted_by_name(self, store):
        for name, value in (("c", "x3"), ("a", "x1"), ("b", "y2")):
            upsert(store, name, value=value)
        assert store.by("x") == ("x1", "x3")

    def test_a_value_that_moves_to_another_index_leaves_the_first(self, store):
        upsert(store, version=1, value="x")
        assert store.by("x") == ("x",)
        upsert(store, version=2, value="y")
        assert (store.by("x"), store.by("y")) == ((), ("y",))

    def test_a_view_that_was_looked_at_follows_every_change(self, store):
        upsert(store, "a", version=1, value="x1")
        assert (store.by("x"), store.values()) == (("x1",), ("x1",))
        upsert(store, "b", version=2, value="x2")
        assert (store.by("x"), store.values()) == (("x1", "x2"), ("x1", "x2"))
        store.remove((NAMESPACE, "a"), "3")
        assert (store.by("x"), store.values()) == (("x2",), ("x2",))

    def test_a_value_that_the_index_leaves_out_is_still_held(self):
        store = Store(index=lambda _: None)
        upsert(store)
        assert store.values() == ("x",)


class TestMarks:
    def test_a_deleted_object_counts_as_deleting_until_it_is_gone(self, store):
        upsert(store, version=1)
        store.mark_deleted("uid-a")
        upsert(store, version=2, value="x still there")
        assert store.is_marked("uid-a")
        store.remove((NAMESPACE, "a"), "3")
        assert not store.is_marked("uid-a")
        assert store.deleted_uids == frozenset()

    def test_its_successor_of_the_same_name_is_not_marked(self, store):
        upsert(store, version=1, uid="first")
        store.mark_deleted("first")
        upsert(store, version=2, uid="second")
        assert store.deleted_uids == frozenset()

    def test_what_is_gone_already_leaves_no_mark_behind(self, store):
        store.mark_deleted("uid-a")
        assert store.deleted_uids == frozenset()

    def test_a_list_that_lacks_it_lifts_the_mark(self, store):
        upsert(store, version=1)
        store.mark_deleted("uid-a")
        store.replace_all([], "5")
        assert store.deleted_uids == frozenset()
