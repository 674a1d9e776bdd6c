"""A range of rows as the fewest pieces: nodes of the tree, and rows where a node reaches further.

The usual small range is read as rows at once; a long one costs some nodes of each level.
"""

from collections.abc import Callable, Iterable, Iterator

from store.collation import HIGHEST
from store.lite.ranges import Range
from store.lite.tree import SIZE, Node, Stretch, Tree

GroupOf = Callable[[bytes], bytes]
"""From a sort key to the beginning of it that all keys of its group share."""

Piece = Node | Range
"""A node whose rows are all of one group, or rows of any groups."""

WORTH = 4 * SIZE
"""So many rows are read in about the time that it costs to stop reading and to begin again."""


def pieces(tree: Tree, wanted: Range, group_of: GroupOf, *, descending: bool) -> Iterator[Piece]:
    """The pieces of the range, in order."""
    if tree.has_at_most(SIZE, wanted.start, wanted.end):
        return iter([wanted])
    return _joined(_cut(tree, tree.height, Range(), wanted, group_of, descending))


def _cut(
    tree: Tree,
    level: int,
    inside: Stretch,
    wanted: Range,
    group_of: GroupOf,
    descending: bool,
) -> Iterator[Piece]:
    nodes = tree.overlapping(level, inside, wanted)
    for node in reversed(nodes) if descending else nodes:
        if node.end <= wanted.start or node.start >= wanted.end or not node.rows:
            continue
        if _holds(wanted, node) and node.last.startswith(group_of(node.first)):
            yield node
        elif level == 1:
            yield Range(max(node.start, wanted.start), min(node.end, wanted.end))
        else:
            yield from _cut(tree, level - 1, node, wanted, group_of, descending)


def _holds(wanted: Range, node: Node) -> bool:
    """Whether all rows of a node are wanted. Its ends may lie far from its first and last row."""
    begins = wanted.start <= node.start or wanted.start <= (node.first, b"")
    return begins and (node.end <= wanted.end or (node.last, HIGHEST) < wanted.end)


def _joined(found: Iterable[Piece]) -> Iterator[Piece]:
    """Rows that follow one another in one piece, together with a few nodes between them."""
    rows: Range | None = None
    nodes: list[Node] = []
    for piece in found:
        if isinstance(piece, Range):
            rows = piece if rows is None else _span(rows, piece)
            nodes = []
            continue
        nodes.append(piece)
        if rows is None or sum(node.rows for node in nodes) > WORTH:
            if rows is not None:
                yield rows
            yield from nodes
            rows, nodes = None, []
    if rows is not None:
        yield rows
    yield from nodes


def _span(one: Range, other: Range) -> Range:
    return Range(min(one.start, other.start), max(one.end, other.end))
