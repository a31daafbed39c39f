"""The real messages are those that the README describes."""

from hashlib import sha256

import orjson

from demo.sequences import FILE, by_company

SHA256 = "babba254cf31f1f4842e590702424a2b00ce3386e6c80335f478a82d785659f4"


def test_the_file_is_the_one_described() -> None:
    assert sha256(FILE.read_bytes()).hexdigest() == SHA256


def test_the_file_holds_2349_messages_of_which_7_are_duplicates() -> None:
    found = FILE.read_bytes().splitlines()
    ids = {(event["source"], event["id"]) for event in map(orjson.loads, found)}
    assert len(found) == 2_349
    assert len(ids) == 2_349 - 7
    assert len(set(found)) == len(ids) + 1, "one duplicate is a conflict"


def test_each_message_is_read_once_and_in_order() -> None:
    sequences = by_company()
    assert len(sequences) == 25
    assert sum(map(len, sequences.values())) == 2_342
    for entries in sequences.values():
        instants = [entry.occurred_at for entry in entries]
        assert instants == sorted(instants)


def test_of_a_conflict_the_first_is_kept() -> None:
    entry = next(entry for entry in by_company()["TeamYouTube"] if entry.key == "b4d0d70aae7d32cb")
    assert f"{entry.occurred_at:%Y-%m-%dT%H:%M:%SZ}" == "2020-04-02T02:28:25Z"
