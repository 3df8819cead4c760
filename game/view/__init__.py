"""The watch window and its pictures: pygame, and only here. It reads levels and traces."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # before anything here imports pygame
