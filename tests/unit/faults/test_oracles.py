from faults.oracles import busiest, difference, differing, end_state, flat, normalised, revision_names, summary

UID, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def pod(name, node, uid, *, ready=True, at="2026-01-01T00:00:00Z", seen=1):
    return {
        "metadata": {"name": name, "uid": uid, "resourceVersion": "7", "annotations": {"seen": f'{{"times":{seen}}}'}},
        "spec": {"nodeName": node},
        "status": {"ready": ready, "since": at},
    }


ONE = end_state({"pods": [pod("demo-abcde", "node-x-1", UID)]}, {"node-x-1": "NODE"})


def test_names_uids_and_times_are_not_compared():
    other = end_state({"pods": [pod("demo-vwxyz", "node-y-9", OTHER, at="2027-01-01T00:00:00Z")]}, {"node-y-9": "NODE"})
    assert other == ONE


def test_what_differs_is_shown_with_its_path_and_which_side_has_it():
    broken = end_state({"pods": [pod("demo-abcde", "NODE", UID, ready=False)]}, {})
    assert difference(broken, ONE, set()) == ["+ pods .status.ready: false", "- pods .status.ready: true"]


def test_what_two_undisturbed_runs_differ_in_is_masked():
    again = end_state({"pods": [pod("demo-abcde", "NODE", UID, seen=2)]}, {})
    mask = differing(ONE, again)
    assert mask == {"pods .metadata.annotations.seen.times"}
    assert not difference(again, ONE, mask)


def test_an_object_too_many_or_missing_is_a_difference():
    assert difference({"pods": ONE["pods"] * 2}, ONE, set())
    assert difference({"pods": []}, ONE, set())


def test_empty_fields_are_fields():
    given = {"a": {}, "b": [{"name": "x", "v": 1}], "c": "{broken"}
    assert flat(given) == {".a": None, ".b[x].name": "x", ".b[x].v": 1, ".c": "{broken"}


def test_a_long_name_is_replaced_before_a_part_of_it():
    assert normalised({"a": "node-1-more node-1"}, {"node-1": "X", "node-1-more": "Y"}) == {"a": "Y X"}


def test_the_summary_tells_how_often_each_place_was_filled_and_emptied():
    told = [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "a"), ("ADDED", "b")]
    assert summary({"pods": told}) == {"pods": [(1, 0), (2, 1)]}


def test_the_busiest_second_is_found_wherever_it_begins():
    assert busiest([0.0, 0.9, 1.5, 1.6, 1.8, 5.0], 1.0) == 4
    assert busiest([], 1.0) == 0


def test_a_copy_of_a_proven_template_is_named_alike_in_every_run():
    def run(uid, digest):
        template = {"metadata": {}, "spec": {"containers": [{"image": "agent:1.0"}]}}
        body = {
            "metadata": {"name": f"demo-proven-{digest}-{uid[:8]}", "ownerReferences": [{"name": "demo", "uid": uid}]},
            "data": {"spec": {"template": template}},
        }
        return normalised(body, revision_names([body]))

    one = run("0123abcd-0000-4000-8000-000000000000", "0123456789abcdef")
    assert one == run("fedcba98-0000-4000-8000-000000000000", "fedcba9876543210")
    assert one["metadata"]["name"] == "demo-proven-REVISION-1.0-UID"
    assert one["metadata"]["ownerReferences"][0]["uid"] == "UID"
