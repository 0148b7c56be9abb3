from __future__ import annotations

import pytest

from notary.errors import TileInvalid
from notary.log import merkle, tiles
from notary.log.tiles import TileId

LEAVES = merkle.leaf_hashes(b"%d" % place for place in range(66_000))


class TestTileId:
    @pytest.mark.parametrize(
        ("tile", "path"),
        [
            (TileId(0, 0), "tile/0/000"),
            (TileId(0, 999), "tile/0/999"),
            (TileId(0, 1000), "tile/0/x001/000"),
            (TileId(3, 1234067), "tile/3/x001/x234/067"),  # the standard's own example
            (TileId(None, 273, 17), "tile/entries/273.p/17"),
            (TileId(1, 0, 255), "tile/1/000.p/255"),
        ],
    )
    def test_paths_are_those_of_the_standard(self, tile: TileId, path: str) -> None:
        assert tile.path() == path
        assert TileId.from_path(path) == tile

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/000",
            "tile/7/000",
            "tile/00/000",
            "tile/0/001/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000/",
            "/tile/0/000",
            "tile/0/../000",
            "tile/0/٠٠٠",
            "tile/0/000\n",
        ],
    )
    def test_other_paths_are_refused(self, path: str) -> None:
        with pytest.raises(TileInvalid):
            TileId.from_path(path)


class TestTilesOf:
    @pytest.mark.parametrize(
        ("size", "count"), [(0, 0), (1, 2), (256, 3), (257, 5), (65_536, 256 * 2 + 1 + 1), (65_537, 257 * 2 + 1 + 1)]
    )
    def test_full_and_partial_tiles_are_listed(self, size: int, count: int) -> None:
        listed = list(tiles.tiles_of(size))
        assert len(listed) == len(set(listed)) == count
        assert sum(tile.width for tile in listed if tile.level is None) == size


class TestGrowthAndNodeReader:
    def test_tiles_of_three_levels_give_every_node_and_proof(self) -> None:
        stored: dict[tuple[int, int], bytes] = {}
        frontier = merkle.Frontier()
        for part in tiles.growth(frontier.extend(LEAVES)):
            stored[part.level, part.index] = stored.get((part.level, part.index), b"") + part.data
        tree = merkle.Tree(LEAVES)
        node_at = tiles.node_reader(lambda level, index: stored[level, index])
        assert {level for level, _ in stored} == {0, 1, 2}
        for level in range(17):
            assert node_at(level, 0) == tree.node_at(level, 0)
        assert merkle.inclusion_path(65_999, 66_000, node_at) == tree.inclusion_path(65_999)
        assert merkle.consistency_path(257, 66_000, node_at) == tree.consistency_path(257)

    def test_a_tile_that_is_too_short_is_refused(self) -> None:
        node_at = tiles.node_reader(lambda level, index: LEAVES[0] + LEAVES[1])
        assert node_at(1, 0) == merkle.node_hash(LEAVES[0], LEAVES[1])
        for level, index in ((0, 2), (1, 1), (2, 0)):
            with pytest.raises(TileInvalid, match="too few"):
                node_at(level, index)
        with pytest.raises(TileInvalid):
            tiles.node_reader(lambda level, index: LEAVES[0] + b"x")(0, 0)


class TestBundle:
    @pytest.mark.parametrize("entries", [[b""], [b"a", b"", b"x" * 65_535], [b"x"] * 256])
    def test_entries_read_back(self, entries: list[bytes]) -> None:
        assert tiles.decode_bundle(tiles.encode_bundle(entries)) == entries

    def test_256_entries_pass_and_257_or_none_are_refused(self) -> None:
        data = tiles.encode_bundle([b"x"] * 256)
        for broken in (data + b"\0\1x", b""):
            with pytest.raises(TileInvalid):
                tiles.decode_bundle(broken)
        for entries in ([], [b"x"] * 257, [b"x" * 65_536]):
            with pytest.raises(TileInvalid):
                tiles.encode_bundle(entries)

    def test_every_cut_is_refused_unless_between_entries(self) -> None:
        data = tiles.encode_bundle([b"abc", b"de"])
        for length in range(1, len(data)):
            if length == 5:
                assert tiles.decode_bundle(data[:length]) == [b"abc"]
            else:
                with pytest.raises(TileInvalid, match="cut off"):
                    tiles.decode_bundle(data[:length])
