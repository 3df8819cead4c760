"""Sliders for how an adaptation is run: steps down a list of values, by keys or by mouse."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from game.view.theme import Typeset, mix

OWN = "the agent's own"


@dataclass
class Slider:
    """A name, its values as (text, value), and which of them is chosen."""

    name: str
    values: tuple[tuple[str, float | None], ...]
    at: int

    @property
    def value(self) -> float | None:
        return self.values[self.at][1]

    def put(self, value: float | None) -> None:
        """Choose a value, or the one that is nearest to it."""
        known = [one for _, one in self.values]
        if value in known:
            self.at = known.index(value)
        elif value is not None:
            far = [abs(one - value) if one is not None else 1e9 for one in known]
            self.at = far.index(min(far))


class Sliders:
    """Some sliders, of which one is chosen."""

    def __init__(self, *sliders: Slider) -> None:
        self.sliders = sliders
        self.chosen = 0
        self._tracks: list[pygame.Rect] = []
        self._box = pygame.Rect(0, 0, 0, 0)

    def press(self, key: int) -> bool:
        """Choose another slider by up and down, move it by left and right; whether it has moved."""
        if key in (pygame.K_UP, pygame.K_DOWN):
            step = 1 if key == pygame.K_DOWN else -1
            self.chosen = (self.chosen + step) % len(self.sliders)
            return False
        slider = self.sliders[self.chosen]
        return self._move(slider, slider.at + (1 if key == pygame.K_RIGHT else -1))

    def click(self, at: tuple[int, int]) -> bool | None:
        """Move the slider that is there; whether it has moved, None beside all of them."""
        if not self._box.collidepoint(at):
            return None
        for i, (slider, track) in enumerate(zip(self.sliders, self._tracks)):
            if track.inflate(16, 24).collidepoint(at):
                self.chosen = i
                share = (at[0] - track.left) / max(1, track.width)
                return self._move(slider, round(share * (len(slider.values) - 1)))
        return False

    def _move(self, slider: Slider, at: int) -> bool:
        before, slider.at = slider.at, min(max(at, 0), len(slider.values) - 1)
        return slider.at != before

    def draw(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        """A card in the lower part of a region."""
        palette, unit = type.palette, type.unit
        line = type.height("small") + type.height("label") + 2 * unit
        height = len(self.sliders) * line + 2 * unit
        width = min(rect.width - 2 * unit, round(420 * type.scale))
        box = self._box = pygame.Rect(0, 0, width, height)
        box.midbottom = rect.centerx, rect.bottom - unit
        box.clamp_ip(surface.get_rect())
        pygame.draw.rect(surface, palette.card, box, border_radius=unit)
        pygame.draw.rect(surface, palette.muted, box, 2, border_radius=unit)
        self._tracks = []
        y = box.top + unit
        for i, slider in enumerate(self.sliders):
            on = i == self.chosen
            ink = palette.ink if on else palette.muted
            left, right = box.left + 2 * unit, box.right - 2 * unit
            style = "label" if on else "small"
            type.write(surface, slider.name, style, ink, topleft=(left, y))
            type.write(surface, slider.values[slider.at][0], style, ink, topright=(right, y))
            middle = y + type.height("label") + unit
            track = pygame.Rect(left + unit, middle, right - left - 2 * unit, 4)
            self._tracks.append(track)
            pygame.draw.rect(surface, palette.rule, track, border_radius=2)
            last = len(slider.values) - 1
            for k in range(last + 1):
                x = track.left + track.width * k // last
                tick = mix(palette.rule, palette.ink, 0.3)
                pygame.draw.line(surface, tick, (x, middle - 2), (x, middle + 5))
            x = track.left + track.width * slider.at // last
            hue = palette.agent if on else palette.muted
            pygame.draw.circle(surface, hue, (x, middle + 2), unit)
            y += line


def adaptation_sliders() -> Sliders:
    """Step size, episodes of a step, number of steps."""
    factors = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
    episodes = (2, 5, 10, 20, 50, 100)
    return Sliders(
        Slider("Inner step size", tuple((f"{f:g} × {OWN}", f) for f in factors), 3),
        Slider("Episodes a step", ((OWN, None), *((str(n), float(n)) for n in episodes)), 0),
        Slider("Steps", tuple((str(n), float(n)) for n in (1, 2, 3, 5, 10, 20, 50)), 3),
    )
