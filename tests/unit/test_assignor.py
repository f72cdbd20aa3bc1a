"""Who reads what: partition n of every topic at one member, every partition at exactly one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.bus.assignor import CoPartitionAssignor


class Cluster:
    """Of aiokafka's metadata, what an assignor asks."""

    def __init__(self, counts: dict[str, int | None]) -> None:
        self._counts = counts

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        count = self._counts[topic]
        return None if count is None else set(range(count))


COUNTS = st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 9), max_size=4)


@given(counts=COUNTS, members=st.sets(st.text("xyz", min_size=1), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_every_partition_goes_to_one_member_and_equal_numbers_together(
    counts: dict[str, int | None], members: set[str]
) -> None:
    found = CoPartitionAssignor.assign(
        Cluster(counts), {m: CoPartitionAssignor.metadata(counts) for m in members}
    )
    assert found.keys() == members
    owners: dict[int, set[str]] = {}
    given_out: list[tuple[str, int]] = []
    for member, assignment in found.items():
        for topic, partitions in assignment.partitions():
            given_out.append((topic, partitions))
            owners.setdefault(partitions, set()).add(member)
    assert sorted(given_out) == [(t, n) for t in sorted(counts) for n in range(counts[t] or 0)]
    assert all(len(members) == 1 for members in owners.values())
    loads = [len({n for _, n in a.partitions()}) for a in found.values()]
    assert max(loads) - min(loads) <= 1
