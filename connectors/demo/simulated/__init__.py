"""A simulated world: the generator with the truth, another delivery order of its folder, and the demo's live feed.

It knows the domain, not the engine: nothing of the engine is imported here (a test walks the imports), so the truth
that it writes can be held against the engine.
"""

from connectors.demo.simulated.feed import DemoFeed
from connectors.demo.simulated.generate import FILES, Summary, generate
from connectors.demo.simulated.shuffle import shuffle_within

__all__ = ["FILES", "DemoFeed", "Summary", "generate", "shuffle_within"]
