"""The gallery, and the way from screen to screen, driven by events."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from commands.agent_choices import AgentChoices
from game.session.messages import Stop, unexpected
from game.tasks.coverage import Coverage
from game.tasks.packs import Pack, load_pack
from game.text.tiles import BY_CHAR
from game.view.app import CHECK_FILES, App
from game.view.draw.theme import DARK
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.gallery_levels import NEW_LEVEL
from game.view.model.library import Library
from game.view.screen_setups import watch_setup
from game.view.screens.editor import EditorScreen
from game.view.screens.gallery import Gallery
from game.view.screens.navigation_request import Navigation
from game.view.screens.play import PlayScreen
from game.view.screens.waiting import WaitingScreen
from game.view.screens.watch import WatchScreen
from game.view.settings import load
from game.world.bayes_optimal import first_episode_score
from tests.view_data import AGENTS, LEVEL, FixedAgents, Script, click, press

pytestmark = pytest.mark.usefixtures("fonts")


@pytest.fixture
def level(tmp_path: Path) -> Path:
    path = tmp_path / "mine.txt"
    path.write_text(LEVEL)
    return path


def start(tmp_path: Path, name: str | Path = "showcase") -> App:
    navigation = Navigation("watch", load_pack(name), agents=AGENTS)
    file = tmp_path / "settings.json"
    return App(navigation, FixedAgents(), Script(), file, jobs=BackgroundJobs(at_once=True))


def gallery_of(app: App) -> Gallery:
    app.handle(press(pygame.K_g, "g"))
    app.update(0.02)
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))
    assert isinstance(app.page, Gallery)
    return app.page


def type_in(app: App, text: str) -> None:
    for letter in text:
        app.handle(press(ord(letter), letter))
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))


# --- the agents


class ThreeAgents(FixedAgents):
    """Three agents by default, others for a pack of one level."""

    def defaults(self, pack: Pack) -> tuple[str, ...]:
        return (*AGENTS, AGENTS[0]) if pack.path.is_dir() else AGENTS[::-1]


def test_agents_that_nobody_named_are_those_of_the_pack(tmp_path: Path, level: Path) -> None:
    first = Navigation("watch", load_pack("showcase"))
    app = App(first, ThreeAgents(), Script(), jobs=BackgroundJobs(at_once=True))
    assert isinstance(app.page, WatchScreen)
    assert app.page.setup.agent_ids == (*AGENTS, AGENTS[0])
    assert not app.page.side_by_side  # one board, and the others are in the plot
    app.handle(pygame.event.Event(pygame.DROPFILE, file=str(level)))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.setup.agent_ids == AGENTS[::-1]


def test_agents_that_somebody_named_stay_for_other_packs(tmp_path: Path, level: Path) -> None:
    named = Navigation("watch", load_pack("showcase"), agents=(*AGENTS, AGENTS[1]))
    app = App(named, ThreeAgents(), Script(), jobs=BackgroundJobs(at_once=True))
    assert isinstance(app.page, WatchScreen)
    assert app.page.side_by_side
    app.handle(pygame.event.Event(pygame.DROPFILE, file=str(level)))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.setup.agent_ids == (*AGENTS, AGENTS[1])


def test_the_next_agent_is_one_key_away(tmp_path: Path) -> None:
    """The same task and seed, with the same overlays, and Esc leaves as it did before."""
    app = start(tmp_path)
    before = app.page
    assert isinstance(before, WatchScreen)
    before.handle(press(pygame.K_p, "p"))
    for watched in AGENTS[::-1]:
        app.handle(press(pygame.K_w, "w"))
        app.update(0.02)
        page = app.page
        assert isinstance(page, WatchScreen)
        assert page.setup.agents[0] == watched
        assert (page.run.task, page.run.seed) == (before.run.task, before.run.seed)
        assert page.active_overlays == before.active_overlays != []
        assert len(app.pages) == 1


def test_a_file_with_errors_opens_as_soon_as_it_is_mended(tmp_path: Path, level: Path) -> None:
    """The errors are shown until then, and those of another attempt in their place."""
    level.write_text(LEVEL.replace("@", "?"))
    app = App(Navigation("watch", path=level), FixedAgents(), Script())
    app.library.jobs = BackgroundJobs(at_once=True)
    app.update(0.02)
    assert isinstance(app.page, WaitingScreen)
    assert "mine.txt" in app.page.problem
    first = app.page.problem
    for text in (LEVEL.replace("G", "!"), LEVEL + "\n"):
        app.draw(pygame.Surface((960, 640)))
        level.write_text(text)
        os.utime(level, ns=(1, len(text)))
        app.update(CHECK_FILES + 0.1)
        app.update(0.02)
        if text != LEVEL + "\n":
            assert isinstance(app.page, WaitingScreen)
            assert app.page.problem not in ("", first)
    assert isinstance(app.page, WatchScreen)
    assert len(app.pages) == 1
    assert app.page.setup.agent_ids == AGENTS


@pytest.mark.parametrize(("kind", "agents"), [("play", ()), ("duel", AGENTS)])
def test_a_file_with_errors_is_played_as_soon_as_it_is_mended(
    kind: str, agents: tuple[str, ...], level: Path
) -> None:
    level.write_text(LEVEL.replace("@", "?"))
    first = Navigation(kind, path=level, agents=agents, episodes=3, by_default=not agents)
    app = App(first, FixedAgents(), Script())
    app.library.jobs = BackgroundJobs(at_once=True)
    app.update(0.02)
    assert isinstance(app.page, WaitingScreen)
    level.write_text(LEVEL)
    os.utime(level, ns=(1, 2))
    app.update(CHECK_FILES + 0.1)
    app.update(0.02)
    assert isinstance(app.page, PlayScreen)
    assert app.page.session.is_duel == (kind == "duel")
    assert app.page.session.setup.episodes == 3


@pytest.mark.parametrize("key", [pygame.K_z, pygame.K_i])
def test_a_changed_level_is_shown_again_in_place_of_the_old_one(
    key: int, tmp_path: Path, level: Path
) -> None:
    """Also with many tasks at once, of which there is one screen at most."""
    app = start(tmp_path, level)
    app.handle(press(key))
    app.update(0.02)
    old, below = app.page, app.pages[0]
    level.write_text(LEVEL.replace("title: ", "title: Changed "))
    os.utime(level, ns=(1, 2))
    app.update(CHECK_FILES + 0.1)
    app.update(0.02)
    assert app.page is not old
    assert type(app.page) is type(old)
    assert app.pages == [below, app.page]


@pytest.mark.parametrize("key", [None, pygame.K_i])
def test_an_error_is_marked_on_the_board_of_the_last_valid_version(
    key: int | None, tmp_path: Path, level: Path
) -> None:
    """The old board stays, with a ring around the cell of the error."""
    app = start(tmp_path, level)
    if key:
        app.handle(press(key))
        app.update(0.02)
    surface = pygame.Surface((960, 640))
    app.draw(surface)
    level.write_text(LEVEL.replace("#@.,:%~#", "#@.,K%~#"))
    os.utime(level, ns=(1, 2))
    app.update(CHECK_FILES + 0.1)
    app.update(0.02)
    assert app.page.notice
    assert app.page.notice.cells == ((1, 4),)
    app.page.notice = app.page.notice._replace(cells=())
    app.draw(surface)
    plain = surface.copy()
    app.page.notice = app.page.notice._replace(cells=((1, 4), (99, 99)))
    app.draw(surface)
    box = app.page.cell_box((1, 4))
    assert box
    assert app.page.cell_box((99, 99)) is None
    changed = pygame.mask.from_threshold(surface, (0, 0, 0), (1, 1, 1), plain)
    changed.invert()
    ring = box.inflate(40, 40)
    assert changed.count()
    assert all(ring.contains(rect) for rect in changed.get_bounding_rects())


def test_keys_on_screen_answer_to_the_mouse(tmp_path: Path) -> None:
    """The key below the mouse looks different, and again while it is pressed."""
    app = start(tmp_path)
    surface = pygame.Surface((960, 640))
    app.draw(surface)
    rect = next(rect for rect, key in app.page._key_boxes if key.cap == "Space")
    seen = []

    def look() -> None:
        app.draw(surface)
        seen.append(pygame.image.tobytes(surface.subsurface(rect), "RGB"))

    for at in ((1, 1), rect.center):
        app.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=at, buttons=(0, 0, 0)))
        look()
    before = app.snapshot()
    app.handle(click(rect.center))
    look()
    assert app.snapshot() != before
    assert len(set(seen)) == 3
    assert app.page._mouse_on == rect


# --- leaving, and filming


def test_esc_in_the_first_screen_asks(tmp_path: Path) -> None:
    """The window does not close by an Esc too many; only the answer "close" closes it."""
    app = start(tmp_path)
    for key, has_closed in ((pygame.K_ESCAPE, False), (pygame.K_RETURN, True)):
        app.handle(press(pygame.K_ESCAPE))
        app.update(0.02)
        assert app.page.question
        app.draw(pygame.Surface((960, 640)))
        app.handle(press(key))
        app.update(0.02)
        assert app.quit == has_closed


def test_esc_in_a_training_that_the_window_was_opened_for_asks() -> None:
    """The training goes on until the question is answered."""
    feed = Script()
    app = App(Navigation("train", args=("train", "showcase")), FixedAgents(), feed)
    for key, has_closed in ((pygame.K_ESCAPE, False), (pygame.K_RETURN, True)):
        app.handle(press(pygame.K_ESCAPE))
        app.update(0.02)
        assert app.page.question
        assert "The training ends" in app.page.question.text
        assert len(feed.asked) == 1
        app.handle(press(key))
        app.update(0.02)
        assert app.quit == has_closed
    assert isinstance(feed.asked[-1], Stop)


def test_the_question_leads_to_the_gallery_by_mouse(tmp_path: Path) -> None:
    app = start(tmp_path)
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))
    assert app.page.question
    app.handle(click(app.page.question.places[1].center))
    app.update(0.02)
    assert isinstance(app.page, Gallery)
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.question is None


class SlowRecorder:
    """A recorder whose GIF is finished when it is told so."""

    finished = False

    def start(self, line: str, path: Path, kind: str) -> None:
        self.line, self.path, self.kind = line, path, kind

    def poll(self) -> tuple[str, str, bool] | None:
        return ("Saved", "it", True) if self.finished else None


@pytest.mark.parametrize(("key", "kind"), [(pygame.K_F11, "film"), (pygame.K_F10, "page")])
def test_all_screens_say_that_a_recording_is_made_until_it_is_saved(key: int, kind: str) -> None:
    recorder = SlowRecorder()
    first = Navigation("watch", load_pack("showcase"), agents=AGENTS)
    jobs = BackgroundJobs(at_once=True)
    app = App(first, FixedAgents(), Script(), jobs=jobs, recorder=recorder)
    surface = pygame.Surface((960, 640))
    sentence = 88  # px: left end of the header's sentence

    def edge() -> bytes:
        app.draw(surface)
        return pygame.image.tobytes(surface.subsurface((0, 0, sentence, 50)), "RGB")

    def rest() -> bytes:
        return pygame.image.tobytes(surface.subsurface((sentence, 0, 960 - sentence, 50)), "RGB")

    empty, told = edge(), rest()
    app.handle(press(key))
    app.update(0.02)
    assert recorder.kind == kind
    assert (recorder.path.suffix == ".html") == (kind == "page")
    assert edge() != empty
    app.page.notice = None
    app.draw(surface)
    assert rest() == told
    filming = app.snapshot()
    app.handle(press(pygame.K_i))
    app.update(0.02)
    assert isinstance(app.page, PlayScreen)
    assert edge() != empty
    recorder.finished = True
    app.update(0.02)
    assert app.page.notice
    assert app.page.notice.heading == "Saved"
    assert edge() == empty
    assert app.snapshot() != filming


# --- the gallery


def test_the_gallery_shows_own_levels_and_all_packs(tmp_path: Path, level: Path) -> None:
    gallery = gallery_of(start(tmp_path, level))
    titles = dict.fromkeys(entry.library_pack.title for entry in gallery.levels.items)
    assert list(titles)[:3] == [NEW_LEVEL, "Test lane", "Showcase"]
    assert {"Goals 5x5", "Mazes 9x9"} <= set(titles)
    assert gallery.levels.item is not None
    assert gallery.levels.item.name == "Test lane"


def test_typing_searches_and_enter_opens(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    type_in(app, "goals")
    assert {entry.library_pack.title for entry in gallery.levels.items} == {"Goals 5x5"}
    assert len(gallery.levels.items) == 5
    app.handle(press(pygame.K_RIGHT))
    chosen = gallery.levels.item
    app.handle(press(pygame.K_RETURN))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert chosen is not None
    assert chosen.task is not None
    assert app.page.task.id == chosen.task.id
    assert app.page.setup.agents == AGENTS


def test_letters_go_into_the_search(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    type_in(app, "tg")
    assert gallery.levels.query == "tg"
    assert app.appearance.palette is not DARK
    app.handle(press(pygame.K_BACKSPACE))
    app.handle(press(pygame.K_t, "t", pygame.KMOD_CTRL))
    assert gallery.levels.query == "t"
    assert app.appearance.palette is DARK
    app.handle(press(pygame.K_ESCAPE))
    assert gallery.levels.query == ""
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)


def test_keys_move_by_level_row_and_pack(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    first = gallery.levels.item
    app.handle(press(pygame.K_PAGEDOWN))
    assert gallery.levels.item is not None
    assert gallery.levels.item.library_pack.title != "Showcase"
    app.handle(press(pygame.K_UP))
    assert gallery.levels.item.library_pack.title == "Showcase"
    app.handle(press(pygame.K_PAGEUP))
    app.handle(press(pygame.K_PAGEUP))
    assert gallery.levels.item.name == NEW_LEVEL
    app.handle(press(pygame.K_RIGHT))
    assert gallery.levels.item == first
    for _ in gallery.levels.items:
        app.handle(press(pygame.K_RIGHT))
    assert gallery.levels.selected == len(gallery.levels.items) - 1


def test_tab_chooses_agent_and_mode_by_keyboard(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    app.handle(press(pygame.K_TAB))
    for key in (pygame.K_DOWN, pygame.K_DOWN, pygame.K_RETURN):  # open, move, take
        app.handle(press(key))
    assert gallery.fields.value("agent") == AGENTS[1]
    app.handle(press(pygame.K_TAB))
    for key in (pygame.K_DOWN, pygame.K_PAGEUP, pygame.K_RETURN):
        app.handle(press(key))
    assert gallery.fields.value("second agent") == "none"
    app.handle(press(pygame.K_RETURN))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.setup.agents == (AGENTS[1],)


@pytest.mark.parametrize("key", [pygame.K_i, pygame.K_g])
def test_a_screen_that_is_covered_keeps_no_pictures(tmp_path: Path, key: int) -> None:
    """However many lie upon each other; what they show is drawn again."""
    app = start(tmp_path)
    app.draw(pygame.Surface((960, 640)))
    below = app.page
    assert isinstance(below, WatchScreen)
    assert below._frame
    app.handle(press(key))
    app.update(0.02)
    assert app.page is not below
    assert below._frame is None
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    app.draw(pygame.Surface((960, 640)))
    assert below._frame


def test_each_mode_has_its_own_fields(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    buttons = {"watch": 4, "play": 2, "duel": 3, "train": 6}  # two, but one for an agent
    for _ in range(3):
        app.handle(press(pygame.K_TAB))
    for mode, count in buttons.items():
        assert gallery.fields.value("mode") == mode
        assert gallery.fields.active == "mode"
        app.draw(pygame.Surface((960, 640)))
        assert len(gallery.field_buttons) == count
        app.handle(press(pygame.K_RIGHT))


def test_levels_and_fields_can_be_clicked(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    rect, number = gallery.grid.card_places[1]
    app.handle(click(rect.center))
    assert gallery.levels.selected == number
    box = next(rect for rect, field, _ in gallery.field_buttons if field == "agent")
    app.handle(click(box.center))
    app.draw(pygame.Surface((960, 640)))
    assert gallery.agent_list
    row, number = gallery.agent_list.places[1]
    app.handle(click(row.center))
    assert gallery.fields.value("agent") == AGENTS[1]
    mode = next(rect for rect, field, by in gallery.field_buttons if field == "mode" and by == 1)
    app.handle(click(mode.center))
    assert gallery.fields.value("mode") == "play"
    gallery.fields.change("mode", -1)
    app.draw(pygame.Surface((960, 640)))
    app.handle(click(rect.center))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)


def test_seen_is_what_the_chosen_agent_was_trained_on(tmp_path: Path) -> None:
    app = start(tmp_path)
    tasks = load_pack("showcase").split("test").tasks
    app.agents = FixedAgents(tasks[0].id)
    gallery = gallery_of(app)
    captions = [gallery.caption(e, e.task) for e in gallery.levels.items[:3] if e.task]
    assert captions[0].endswith(" seen")
    assert captions[1].endswith(" unseen")


def test_at_most_one_picture_is_painted_per_frame(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery = gallery_of(app)
    surface = pygame.Surface((960, 640))
    for _ in range(5):
        before = gallery.pictures.painted
        app.update(0.02)
        app.draw(surface)
        assert gallery.pictures.painted <= before + 1
    painted = gallery.pictures.painted
    for _ in range(60):
        app.update(0.1)
        app.draw(surface)
    assert gallery.pictures.painted > painted
    still = gallery.pictures.painted
    app.draw(surface)
    assert gallery.pictures.painted == still


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (300, 200), (1, 1)])
def test_it_draws_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    app = start(tmp_path)
    gallery_of(app)
    surface = pygame.Surface(size)
    app.draw(surface)


def test_opening_a_level_with_errors_shows_them(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("map:\n@xG\n")
    library = Library([bad], BackgroundJobs(at_once=True))
    gallery = Gallery(library, FixedAgents())
    gallery.update(0.1)
    gallery.draw(pygame.Surface((960, 640)))
    gallery.handle(press(pygame.K_RETURN))
    assert gallery.navigation is None
    assert gallery.notice is not None
    assert "bad.txt:2:2" in gallery.notice[1]


# --- files


def test_a_dropped_level_opens_and_is_remembered(tmp_path: Path, level: Path) -> None:
    app = start(tmp_path)
    app.handle(pygame.event.Event(pygame.DROPFILE, file=str(level)))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.task.name == "Test lane"
    assert load(tmp_path / "settings.json").recent == (str(level.resolve()),)


def test_a_dropped_file_with_errors_shows_them_and_changes_nothing(tmp_path: Path) -> None:
    app = start(tmp_path)
    before = app.page
    bad = tmp_path / "bad.txt"
    bad.write_text("map:\n@xG\n")
    app.handle(pygame.event.Event(pygame.DROPFILE, file=str(bad)))
    app.update(0.02)
    assert app.page is before
    assert before.notice is not None
    assert "bad.txt:2:2" in before.notice[1]
    app.draw(pygame.Surface((960, 640)))
    app.handle(press(pygame.K_SPACE))
    assert before.notice is None


def test_a_level_that_is_written_is_loaded_again(tmp_path: Path, level: Path) -> None:
    """While it has errors, the last valid version stays."""
    app = start(tmp_path, level)
    assert isinstance(app.page, WatchScreen)
    first = app.page.task
    level.write_text(LEVEL.replace("G", "x"))
    app.update(CHECK_FILES * 1.1)
    assert app.page.task == first
    assert app.page.notice is not None
    assert "mine.txt:7:7" in app.page.notice[1]
    app.handle(press(pygame.K_RIGHT))  # a key that belongs to the screen below
    assert app.page.notice is not None
    level.write_text(LEVEL.replace("%", ".").replace("steps: 12", "steps:  9"))
    app.update(CHECK_FILES * 1.1)
    assert isinstance(app.page, WatchScreen)
    assert app.page.task.level.steps == 9
    assert app.page.notice is None


@pytest.mark.parametrize("by_mouse", [False, True])
def test_a_level_with_errors_is_mended_in_the_editor(
    tmp_path: Path, level: Path, by_mouse: bool
) -> None:
    app = start(tmp_path, level)
    level.write_text(LEVEL.replace("G", "x"))
    app.update(CHECK_FILES * 1.1)
    app.draw(pygame.Surface((960, 640)))
    if by_mouse:
        app.handle(click(app.page.anchors()["key Ctrl E"].center))
    else:
        app.handle(press(pygame.K_e, mod=pygame.KMOD_LCTRL))
    app.update(0.02)
    assert isinstance(app.page, EditorScreen)
    assert app.page.draft.path == level
    assert app.page.editor.reading.unknown


# --- the window as a whole


def test_the_theme_is_kept_for_the_next_time(tmp_path: Path) -> None:
    app = start(tmp_path)
    app.handle(press(pygame.K_t, "t"))
    app.update(0.02)
    assert start(tmp_path).appearance.palette is DARK


def test_closing_the_window_leaves_every_screen(tmp_path: Path) -> None:
    app = start(tmp_path)
    gallery_of(app)
    app.handle(pygame.event.Event(pygame.QUIT))
    assert app.quit
    app.update(0.02)
    app.draw(pygame.Surface((320, 240)))


def test_what_other_screens_cut_short_begins_again(tmp_path: Path) -> None:
    app = start(tmp_path)
    asked = app.feed.asked  # type: ignore[attr-defined]
    gallery_of(app)
    app.handle(press(pygame.K_ESCAPE))
    app.update(0.02)
    assert len(asked) == 2
    assert asked[0].task == asked[1].task
    assert asked[0].number != asked[1].number


@pytest.mark.parametrize("name", ["scratch", "random", "planner", "posterior-sampling"])
def test_of_agents_that_never_trained_is_said_what_they_are(name: str) -> None:
    said = watch_setup(load_pack("showcase"), [name], AgentChoices()).sentence
    assert said
    assert (name == "scratch") == ("without meta-training" in said)


def test_steps_of_very_different_length_share_a_logarithmic_axis() -> None:
    pack, agents = load_pack("showcase"), AgentChoices()
    assert watch_setup(pack, ["maml-mazes-9x9", "posterior-sampling"], agents).episodes_differ
    assert not watch_setup(pack, ["maml-mazes-9x9", "scratch"], agents).episodes_differ


def test_it_says_why_a_level_is_out_of_the_agents_distribution() -> None:
    agents, name = AgentChoices(), ["maml-mazes-9x9"]
    own, other = load_pack("mazes-9x9"), load_pack("opponents")
    inside = watch_setup(own, name, agents)
    assert inside.out_of_distribution(inside.tasks[0]) == ()
    outside = watch_setup(other, name, agents)
    why = outside.out_of_distribution(outside.tasks[0])
    assert why
    assert "patrol" in why[0] or "hunt" in why[0]
    facts = WatchScreen(outside, Script()).facts()
    assert facts.badge == "unseen, out of distribution"
    assert why[0] in facts.about


def test_what_a_generalist_trained_on_is_read_from_its_files() -> None:
    """Sizes in a range are like its training; no pack is loaded to find that out."""
    pack, agents = load_pack("showcase"), FixedAgents()
    sizes = frozenset((n, n) for n in range(4, 40))
    agents.coverage = Coverage(sizes, frozenset(BY_CHAR), frozenset(("hidden", "visible")))
    facts = WatchScreen(watch_setup(pack, AGENTS, agents), Script()).facts()
    assert facts.badge == "unseen in training"
    assert facts.about == "sizes, tiles and goals as in its training"
    agents.coverage = replace(agents.coverage, sizes=frozenset((4, 4 + n) for n in range(8)))
    facts = WatchScreen(watch_setup(pack, AGENTS, agents), Script()).facts()
    assert facts.badge == "unseen, out of distribution"
    assert facts.about == "larger than any it trained on"


def test_the_bayes_bound_is_a_line_of_the_plot() -> None:
    pack = load_pack("goals-5x5")
    score = first_episode_score(pack.levels[0])
    axes = WatchScreen(watch_setup(pack, AGENTS, FixedAgents()), Script()).facts().axes
    assert axes
    assert score
    assert axes.bayes == pytest.approx(100 * score)
    plain = WatchScreen(watch_setup(load_pack("showcase"), AGENTS, FixedAgents()), Script())
    assert plain.facts().axes.bayes is None  # its goals are no secret draw


# --- what goes wrong beside the window


ERRORS = (RecursionError("too deep"), MemoryError(), OSError("gone"), ValueError("a pattern"))


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("at_once", [True, False])
def test_an_error_of_a_background_job_is_its_result(error: Exception, at_once: bool) -> None:
    def fail() -> str:
        raise error

    jobs = BackgroundJobs(at_once)
    assert (
        jobs.ask("bad", fail, lambda why: f"failed: {why}", 5.0) == f"failed: {unexpected(error)}"
    )
    assert jobs.ask("good", lambda: "done", str, 5.0) == "done"


def test_a_pack_is_loaded_again_if_it_changes_while_it_is_loaded() -> None:
    jobs, begun, bell = BackgroundJobs(), threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        bell.wait(5)
        return 1

    assert jobs.ask("pack", work, int) is None
    assert begun.wait(5)
    jobs.forget("pack")
    jobs.ask("pack", lambda: 2, int)
    bell.set()
    jobs.ask("next", lambda: 0, int, 5.0)
    assert jobs.ask("pack", lambda: 3, int, 5.0) == 2


def test_an_error_while_a_pack_is_loaded_is_shown_in_its_place(
    tmp_path: Path, level: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other packs are there, and the faulty one says what is wrong."""

    def load(path: Path) -> object:
        if path == level:
            raise RecursionError("too deep")
        return load_pack(path)

    monkeypatch.setattr("game.view.model.library.load_pack", load)
    library = Library([level], BackgroundJobs(at_once=True))
    faulty, *others = library.loaded_packs()
    assert "RecursionError: too deep" in faulty.problem
    assert all(other.pack for other in others)


