"""Files of others are what npm has."""

from tests.support.node_packages import install_packages
from tests.support.vendored import COPIES, SOURCE, hash_of


def test_each_copy_is_the_file_of_its_package() -> None:
    install_packages(SOURCE)

    copies = {folder / copied.name: copied.source for folder, files in COPIES.items() for copied in files}

    assert {copy.name: hash_of(copy) for copy in copies} == {copy.name: hash_of(copies[copy]) for copy in copies}
