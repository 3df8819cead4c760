"""The play screen: trials, what the person sees, and the verdict of a duel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest

from commands.agent_choices import AgentChoices
from game.session.messages import AgentNote, Request, Stepped
from game.tasks.family import nth_task
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.reading import parse
from game.text.tiles import ACTIONS
from game.view.app import App
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.human_trial import HumanTrial, episode_returns, path_return
from game.view.model.play_session import PlaySetup
from game.view.screen_setups import play_setup
from game.view.screens.gallery import Gallery
from game.view.screens.level_pictures import without_goal
from game.view.screens.navigation_request import Navigation
from game.view.screens.play import PlayScreen
from game.view.screens.play_panel import (
    _draw_duel_rule,
    duel_rule,
    hidden_text,
    settings_text,
    verdict,
)
from game.view.screens.watch import WatchScreen
from game.world.batch import GridBatch
from game.world.planner import optimal_path, optimal_return
from game.world.rules import STAY
from game.world.tables import compile_level
from tests.view_data import AGENTS, EPISODES, OTHER, TASK, FixedAgents, Script, Slow, press, traces

pytestmark = pytest.mark.usefixtures("fonts")

TABLES = compile_level(TASK.level)
UP, DOWN, LEFT, RIGHT = pygame.K_UP, pygame.K_DOWN, pygame.K_LEFT, pygame.K_RIGHT


def play_out(trial: HumanTrial, actions: list[int]) -> None:
    for action in actions:
        trial.act(action)


def best() -> list[int]:
    return [int(action) for action in optimal_path(TABLES)[1]]


def screen(duel: bool = False, episodes: int = 4, **more: object) -> PlayScreen:
    game = PlaySetup((TASK, OTHER), "Test pack", episodes=episodes, agent=AGENTS[0] if duel else "")
    game = PlaySetup(**{**vars(game), "agent_name": AGENTS[0] if duel else ""})
    return PlayScreen(game, Script(), **more)  # type: ignore[arg-type]


def walk(page: PlayScreen, actions: list[int]) -> None:
    keys = dict(zip(ACTIONS, (UP, DOWN, LEFT, RIGHT, pygame.K_PERIOD)))
    for action in actions:
        key = keys[ACTIONS[action]]
        page.handle(press(key))
        page.handle(pygame.event.Event(pygame.KEYUP, key=key, mod=0))


# --- a trial


def test_the_optimal_path_earns_the_optimal_return() -> None:
    trial = HumanTrial(TABLES, 3, 0)
    play_out(trial, best())
    assert np.isclose(trial.returns[0], optimal_return(GridBatch([TABLES]))[0])
    assert trial.resting
    assert trial.found
    assert trial.act(STAY) is None
    trial.next_episode()
    assert trial.state == TABLES.starts[0]
    assert trial.moves == 0


def test_an_episode_ends_after_its_last_step() -> None:
    trial = HumanTrial(TABLES, 1, 0)
    play_out(trial, [STAY] * 50)
    assert trial.moves == TASK.level.steps
    assert trial.over
    assert np.isclose(trial.returns[0], -0.1 * TASK.level.steps)


def test_slips_depend_only_on_the_seed() -> None:
    """Half of all moves slip to a side, and the same seed gives the same slips."""
    tables = compile_level(parse("slip: 0.5\nsteps: 1000\nmap:\n.....\n..@..\n.....\n....G\n"))
    paths = []
    for seed in (0, 0, 1):
        trial = HumanTrial(tables, 1, seed)
        play_out(trial, [0, 1] * 60)
        paths.append(trial.paths[0])
    assert paths[0] == paths[1] != paths[2]
    columns = tables.cell[paths[0]][:, 1]
    assert len(set(columns.tolist())) > 1


def test_returns_of_an_agents_episodes_follow_from_their_paths() -> None:
    """Their mean is the sampled return that the agent's step reports."""
    trace = traces()[0]
    returns = episode_returns(TABLES, trace.steps, 3 * EPISODES)
    assert len(returns) == 3 * EPISODES
    for k, step in enumerate(trace.steps):
        mean = np.mean(returns[k * EPISODES : (k + 1) * EPISODES])
        assert np.isclose(mean, step.return_sampled[0])
    assert episode_returns(TABLES, trace.steps, 2) == returns[:2]
    assert path_return(TABLES, np.array([int(TABLES.starts[0]), -1])) == 0


