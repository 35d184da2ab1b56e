"""The table of doors is total: a planted import of a vendor is caught."""

import importlib.util
from pathlib import Path

import pytest
from grimp import ImportGraph

spec = importlib.util.spec_from_file_location("doors", Path(__file__).parent / "doors.py")
doors = importlib.util.module_from_spec(spec)
spec.loader.exec_module(doors)


def check(*, importer, imported, table):
    graph = ImportGraph()
    for module in ("assistant", "assistant.vectors", importer):
        graph.add_module(module)
    graph.add_module(imported, is_squashed=True)
    graph.add_import(importer=importer, imported=imported)
    contract = doors.DoorsContract(name="doors", session_options={}, contract_options={"doors": table})
    return contract.check(graph, verbose=False)


def test_a_vendor_may_be_imported_through_its_door():
    assert check(importer="assistant.vectors", imported="chromadb", table=["chromadb -> assistant.vectors"]).kept


@pytest.mark.parametrize(
    ("importer", "imported", "said"),
    [
        ("ingest.sync", "chromadb", "whose doors are assistant.vectors"),
        ("ingest.sync", "requests", "which has no door"),
        ("assistant.vectorstore", "chromadb", "whose doors are"),
    ],
)
def test_an_import_beside_the_door_is_caught(importer, imported, said):
    found = check(importer=importer, imported=imported, table=["chromadb -> assistant.vectors"])
    assert not found.kept
    assert said in found.metadata["broken"][0]


def test_the_standard_library_needs_no_door():
    assert check(importer="assistant.vectors", imported="json", table=["chromadb -> assistant.vectors"]).kept


def test_a_door_that_does_not_exist_is_caught():
    found = check(importer="assistant.vectors", imported="json", table=["chromadb -> assistant.gone"])
    assert found.metadata["broken"] == ["the table names 'assistant.gone' as a door of 'chromadb': no such module"]
