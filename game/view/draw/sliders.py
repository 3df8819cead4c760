"""Sliders for the settings of an adaptation: each picks from a list, by keys or by mouse."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from game.view.draw.theme import Typeset, mix

OWN = "the agent's own"  # the text of values that leave a setting to the agent


@dataclass
class Slider:
    """A setting: its name, its values as (text, value), and the index of the chosen value."""

    name: str
    values: tuple[tuple[str, float | None], ...]
    at: int

    @property
    def value(self) -> float | None:
        """The chosen value; None leaves the setting to the agent."""
        return self.values[self.at][1]

    def put(self, value: float | None) -> None:
        """Choose the given value, or the nearest one in the list."""
        values = [one for _, one in self.values]
        if value in values:
            self.at = values.index(value)
        elif value is not None:
            distances = [abs(one - value) if one is not None else 1e9 for one in values]
            self.at = distances.index(min(distances))


class Sliders:
    """A card of sliders, of which one is chosen for the keys."""

    def __init__(self, *sliders: Slider) -> None:
        self.sliders = sliders
        self.chosen = 0
        self._tracks: list[pygame.Rect] = []
        self._box = pygame.Rect(0, 0, 0, 0)

    def choose(self, by: int) -> None:
        """Choose another slider, `by` places down."""
        self.chosen = (self.chosen + by) % len(self.sliders)

    def move(self, by: int) -> bool:
        """Move the chosen slider `by` values. Return whether it has moved."""
        slider = self.sliders[self.chosen]
        return self._move(slider, slider.at + by)

    def click(self, at: tuple[int, int]) -> bool | None:
        """Move the slider under a click. Return whether it has moved, or None outside the card."""
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

    def height(self, type: Typeset) -> int:
        """Return the height of the card in px."""
        return len(self.sliders) * _line_height(type) + 2 * type.unit

    def draw(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        """Draw the card at the bottom of `rect`: names on the left, values on the right."""
        palette, unit = type.palette, type.unit
        box = self._box = pygame.Rect(rect.left, 0, rect.width, self.height(type))
        box.bottom = rect.bottom
        pygame.draw.rect(surface, palette.card, box, border_radius=unit)
        pygame.draw.rect(surface, palette.muted, box, 2, border_radius=unit)
        name = max(type.width(slider.name, "label") for slider in self.sliders)
        values = (text for slider in self.sliders for text, _ in slider.values)
        value = max(type.width(text, "label") for text in values)
        left, right = box.left + 2 * unit, box.right - 2 * unit
        self._tracks = []
        for i, slider in enumerate(self.sliders):
            on, last = i == self.chosen, len(slider.values) - 1
            ink, style = (palette.ink, "label") if on else (palette.muted, "small")
            y = box.top + unit + i * _line_height(type) + _line_height(type) // 2
            type.write(surface, slider.name, style, ink, midleft=(left, y))
            type.write(surface, slider.values[slider.at][0], style, ink, midright=(right, y))
            start = left + name + 2 * unit
            track = pygame.Rect(start, y - 2, max(1, right - value - 2 * unit - start), 4)
            self._tracks.append(track)
            pygame.draw.rect(surface, palette.rule, track, border_radius=2)
            for k in range(last + 1):
                x = track.left + track.width * k // last
                tick = mix(palette.rule, palette.ink, 0.3)
                pygame.draw.line(surface, tick, (x, y - 4), (x, y + 3))
            x = track.left + track.width * slider.at // last
            hue = palette.agent if on else palette.muted
            pygame.draw.circle(surface, hue, (x, y), unit)


def _line_height(type: Typeset) -> int:
    return type.height("label") + type.unit * 3 // 2


def adaptation_sliders() -> Sliders:
    """Return the sliders of an adaptation: step size, episodes per step, number of steps."""
    factors = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
    episodes = (2, 5, 10, 20, 50, 100)
    return Sliders(
        Slider("Inner step size", tuple((f"{f:g} × {OWN}", f) for f in factors), 3),
        Slider("Episodes per step", ((OWN, None), *((str(n), float(n)) for n in episodes)), 0),
        Slider("Steps", tuple((str(n), float(n)) for n in (1, 2, 3, 5, 10, 20, 50)), 3),
    )
