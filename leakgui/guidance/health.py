"""What each healthy shape is called, means and asks for."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.finding import DefectClass

_NOTHING = "Nothing to fix: mark a baseline now and compare the next run with it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Texts of one shape, in English; ``say`` translates them where they are used."""

    summary: str
    explanation: str
    next_steps: tuple[str, ...] = (_NOTHING, "Watch two more cycles of the same work.")


HEALTH: dict[DefectClass, Health] = {
    DefectClass.STEADY: Health(
        summary="{name} is steady at {last}: no growth in {span}",
        explanation="Memory that is taken is given back: the level stays where it is.",
    ),
    DefectClass.WARM_UP: Health(
        summary="Growth is slowing: {quarters} in the quarters of {span}. "
        "Usual for caches",
        explanation="A program that starts loads code and fills its caches, then "
        "stops. Only growth that goes on is a concern.",
        next_steps=(_NOTHING, "Watch five more steps: each should add nothing."),
    ),
    DefectClass.PLATEAU: Health(
        summary="{name} filled up to {last} and stopped; seen for {span}",
        explanation="A cache or a pool was filled to its bound, and the level has "
        "stayed there since.",
        next_steps=(_NOTHING, "Watch five more steps: each should add nothing."),
    ),
    DefectClass.SAWTOOTH: Health(
        summary="Rises and falls; {count} low points level near {trough}. "
        "Normal for garbage collection",
        explanation="A collector lets memory rise and then frees what is no longer "
        "used. The low points tell: as long as they stay level, nothing is kept.",
        next_steps=(_NOTHING, "Compare low points only."),
    ),
    DefectClass.PERIODIC: Health(
        summary="Comes and goes with the load; {count} low points near {trough}",
        explanation="Memory follows the work: more while it is done, less after it. "
        "The low points stay level, so nothing is kept.",
        next_steps=(_NOTHING, "Compare low points only."),
    ),
    DefectClass.STEP: Health(
        summary="{name} rose by {rise} in one step or a few and was flat otherwise; "
        "seen for {span}, now {last}",
        explanation="Something was loaded or set up and is held. Nothing was added "
        "between the steps or after them.",
    ),
    DefectClass.RETENTION: Health(
        summary="Fell from a peak of {peak} to {last} and stayed: kept for later use",
        explanation="An allocator or a cache keeps part of what a peak needed, to have "
        "it at hand. It is a leak only if the bytes in use rise too.",
        next_steps=(
            _NOTHING,
            "Try malloc_trim(0), MALLOC_ARENA_MAX=2 or another allocator.",
        ),
    ),
}