# --- the screen


def test_the_goal_is_hidden_until_it_is_entered() -> None:
    page = screen()
    surface = pygame.Surface((960, 640))
    page.update(1.0)
    page.draw(surface)
    assert page._frame is not None
    board, corner = page._frame.board, page._frame.layout.board.topleft
    goal = TASK.level.find("G")[0]
    flag = board.centre(*goal)
    at = (round(flag[0] - 0.4 * board.cell) + corner[0], round(flag[1]) + corner[1])
    blind = surface.get_at(at)
    walk(page, best())
    page.update(1.0)
    page.draw(surface)
    assert page.goal_shown
    assert surface.get_at(at) != blind


def test_the_goal_can_be_shown_but_not_in_a_duel() -> None:
    page = screen()
    page.handle(press(pygame.K_u))
    assert page.goal_shown
    rival = screen(duel=True)
    rival.handle(press(pygame.K_u))
    assert not rival.goal_shown


def test_only_what_is_hidden_can_be_shown() -> None:
    """The key is there while it can do something: not on a visible level, in a duel, at the end."""

    def can_reveal(page: PlayScreen) -> bool:
        page.update(0.1)
        return "U" in {key.cap for key in page.all_keys()}

    visible = nth_task(parse("goal: visible\nmap:\n@.G\n"), 0, "Visible")
    assert not can_reveal(PlayScreen(PlaySetup((visible,), "Test pack"), Script()))
    assert not can_reveal(screen(duel=True))
    page = screen()
    assert can_reveal(page)
    page.handle(press(pygame.K_u))
    assert can_reveal(page)
    walk(page, best())
    assert not can_reveal(page)
    riddle = PlayScreen(PlaySetup((SWAPPED,), "Test pack", episodes=1), Script())
    assert can_reveal(riddle)
    walk(riddle, [STAY] * 3)
    assert not can_reveal(riddle)


def test_space_continues_and_never_costs_a_move() -> None:
    """It pauses or continues on every screen; the full stop stays on the cell."""
    page = screen()
    page.update(0.1)
    trial = page.session.trial
    assert trial
    page.handle(press(pygame.K_SPACE))
    assert trial.moves == 0
    walk(page, best())
    page.update(5.0)
    page.handle(press(pygame.K_SPACE))
    assert (len(trial.paths), trial.moves) == (2, 0)


SWAPPED = nth_task(
    parse("goal: visible\ncontrols: {down up left right}\nsteps: 3\nmap:\n@..\n..G\n"), 0, "Swapped"
)


@pytest.mark.parametrize("duel", [False, True])
def test_hidden_controls_are_hinted_at_and_revealed_at_the_end(duel: bool) -> None:
    setup = PlaySetup((SWAPPED,), "Test pack", episodes=1, agent=AGENTS[0] if duel else "")
    page = PlayScreen(setup, Script())
    surface = pygame.Surface((960, 640))
    page.update(1.0)
    assert not page.is_revealed
    assert hidden_text(SWAPPED, False) == "Your controls may be swapped: find out by trying."
    assert "what is hidden" in page.sentence()
    page.handle(press(pygame.K_u))
    assert page.is_revealed != duel
    page.draw(surface)
    page.handle(press(pygame.K_u))
    walk(page, [STAY] * 3)
    assert page.is_revealed
    assert hidden_text(SWAPPED, True) == "This was hidden: up moves down, down moves up."
    before = surface.copy()
    page.draw(surface)
    assert before.get_view("2").raw != surface.get_view("2").raw
    page.handle(press(pygame.K_r))
    assert not page.is_revealed


def test_a_goal_that_was_not_found_is_shown_at_the_end() -> None:
    page = screen(episodes=1)
    walk(page, [STAY] * TASK.level.steps)
    assert page.session.trial
    assert not page.session.trial.found
    assert page.goal_shown
    assert hidden_text(TASK, True) == ""


