import pytest

from assistant import hops
from assistant.settings import Settings
from assistant.types import Filters
from assistant.wiring import open_assistant
from ingest import sync

FILM = "The Salt Road is a film of 1987 about smugglers. It was directed by Marta Velden and shot in Torun."
DIRECTOR = "Marta Velden was born in Kolvik, a fishing village, and studied medicine before she turned to the stage."
OTHERS = {
    "Salt": "Salt is mined or won from the sea. It was carried over long roads to the markets of the inland.",
    "Birthplaces of kings": "The birthplace of a king was seldom recorded. Directors of archives still look for them.",
    "Smugglers": "Smugglers carried salt over the border by night and sold it in the villages.",
    "The Iron Bridge": "The Iron Bridge is a film of 1991. Its director spent two years in a foundry.",
    "Film": "A film is a series of pictures shown in quick succession. The director leads those who shoot it.",
    "Roads": "Roads were paved where the traffic of carts was heavy. A road of stone lasts for centuries.",
    "Villages": "A village where a famous person was born often shows the house of the birth to its guests.",
    "Stage directors": "A stage director rehearses with the actors for weeks. Many were actors themselves before.",
}
QUESTION = "What is the birthplace of the director of the film The Salt Road?"


@pytest.fixture(scope="module")
def library(models_dir, tmp_path_factory):
    """Settings of a store with a film, its director, and what shares words with a question about both."""
    root = tmp_path_factory.mktemp("library")
    folder = root / "corpus"
    folder.mkdir()
    for title, text in {"The Salt Road": FILM, "Marta Velden": DIRECTOR, **OTHERS}.items():
        (folder / f"{title}.md").write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
    settings = Settings(data_dir=root / "data", corpus=folder, models_dir=models_dir, read_passages=0)
    sync([folder], settings=settings)
    return settings


@pytest.fixture
def find(library):
    """Search, and give the titles in order with the passages."""
    with open_assistant(library) as opened:

        def run(question, **options):
            passages = opened.search(question, **options)
            return [passage.title for passage in passages], passages

        yield run


@pytest.fixture
def one_hop(monkeypatch):
    monkeypatch.setattr(hops, "ENOUGH", 99.0)


def test_the_birthplace_is_found_through_the_film(find):
    titles, passages = find(QUESTION)
    assert titles[0] == "The Salt Road"
    assert "Marta Velden" in titles[: hops.KEPT + 1]
    (reached,) = [passage for passage in passages if passage.title == "Marta Velden"]
    assert reached.signals.bridge >= hops.ENOUGH


def test_without_a_second_hop_it_comes_later(find, one_hop):
    titles, passages = find(QUESTION, top_k=8)
    assert "Marta Velden" not in titles[: hops.KEPT + 1]
    assert all(passage.signals.bridge is None for passage in passages)


def test_the_first_passages_stay_and_ranks_run_from_1(find, monkeypatch):
    _, passages = find(QUESTION)
    monkeypatch.setattr(hops, "ENOUGH", 99.0)
    _, before = find(QUESTION)
    assert passages[: hops.KEPT] == before[: hops.KEPT]
    assert [passage.rank for passage in passages] == list(range(1, len(before) + 1))
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)
    assert len({passage.chunk.id for passage in passages}) == len(passages)


@pytest.mark.parametrize(
    "question",
    ["Who directed the film The Salt Road?", "Where is salt won?", "Where was Marta Velden born?", "What is it?"],
)
def test_a_question_that_one_document_covers_makes_no_second_hop(find, question):
    _, passages = find(question)
    assert all(passage.signals.bridge is None for passage in passages)


def test_no_place_is_given_where_few_passages_are_wanted(find):
    _, passages = find(QUESTION, top_k=hops.KEPT)
    assert len(passages) == hops.KEPT
    assert all(passage.signals.bridge is None for passage in passages)


def test_a_filter_holds_for_the_second_hop_too(find):
    films = ("The Salt Road.md", "Salt.md", "Film.md", "Roads.md", "Smugglers.md")
    titles, passages = find(QUESTION, filters=Filters(documents=films))
    assert set(titles) <= {"The Salt Road", "Salt", "Film", "Roads", "Smugglers"}
    assert all(passage.signals.bridge is None for passage in passages)


def test_the_same_question_makes_the_same_hop(find):
    assert find(QUESTION) == find(QUESTION)


def test_the_reader_reads_what_a_second_hop_brings(library):
    with open_assistant(library.model_copy(update={"read_passages": 6})) as opened:
        answer = opened.ask(QUESTION)
    assert "Marta Velden" in [passage.title for passage in answer.passages]
    assert all(passage.signals.rerank is not None for passage in answer.passages)


def test_an_altered_passage_takes_no_place(library, monkeypatch):
    with open_assistant(library) as opened:
        stands = opened._catalog.stands
        monkeypatch.setattr(opened._catalog, "stands", lambda chunk: chunk.text != DIRECTOR and stands(chunk))
        passages = opened.search(QUESTION)
    assert all(passage.title != "Marta Velden" for passage in passages)
