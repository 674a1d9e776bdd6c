"""The states of a notice: pure, with the time given."""

from datetime import UTC, datetime, timedelta

from mailbridge import states
from mailbridge.states import WayState

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
CREATED = NOW - timedelta(minutes=1)


def sending(attempts: int = 1, *, handed_over: bool = False) -> WayState:
    return WayState("sending", "2026-11-22T06:00:00Z", attempts, handed_over=handed_over)


def test_json_leaves_out_what_is_empty_and_reads_it_back() -> None:
    state = states.delayed(sending(2), NOW, CREATED, "busy")
    assert "answer" not in state.to_json()
    assert WayState.parse(state.to_json()) == state
    assert WayState.parse({**state.to_json(), "of another version": 1}) == state


def test_pauses_grow_and_the_notice_is_given_up_after_days() -> None:
    pauses = [states.pause(attempts) for attempts in range(1, 15)]
    assert pauses == sorted(pauses)
    assert pauses[0] <= timedelta(seconds=5)
    late = states.delayed(sending(9), NOW, NOW - timedelta(days=5), "busy")
    assert (late.state, late.error) == ("failed", "busy")
    early = states.delayed(sending(9), NOW, NOW - timedelta(days=3), "busy")
    assert early.state == "delayed"
    assert early.next_at > "2026-11-22T06:00:00Z"


def test_a_delayed_way_is_due_when_its_time_has_come() -> None:
    delayed = states.delayed(sending(3), NOW, CREATED, "busy")
    assert not delayed.due(NOW)
    assert delayed.due(NOW + states.pause(3))
    assert not states.sent(sending(), NOW, "ok").due(NOW + timedelta(days=1))


def test_cut_off_before_handing_over_begins_again_without_ado() -> None:
    begun = states.begin(sending(1), NOW)
    assert (begun.state, begun.attempts, begun.unsure) == ("sending", 2, 0)


def test_cut_off_while_handing_over_begins_again_once_and_then_is_given_up() -> None:
    cut = states.begin(sending(1, handed_over=True), NOW)
    assert (cut.state, cut.unsure, cut.handed_over) == ("sending", 1, False)
    again = states.begin(states.hand_over(cut), NOW)
    assert (again.state, again.unsure) == ("failed", states.MOST_UNSURE)


def test_no_answer_is_tried_again_later_and_then_given_up() -> None:
    first = states.doubtful(states.hand_over(sending(1)), NOW, "timed out")
    assert (first.state, first.unsure) == ("delayed", 1)
    assert first.due(NOW + timedelta(minutes=2))
    assert not first.due(NOW + timedelta(seconds=30))
    second = states.doubtful(states.hand_over(states.begin(first, NOW)), NOW, "timed out")
    assert second.state == "failed"


def test_the_notice_is_as_urgent_as_its_most_urgent_way() -> None:
    sent, failed = states.sent(sending(), NOW, ""), states.failed(sending(), NOW, "no")
    delayed = states.delayed(sending(), NOW, CREATED, "busy")
    assert states.overall({}) == "waiting"
    assert states.overall({"local": sent, "smtp": delayed}) == "delayed"
    assert states.overall({"local": sent, "smtp": sending()}) == "sending"
    assert states.overall({"local": sent, "smtp": failed}) == "failed"
    assert states.overall({"local": sent}) == "sent"