def test_a_name_that_is_no_path_changes_nothing(tmp_path: Path) -> None:
    app = start(tmp_path)
    before = app.page
    for name in ("a\0b", "\udcff", "x" * 300, "/proc/self/mem/x"):
        app.handle(pygame.event.Event(pygame.DROPFILE, file=name))
        app.update(0.02)
        assert before.notice is not None
        app.draw(pygame.Surface((960, 640)))
    assert app.page is before
    assert app.library.own == []


def test_a_stop_of_the_tour_that_finds_no_room_on_the_disk_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(prefix: str) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), prefix)

    app = start(tmp_path)
    first = app.page
    monkeypatch.setattr(tempfile, "mkdtemp", full)
    app.tour.wanted = next(i for i, stop in enumerate(app.tour.stops) if stop.opening.pack)
    app.update(0.02)
    assert app.page is first
    assert app.page.notice
    assert os.strerror(errno.ENOSPC) in app.page.notice.text


def test_a_mended_file_is_shown_also_after_another_agent_was_chosen(
    tmp_path: Path, level: Path
) -> None:
    """The request that chose the agent names the task as it was."""
    app = start(tmp_path, level)
    app.handle(press(pygame.K_w))
    app.update(0.02)
    level.write_text(LEVEL.replace("Test lane", "Mended"))
    app.update(CHECK_FILES + 0.1)
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.run.task.level.title == "Mended"
    assert app.page.setup.agent_ids == AGENTS[::-1]


def test_a_file_that_is_dropped_on_the_first_screen_has_no_doors(
    tmp_path: Path, level: Path
) -> None:
    first = Navigation("watch", load_pack("showcase"), agents=AGENTS, is_first_sight=True)
    app = App(first, FixedAgents(), Script(), jobs=BackgroundJobs(at_once=True))
    app.handle(pygame.event.Event(pygame.DROPFILE, file=str(level)))
    app.update(0.02)
    assert isinstance(app.page, WatchScreen)
    assert app.page.task.level.file == str(level)
    assert not app.page.has_doors