@pytest.mark.parametrize(
    "keys", [(UP, DOWN, LEFT, RIGHT), (pygame.K_w, pygame.K_s, pygame.K_a, pygame.K_d)]
)
def test_arrows_and_letters_move(keys: tuple[int, ...]) -> None:
    page = screen()
    assert page.session.trial
    start = TABLES.cell[page.session.trial.state].tolist()
    page.handle(press(keys[3]))
    assert TABLES.cell[page.session.trial.state].tolist() == [start[0], start[1] + 1]
    page.handle(press(keys[2]))
    page.handle(press(keys[1]))
    page.handle(press(keys[0]))
    assert TABLES.cell[page.session.trial.state].tolist() == start
    assert page.session.trial.moves == 4


def test_a_held_key_repeats_until_it_is_released() -> None:
    page = screen()
    assert page.session.trial
    page.handle(press(UP))
    for _ in range(60):
        page.update(1 / 60)
    held = page.session.trial.moves
    assert 4 <= held <= 10
    page.handle(pygame.event.Event(pygame.KEYUP, key=UP, mod=0))
    page.update(1.0)
    assert page.session.trial.moves == held


def test_a_gamepad_moves() -> None:
    page = screen()
    assert page.session.trial
    start = TABLES.cell[page.session.trial.state].tolist()
    page.handle(pygame.event.Event(pygame.JOYHATMOTION, value=(1, 0)))
    page.handle(pygame.event.Event(pygame.JOYHATMOTION, value=(0, 0)))
    assert TABLES.cell[page.session.trial.state].tolist() == [start[0], start[1] + 1]
    page.handle(pygame.event.Event(pygame.JOYAXISMOTION, axis=0, value=-0.9))
    page.handle(pygame.event.Event(pygame.JOYAXISMOTION, axis=0, value=0.1))
    assert TABLES.cell[page.session.trial.state].tolist() == start
    page.handle(pygame.event.Event(pygame.JOYBUTTONDOWN, button=0))
    assert page.session.trial.moves == 3


def footer(page: PlayScreen) -> set[str]:
    """Return the caps of the keys in the footer of a window."""
    page.draw(pygame.Surface((960, 640)))
    return {key.cap for key in page.footer_keys(900, page.appearance.typeset((960, 640)))}


def test_episodes_follow_one_another_and_end() -> None:
    page = screen(episodes=2)
    assert page.session.trial
    walk(page, best())
    assert "next episode" in page.sentence()
    walk(page, [STAY])
    assert page.session.trial.resting
    page.update(1.0)
    walk(page, [STAY])
    assert not page.session.trial.resting
    walk(page, best())
    assert page.session.trial.over
    assert "after 2 tries" in verdict(page.session, page.session.trial)
    assert "R to play this level again" in page.sentence()
    assert footer(page) == {"R", "N", "F1"}
    page.handle(press(pygame.K_r))
    assert page.session.trial.returns == []


def test_n_goes_to_the_next_level() -> None:
    page = screen()
    page.handle(press(pygame.K_n))
    assert page.task == OTHER


# --- a duel


def test_agent_and_person_get_the_same_task_and_number_of_episodes() -> None:
    page = screen(duel=True, episodes=8)
    (asked,) = page.session.feed.asked  # type: ignore[union-attr]
    assert asked.task == page.task
    assert asked.episodes == page.session.setup.agent_episodes == 2
    assert asked.agents == (AGENTS[0],)
    assert (asked.steps + 1) * 2 >= 8


def test_the_agent_of_a_duel_learns_as_often_as_it_can() -> None:
    """A memory counts after every episode; a gradient needs a few of them."""
    pack, agents = load_pack("goals-5x5"), AgentChoices()
    for name, episodes in (("maml-goals-5x5", 2), ("rl2-gridnavi", 1), ("map-planner", 1)):
        setup = play_setup(Navigation("duel", pack, agents=(name,)), agents)
        assert setup.agent_episodes == episodes


def test_a_duel_takes_an_agent_that_learns_from_few_episodes() -> None:
    """It is the pack's own if there is one; an agent that a person has named is kept."""
    for pack, opponent in (("mazes-9x9", "rl2-mazes-9x9"), ("goals-5x5", "neural-map-worlds")):
        default = Navigation("duel", load_pack(pack), agents=("maml-worlds",), by_default=True)
        setup = play_setup(default, AgentChoices())
        assert (setup.agent, setup.usual_episodes) == (opponent, 0)
        named = play_setup(replace(default, by_default=False), AgentChoices())
        assert named.agent == "maml-worlds"


