import pytest

from assistant.listings import find_listings


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("1. Loss of staff. 2. Higher debt, which grows. 3. Fines.", ["Loss of staff", "Higher debt", "Fines"]),
        ("Three came: Ada Holm, Ben and Cy.", ["Ada Holm", "Ben", "Cy"]),
        ("It consists of Ada Holm, Ben Ox and Cy, who left.", ["Ada Holm", "Ben Ox", "Cy"]),
        ("the red boat; the blue boat; the raft", ["the red boat", "the blue boat", "the raft"]),
        ("- Otter\n- Heron", ["Otter", "Heron"]),
        ("Otter sank in May. Heron sank in June.", ["Otter", "Heron"]),
        ("Trust, patience and luck.", ["Trust", "patience", "luck"]),
        ("The boat sank and was raised.", []),
        ("Nothing is listed here.", []),
        ("", []),
    ],
)
def test_the_items_of_the_first_list(text, items):
    found = find_listings(text)
    assert list(found[0].items if found else ()) == items
