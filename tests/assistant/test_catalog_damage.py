"""A catalog file of which a bit was flipped or the end cut off is refused by name, whatever was hit."""

import importlib.util
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.catalog import CATALOG_FILE, Catalog
from assistant.errors import AssistantError, CatalogDamaged
from assistant.indexing import open_index
from assistant.settings import Settings

spec = importlib.util.spec_from_file_location("stores", Path(__file__).with_name("stores.py"))
stores = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stores)
corpora = stores.corpora

SEED = 20261124
DAMAGES = 30


@pytest.fixture
def stored(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    stores.fill(settings, {f"d{number}.md": corpora.paragraphs(20, prefix=f"d{number}") for number in range(5)})
    return settings


def seal_of(settings):
    return settings.data_dir / f"{CATALOG_FILE}.seal"


def is_detected(settings):
    """Whether a check finds a fault, or reading gives the named error."""
    try:
        with Catalog.open(settings.data_dir) as catalog:
            return catalog.file_fault() is not None
    except CatalogDamaged:
        return True


def test_whatever_bit_is_flipped_or_end_cut_off_is_found_and_not_written_over(stored):
    path, dice = stored.data_dir / CATALOG_FILE, random.Random(SEED)
    whole = path.read_bytes()
    assert not is_detected(stored)
    for number in range(DAMAGES):
        at = dice.randrange(len(whole))
        flipped = whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
        path.write_bytes(whole[:at] if number % 3 == 0 else flipped)
        assert is_detected(stored)
        with pytest.raises(CatalogDamaged, match="assistant restore FILE"), open_index(stored, write=True) as index:
            index.apply(corpora.change_of(stores.AFTER))
        assert seal_of(stored).exists()
    path.write_bytes(whole)
    stores.assert_whole(stored)


def test_a_bit_that_flips_while_size_and_time_stay_is_found_by_a_check(stored):
    path = stored.data_dir / CATALOG_FILE
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert is_detected(stored)


@pytest.mark.parametrize("write", [False, True])
def test_a_catalog_that_vanished_or_was_emptied_is_not_taken_for_a_new_one(stored, write):
    for damage in (Path.unlink, lambda path: path.write_bytes(b"")):
        damage(stored.data_dir / CATALOG_FILE)
        with pytest.raises(CatalogDamaged):
            Catalog.open(stored.data_dir, write=write)


def test_a_copied_store_is_whole(stored, tmp_path):
    shutil.copytree(stored.data_dir, tmp_path / "copy", copy_function=shutil.copyfile)
    copied = stored.model_copy(update={"data_dir": tmp_path / "copy"})
    assert not is_detected(copied)
    stores.assert_whole(copied)


def test_a_killed_writer_leaves_no_seal_and_the_next_one_makes_it(stored):
    assert stores.run_killed_writer(stored, "before close").returncode == -9
    assert not seal_of(stored).exists()
    stores.assert_whole(stored)
    assert seal_of(stored).stat().st_mode & 0o777 == 0o600


def test_a_writer_that_changes_nothing_leaves_the_seal_alone(stored):
    before = seal_of(stored).stat().st_mtime_ns
    Catalog.open(stored.data_dir, write=True).close()
    assert seal_of(stored).stat().st_mtime_ns == before


def test_a_store_from_before_the_seals_is_read_and_sealed_by_the_next_writer(stored):
    seal_of(stored).unlink()
    assert not is_detected(stored)
    Catalog.open(stored.data_dir, write=True).close()
    assert seal_of(stored).exists()


def test_sealing_does_not_drop_the_locks_of_readers_in_the_same_process(stored):
    script = (
        "import sys; from pathlib import Path; from assistant.catalog import Catalog\n"
        "with Catalog.open(Path(sys.argv[1]), write=True) as catalog: catalog.begin_run('sync')"
    )
    with Catalog.open(stored.data_dir) as reader:
        assert reader.runs() == []
        with Catalog.open(stored.data_dir, write=True) as writer:
            writer.begin_run("sync")
        for count in (2, 3):
            subprocess.run([sys.executable, "-c", script, stored.data_dir], check=True, timeout=60)
            assert len(reader.runs()) == count


def test_damage_is_an_error_that_a_person_can_act_on(stored):
    (stored.data_dir / CATALOG_FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(AssistantError, match=r"restore FILE --replace.*ingest --rebuild.*read the documents again"):
        Catalog.open(stored.data_dir)