def test_a_duel_states_the_handicap_of_its_agent() -> None:
    pack, trial = load_pack("goals-5x5"), HumanTrial(TABLES, 8, 0)
    rules = {}
    for name in ("maml-goals-5x5", "rl2-gridnavi", "planner", "posterior-sampling"):
        setup = play_setup(Navigation("duel", pack, agents=(name,)), AgentChoices())
        rules[name] = duel_rule(setup, trial)
    assert "from 2 episodes at a time instead of 20" in rules.pop("maml-goals-5x5")
    assert all("Handicap" not in rule and "after every episode" in rule for rule in rules.values())


@pytest.mark.parametrize(
    ("rows", "ground"),
    [
        ("@.:::/..:G:/..:::", ":"),
        ("@.:::/...G:/..:::", ":"),  # a bay of floor would be a notch, too
        ("@..::/...G:/.....", "."),
        ("@.#~#/..oG~/..#.#", "."),  # a coin lies on floor
        ("@..LL/..>>G/...LL", "."),  # lava is no ground: it would keep the person away
    ],
)
def test_a_hidden_goal_is_painted_as_the_ground_around_it(rows: str, ground: str) -> None:
    level = parse("goal: hidden\nmap:\n" + rows.replace("/", "\n") + "\n")
    assert without_goal(level).rows == tuple(rows.replace("G", ground).split("/"))


def test_a_duel_ends_with_a_fair_verdict() -> None:
    """The agent's curve is never ahead of the person's, and the total returns decide."""
    page = screen(duel=True, episodes=3)
    number = page.session.number
    page.session.feed.messages = [Stepped(number, 0, step) for step in traces()[0].steps]  # type: ignore[union-attr]
    page.update(0.02)
    assert page.session.agent_returns() == []
    for played in range(1, 4):
        walk(page, best())
        assert len(page.session.agent_returns()) == played
        page.update(1.0)
        walk(page, [STAY])
    assert page.session.trial
    mine, theirs = sum(page.session.trial.returns), sum(page.session.agent_returns())
    assert mine > theirs
    assert verdict(page.session, page.session.trial).startswith("You win: mean score of 3 tries")
    assert verdict(page.session, page.session.trial, percent=False).startswith("You win by")
    page.draw(pygame.Surface((960, 640)))


def test_the_end_speaks_of_scores_and_after_a_switch_of_returns() -> None:
    page = screen(episodes=2)
    walk(page, [STAY] * TASK.level.steps)
    page.update(1.0)
    walk(page, [STAY, *best()])
    trial = page.session.trial
    assert trial
    assert verdict(page.session, trial).startswith("100% after 2 tries. Mean of all: ")
    assert verdict(page.session, trial, percent=False).startswith("Total return")


@pytest.mark.parametrize("episodes", [1, 4])
@pytest.mark.parametrize("duel", [False, True])
def test_the_smallest_window_shows_the_scores_of_all_episodes(duel: bool, episodes: int) -> None:
    page = screen(duel=duel, episodes=episodes)
    page.session.feed.messages = [Stepped(page.session.number, 0, s) for s in traces()[0].steps]  # type: ignore[union-attr]
    page.update(0.02)
    walk(page, best())
    page.draw(pygame.Surface((480, 480)))
    texts = [noted.text for noted in page.noted_texts()]
    assert "mean 100%" in texts
    assert sum(text.startswith("mean ") for text in texts) == 1 + duel


def test_messages_of_other_requests_are_ignored() -> None:
    page = screen(duel=True)
    page.session.feed.messages = [Stepped(page.session.number + 1, 0, traces()[0].steps[0])]  # type: ignore[union-attr]
    page.update(0.02)
    assert page.session.agent_steps == []


def test_messages_are_ignored_while_a_level_is_planned() -> None:
    """Messages for another screen or for the previous level may arrive then."""
    jobs = Slow()
    page = screen(duel=True, jobs=jobs)
    for level in (TASK, OTHER):
        assert page.task == level
        page.session.feed.messages = [Stepped(0, 0, traces()[0].steps[0])]  # type: ignore[union-attr]
        page.update(0.02)
        assert page.session.trial is None
        assert page.session.agent_steps == []
        jobs.let = True
        page.update(0.02)
        assert page.session.trial
        jobs.let = False
        page.next_task()


