"""The feed's seam lives in game/feed.py."""

from game.feed import Failed, Feed, Finished, Message, Ready, Replay, Stepped

__all__ = ["Failed", "Feed", "Finished", "Message", "Ready", "Replay", "Stepped"]
