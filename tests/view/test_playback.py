"""The playback: its clock, its positions and its seeking, without a window."""

from __future__ import annotations

import pytest

from game.view.model.playback import NORMAL, SPEEDS, Pace, Playback, eased

PACE = Pace(moves_per_second=10, longest=1, glide=0.1, rest=0.5, first_episodes=2, episodes=3)
LENGTHS = (5, 5, 5, 5)  # half a second each, then a pause of half a second


def playback(steps: int = 1, last: int = 2) -> Playback:
    made = Playback(last, PACE)
    for _ in range(steps):
        made.add(LENGTHS)
    return made


def shown(made: Playback) -> tuple[int, int, int]:
    position = made.position()
    assert position is not None
    return position.step, position.episode, position.move


def test_nothing_is_shown_before_anything_has_arrived() -> None:
    made = Playback(2, PACE)
    made.advance(3)
    assert made.position() is None


def test_moves_follow_the_clock() -> None:
    made = playback()
    assert shown(made) == (0, 0, 0)
    made.advance(0.21)
    assert shown(made) == (0, 0, 2)


def test_a_pause_follows_each_episode() -> None:
    made = playback()
    made.advance(0.75)
    position = made.position()
    assert position is not None
    assert (position.move, position.rested) == (5, pytest.approx(0.5))


def test_a_step_shows_a_few_episodes_and_then_the_next_step_follows() -> None:
    made = playback(steps=3)
    seen = []
    while not made.complete:
        seen.append(shown(made)[:2])
        made.advance(1.0)
    assert seen == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]


def test_episodes_repeat_until_the_next_step_arrives() -> None:
    made = playback(steps=1)
    made.advance(5.0)
    position = made.position()
    assert position is not None
    assert (position.step, position.episode, position.index) == (0, 5, 1)
    made.add(LENGTHS)
    made.advance(1.0)
    assert shown(made) == (1, 0, 0)


def test_the_last_step_repeats_for_ever() -> None:
    made = playback(steps=3)
    made.advance(1000.0)
    assert shown(made)[0] == 2
    assert made.complete


def test_an_adaptation_that_was_cut_short_is_complete_too() -> None:
    made = playback(steps=2, last=5)
    made.advance(5.0)
    assert made.complete
    assert Playback(5, PACE).complete


def test_a_long_episode_takes_no_longer_than_the_pace_allows() -> None:
    made = Playback(0, PACE)
    made.add((100,))
    made.advance(1.01)
    position = made.position()
    assert position is not None
    assert position.rested > 0


def test_an_episode_without_moves_is_only_a_pause() -> None:
    made = Playback(0, PACE)
    made.add((0, 0))
    made.advance(0.75)
    assert shown(made) == (0, 1, 0)


def test_paused_time_stands_still() -> None:
    made = playback()
    made.paused = True
    made.advance(9.0)
    assert shown(made) == (0, 0, 0)


def test_speed_scales_time_and_stays_in_its_range() -> None:
    made = playback()
    made.change_speed(1)
    made.advance(0.11)
    assert (made.speed, shown(made)[2]) == (2.0, 2)
    made.change_speed(99)
    assert made.speed == SPEEDS[-1]
    made.change_speed(-99)
    assert made.speed == SPEEDS[0]
    assert SPEEDS[NORMAL] == 1


def test_next_step_goes_there_at_once() -> None:
    made = playback(steps=3)
    made.next_step()
    assert shown(made) == (1, 0, 0)


def test_next_step_is_remembered_until_it_arrives() -> None:
    made = playback(steps=1)
    made.next_step()
    assert shown(made) == (0, 0, 0)
    made.add(LENGTHS)
    assert shown(made) == (1, 0, 0)


def test_next_step_after_the_last_does_nothing() -> None:
    made = playback(steps=3)
    for _ in range(5):
        made.next_step()
    assert shown(made)[0] == 2


def test_next_step_while_paused_shows_all_trails() -> None:
    made = playback(steps=2)
    made.paused = True
    made.next_step()
    assert shown(made) == (1, 2, 5)


def test_long_moves_are_eased_and_short_ones_linear() -> None:
    assert eased(0.05, per_move=0.2, glide=0.1) == pytest.approx(0.5)
    assert eased(0.15, per_move=0.2, glide=0.1) == 1
    assert eased(0.025, per_move=0.05, glide=0.1) == pytest.approx(0.5)


# --- seeking


def complete_playback(steps: int = 3, agents: int = 1) -> Playback:
    """A playback to which all steps of all agents have been added, with 4 and 6 moves."""
    playback = Playback(steps - 1, agents=agents)
    for _ in range(steps):
        for agent in range(agents):
            playback.add([4 + 8 * agent, 6], agent)
    return playback


def test_previous_step_and_rewind() -> None:
    playback = complete_playback()
    playback.to_last()
    playback.previous_step()
    assert playback.position().step == 1  # type: ignore[union-attr]
    playback.rewind()
    assert playback.position() == complete_playback().position()
    assert playback.furthest == 2


def test_single_moves_cross_the_ends_of_episodes() -> None:
    playback = complete_playback()
    moves = []
    for _ in range(6):
        playback.change_move(1)
        position = playback.position()
        assert position
        moves.append((position.index, position.move))
    assert playback.paused
    assert moves == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1)]
    for expected in [(1, 0), (0, 4), (0, 3)]:
        playback.change_move(-1)
        position = playback.position()
        assert position
        assert (position.index, position.move) == expected


def test_single_episodes_can_be_skipped() -> None:
    playback = complete_playback()
    playback.change_episode(1)
    assert playback.position().index == 1  # type: ignore[union-attr]
    playback.change_episode(-1)
    playback.change_episode(-1)
    assert playback.position().episode == 0  # type: ignore[union-attr]


def test_infinite_speed_shows_the_last_step() -> None:
    playback = complete_playback()
    playback.change_speed(99)
    playback.advance(0.016)
    assert playback.position().step == 2  # type: ignore[union-attr]


def test_a_quick_agent_waits_for_the_others_that_are_shown() -> None:
    playback = complete_playback(agents=2)
    playback.advance(4 / playback.pace.moves_per_second + 0.1)
    first, second = playback.position(0), playback.position(1)
    assert first
    assert second
    assert first.rested > 0 == second.rested
    playback.advance(playback.pace.rest)
    assert playback.position(0).episode == 0  # type: ignore[union-attr]
    playback.shown = 1
    playback.advance(0.01)
    assert playback.position(0).episode == 1  # type: ignore[union-attr]