@pytest.mark.parametrize("size", [(1280, 800), (960, 640), (1920, 1080), (480, 900), (1, 1)])
@pytest.mark.parametrize("duel", [False, True])
def test_it_draws_at_any_size(size: tuple[int, int], duel: bool) -> None:
    page = screen(duel=duel, episodes=1)
    page.draw(pygame.Surface(size))
    walk(page, best())
    page.draw(pygame.Surface(size))


def test_a_level_too_large_to_compile_says_so() -> None:
    coins = "map:\n@" + "o" * 45 + "G\n"
    page = PlayScreen(PlaySetup((type(TASK)(parse(coins), "coins"),), "Pack"), Script())
    page.draw(pygame.Surface((960, 640)))
    page.handle(press(UP))
    page.update(0.1)
    assert "states" in page.session.failure


# --- between the screens


def test_from_watching_to_playing_and_back(tmp_path: Path) -> None:
    navigation = Navigation("watch", load_pack("showcase"), agents=AGENTS)
    app = App(
        navigation, FixedAgents(), Script(), tmp_path / "s.json", jobs=BackgroundJobs(at_once=True)
    )
    watched = app.page
    assert isinstance(watched, WatchScreen)
    app.handle(press(pygame.K_d, "d"))
    app.update(0.02)
    assert isinstance(app.page, PlayScreen)
    assert app.page.session.is_duel
    assert app.page.task == watched.task
    assert app.page.session.setup.episodes == 2 * load_pack("showcase").episodes
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    assert app.page is watched
    app.handle(press(pygame.K_i))
    app.update(0.02)
    assert isinstance(app.page, PlayScreen)
    assert not app.page.session.is_duel


def test_the_gallery_leads_to_play_and_hides_the_goals(tmp_path: Path) -> None:
    navigation = Navigation("watch", load_pack("showcase"), agents=AGENTS)
    app = App(
        navigation, FixedAgents(), Script(), tmp_path / "s.json", jobs=BackgroundJobs(at_once=True)
    )
    app.handle(press(pygame.K_g, "g"))
    app.update(0.02)
    app.update(0.02)
    gallery = app.page
    assert isinstance(gallery, Gallery)
    for _ in range(3):
        app.handle(press(pygame.K_TAB))
    app.handle(press(RIGHT))
    assert gallery.fields.value("mode") == "play"
    assert gallery.fields.goal_hidden
    app.handle(press(pygame.K_RETURN))
    app.update(0.02)
    assert isinstance(app.page, PlayScreen)
    app.handle(press(pygame.K_g, "g"))
    app.update(0.02)
    assert app.page is gallery


def test_a_duel_says_which_scratch_it_is():
    page = screen(duel=True)
    session = page.session
    session.feed.messages = [AgentNote(session.number, 0, "inner loop of maml")]  # type: ignore
    page.update(0.0)
    assert session.agent_note == "inner loop of maml"


# --- levels whose goal is every box on a target

BOXES = Task(
    parse("ends: boxes\nsteps: 9\ndescription: No pulling.\nmap:\n.....\n@.$.X\n.....\n"), "Boxes"
)


def test_a_person_pushes_boxes_and_restarts_with_them_in_place() -> None:
    page = PlayScreen(PlaySetup((BOXES,), "Test pack", episodes=2))
    surface = pygame.Surface((960, 640))
    page.update(1.0)
    page.draw(surface)
    assert page.goal_shown
    assert page.sentence() == "Push every box onto a target at the lowest cost."
    walk(page, [3, 3])
    page.draw(surface)
    trial = page.session.trial
    assert trial is not None
    assert trial.tables.boxes[trial.state].tolist() == [[1, 3]]
    walk(page, [3])
    page.update(1.0)
    page.draw(surface)
    assert trial.on_goal
    assert page.sentence().startswith("Solved!")
    walk(page, [3])
    assert trial.tables.boxes[trial.state].tolist() == [[1, 2]]
    page.handle(press(pygame.K_r))
    page.update(1.0)
    page.draw(surface)
    assert page.session.trial is not None
    assert page.session.trial.state == trial.tables.starts[0]
    assert "goal known" not in verdict(page.session, page.session.trial, percent=False)


