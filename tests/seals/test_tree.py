"""The tree of RFC 6962, held against its definition and the vectors that its implementations share."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.seals import tree

INPUTS = [
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

many = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


def defined(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is written there."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:split]) + defined(leaves[split:])).digest()


def hashed(leaves: list[bytes]) -> list[bytes]:
    return [tree.leaf_hash(leaf) for leaf in leaves]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_vectors_of_certificate_transparency(size: int) -> None:
    leaves = [bytes.fromhex(one) for one in INPUTS[:size]]
    assert tree.root(hashed(leaves)).hex() == ROOTS[size - 1]


def test_of_nothing_it_is_the_hash_of_nothing() -> None:
    assert tree.root([]).hex().startswith("e3b0c44298fc1c14")


@given(many)
def test_the_root_is_as_defined(leaves: list[bytes]) -> None:
    assert tree.root(hashed(leaves)) == defined(leaves)


@given(many, st.data())
def test_every_path_leads_to_the_root_and_is_short(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    steps = tree.path(hashed(leaves), place)
    assert tree.root_by(tree.leaf_hash(leaves[place]), steps) == tree.root(hashed(leaves))
    assert len(steps) <= (len(leaves) - 1).bit_length()


@given(many, st.data())
def test_another_leaf_does_not_lead_there(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.binary(max_size=4).filter(lambda one: one != leaves[place]))
    steps = tree.path(hashed(leaves), place)
    assert tree.root_by(tree.leaf_hash(other), steps) != tree.root(hashed(leaves))


def test_a_node_is_no_leaf() -> None:
    left, right = hashed([b"a", b"b"])
    assert tree.leaf_hash(left + right) != tree.node_hash(left, right)


@pytest.mark.parametrize("place", [-1, 3])
def test_there_is_no_path_from_nowhere(place: int) -> None:
    with pytest.raises(IndexError):
        tree.path(hashed([b"a", b"b", b"c"]), place)
