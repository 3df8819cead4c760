"""The window's screens: which one is on, how one gets from one to the other, and what is kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pygame

from game.feed import Agents, Feed
from game.tasks import Pack, Task
from game.view import settings as memory
from game.view.page import Page, Wish
from game.view.watch import FROM_SCRATCH, Subject, WatchScreen


def subject_of(
    pack: Pack,
    names: Sequence[str],
    agents: Agents,
    seed: int = 0,
    steps: int = 5,
    first: Task | None = None,
) -> Subject:
    """What is watched where these agents adapt to a pack's held-out tasks. Raises NoAgent.

    The first task is the one given, or as many after the pack's first as the seed says.
    """
    cards = [agents.card(name, pack.name) for name in names]
    tasks = pack.split("test").tasks
    start = seed % len(tasks) if tasks else 0
    if first is not None:
        ids = [task.id for task in tasks]
        start = ids.index(first.id) if first.id in ids else 0
        tasks = tasks if first.id in ids else (first, *tasks)
    return Subject(
        tasks=tasks[start:] + tasks[:start],
        pack_title=pack.title,
        agents=tuple(card.name for card in cards),
        seed=seed,
        steps=steps,
        episodes=cards[0].episodes,
        seen=lambda task: task.id in cards[0].trained_on,
        sentence=None if cards[0].learned else FROM_SCRATCH,
        given=tuple(names),
        pack=pack.name,
        longest=max(card.episodes for card in cards) * steps,
    )


class App:
    """All screens, the one on top being on. `file` is where settings are kept; None: nowhere."""

    def __init__(
        self,
        first: Wish,
        agents: Agents,
        feed: Feed,
        file: Path | None = None,
        seed: int = 0,
        steps: int = 5,
    ) -> None:
        self.agents, self.feed, self.file = agents, feed, file
        self.seed, self.steps = seed, steps
        self.settings = memory.load(file) if file else memory.Settings()
        self.taste = self.settings.taste()
        self.visit = first  # which level is on, and how
        self._numbers = itertools.count()  # of requests to the feed
        self.pages: list[Page] = [self._open(first)]

    @property
    def quit(self) -> bool:
        return not self.pages

    @property
    def page(self) -> Page:
        """The screen that is on."""
        return self.pages[-1]

    def handle(self, event: pygame.event.Event) -> None:
        """Give an event to the screen that is on; closing the window leaves them all."""
        if event.type == pygame.QUIT:
            self.pages.clear()
        elif self.pages:
            self.page.handle(event)

    def update(self, seconds: float) -> None:
        """Let time pass, and go where the screen wants to."""
        if not self.pages:
            return
        self.page.update(seconds)
        wish, self.page.wish = self.page.wish, None
        if self.page.quit:
            self.pages.pop()
            if self.pages:
                self.page.resume()
        elif wish:
            self._go(wish)
        self._remember()

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen that is on."""
        if self.pages:
            self.page.draw(surface)

    def _go(self, wish: Wish) -> None:
        self.visit = wish
        self.pages = [self._open(wish)]

    def _open(self, wish: Wish) -> Page:
        assert wish.pack
        subject = subject_of(wish.pack, wish.agents, self.agents, self.seed, self.steps, wish.task)
        abreast = len(wish.agents) > 2
        return WatchScreen(
            subject, self.feed, None, self.taste, abreast=abreast, numbers=self._numbers
        )

    def _remember(self) -> None:
        """Write the settings, if they are others than before."""
        now = self.settings.of(self.taste)
        if now != self.settings:
            self.settings = now
            if self.file:
                memory.save(self.file, now)