def test_all_five_actions_of_a_person_are_permuted() -> None:
    level = parse("controls: stay right up left down\nmap:\n.....\n.@..G\n.....\n")
    page = PlayScreen(PlaySetup((Task(level, ""),), "Test pack", episodes=1))
    page.update(1.0)
    cells = []
    for action in range(len(ACTIONS)):
        walk(page, [action])
        trial = page.session.trial
        assert trial is not None
        cells.append(trial.tables.cell[trial.state].tolist())
    assert cells == [[1, 1], [1, 2], [0, 2], [0, 1], [1, 1]]


def test_a_description_is_shown_to_players() -> None:
    """Its lines push what is below them down."""
    plain = Task(replace(BOXES.level, description=""), "Boxes")
    pictures = []
    for task in (BOXES, plain):
        page = PlayScreen(PlaySetup((task,), "Test pack", episodes=2))
        page.update(1.0)
        surface = pygame.Surface((960, 640))
        page.draw(surface)
        assert page._frame is not None
        panel = surface.subsurface(page._frame.layout.panel)
        pictures.append(pygame.image.tobytes(panel, "RGB"))
    assert pictures[0] != pictures[1]


def test_a_long_legend_leaves_the_board_its_room() -> None:
    lines = [f'legend: {c} = o title="A coin with the name {c}"' for c in "efghijklmnpq"]
    level = parse("\n".join([*lines, "map:", "@efghijklmnpqG", ""]))
    page = PlayScreen(PlaySetup((Task(level, ""),), "Test pack", episodes=2))
    page.update(1.0)
    page.draw(pygame.Surface((480, 480)))
    assert page._frame is not None
    assert page._frame.layout.cell >= 20


# --- settings of the watched agent


def test_the_step_size_in_force_goes_into_a_duel_until_it_is_reset() -> None:
    """It is the watched agent's: an agent that fits a duel better has its own."""
    agents = ("maml-worlds",)
    watched = Request(0, TASK, 0, 5, agents, step_size=10.0)
    duel = Navigation("duel", load_pack("showcase"), agents=agents, request=watched)
    for navigation, expected in (
        (duel, 10),
        (replace(duel, by_default=True), 1),
        (replace(duel, kind="play"), 1),
    ):
        assert play_setup(navigation, AgentChoices()).step_size == expected


def test_a_duel_says_that_the_step_size_is_not_the_agents_own() -> None:
    page = screen(duel=True)
    feed = page.session.feed
    assert isinstance(feed, Script)
    assert "Bksp" not in {key.cap for key in page.all_keys()}
    page.session.setup = replace(page.session.setup, step_size=10.0)
    page.session.restart()
    assert settings_text(page.session.setup) == "10 × step size: Bksp resets"
    page.draw(pygame.Surface((960, 640)))
    page.handle(press(pygame.K_BACKSPACE))
    assert [one.step_size for one in feed.asked if isinstance(one, Request)] == [1, 10, 1]
    assert settings_text(page.session.setup) == ""
    assert "Bksp" not in {key.cap for key in page.all_keys()}


def test_the_legend_tells_what_was_drawn_once_it_is_revealed() -> None:
    pack = load_pack("rewards")
    page = PlayScreen(PlaySetup(pack.split("test").tasks, "Rewards"))
    surface, frames = pygame.Surface((960, 640)), []
    for _ in range(2):
        page.draw(surface)
        assert page._frame
        frames.append(page._frame)
        page.toggle_goal()
    assert [frame.reveal for frame in frames] == [False, True]


def test_the_rule_of_a_duel_is_left_out_where_the_result_takes_its_room() -> None:
    page = screen(duel=True)
    surface = pygame.Surface((480, 480))
    page.draw(surface)
    trial = page.session.trial
    assert trial
    inside = pygame.Rect(0, 0, 400, 100)
    type = page.appearance.typeset(surface.get_size())
    with_room = _draw_duel_rule(surface, inside, 0, page.session, trial, type)
    assert with_room < inside.bottom
    assert _draw_duel_rule(surface, inside, 90, page.session, trial, type) == inside.bottom
