"""Sentences about what looks into a heap showed.

Of what nothing reaches it may be said that it leaks; of what is held, only that it
grows. Names of classes and roots are the target's own and pass ``printable``.
"""

from __future__ import annotations

from leakgui.formatting import (
    format_bytes,
    format_change,
    format_count,
    format_duration,
    format_percent,
    printable,
)
from leakgui.guidance.agreement import NOTHING
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_history import HeapHistory, Look, Step
from leakgui.guidance.held_memory import Hold
from leakgui.guidance.holders import Holder
from leakgui.guidance.lost_memory import Loss, has_lost_more, most_alike
from leakgui.texts import say, say_count


def lost_now(look: Look) -> str:
    """Return how much nothing reaches, at the newest look."""
    leaked = look.leaked
    return say_count(
        "{bytes} in {count} block cannot be reached from any root.",
        "{bytes} in {number} blocks cannot be reached from any root "
        "({direct} directly lost, {indirect} through them).",
        leaked.lost,
        bytes=format_bytes(leaked.lost_bytes),
        number=format_count(leaked.lost),
        direct=format_count(leaked.direct),
        indirect=format_count(leaked.indirect),
    )


def lost_between(loss: Loss) -> tuple[str, ...]:
    """Return how much was lost between the looks, and which part of the growth it is.

    With one look: how much of the heap it is, and the most of one kind.
    """
    if loss.whole is None:
        return (
            _lost_at_once(loss.look),
            *_most_alike(loss.look),
            *_unconfirmed(loss.look),
        )
    sentences = [
        say_count(
            "Between heap snapshots {span} apart {bytes} in {blocks} blocks were lost, "
            "{share} of the growth; so far in {count} difference.",
            "Between heap snapshots {span} apart {bytes} in {blocks} blocks were lost, "
            "{share} of the growth; more in {count} differences in a row.",
            loss.times,
            span=format_duration(loss.whole.span_s),
            bytes=format_bytes(loss.whole.lost_bytes),
            blocks=format_count(loss.whole.lost),
            share=format_percent(loss.share),
        )
    ]
    if loss.agreement is not NOTHING:
        sentences.append(
            say(
                "Of these, {share} are {what}: {count}, {bytes}.",
                share=format_percent(loss.agreement.share),
                what=loss.agreement.key,
                count=format_count(loss.agreement.growth),
                bytes=format_bytes(loss.agreement.growth_bytes),
            )
        )
    return tuple(sentences)


def _lost_at_once(look: Look) -> str:
    return say(
        "That is {share} of all bytes in use, at a single look.",
        share=format_percent(look.leaked.lost_bytes / max(look.blocks.in_use_bytes, 1)),
    )


def _most_alike(look: Look) -> tuple[str, ...]:
    found = most_alike(look.lost)
    if found is None:
        return ()
    group, amount = found
    return (
        say(
            "Most of one kind: {count}, {what}.",
            count=format_count(amount.count),
            what=group.as_words(),
        ),
    )


def _unconfirmed(look: Look) -> tuple[str, ...]:
    """Return what a second look found lost that the first had not: perhaps a leak."""
    leaked = look.leaked
    if leaked.unconfirmed == 0:
        return ()
    return (
        say(
            "{bytes} in {count} more blocks were lost at its second look only: lost "
            "since the first, or just being handed over.",
            bytes=format_bytes(leaked.unconfirmed_bytes),
            count=format_count(leaked.unconfirmed),
        ),
    )


def inside(look: Look) -> str:
    """Return what is in use and free inside the allocator."""
    blocks = look.blocks
    return say(
        "Inside the allocator {used} are in use in {count} blocks, {free} are free.",
        used=format_bytes(blocks.in_use_bytes),
        count=format_count(blocks.in_use),
        free=format_bytes(blocks.free_bytes),
    )


def change_inside(whole: Step) -> str:
    """Return how in use, lost and free changed from the first look to the last."""
    return say(
        "Change between heap snapshots {span} apart: in use {used}, of it lost {lost}; "
        "free inside the allocator {free}.",
        span=format_duration(whole.span_s),
        used=format_change(whole.in_use_bytes, "bytes"),
        lost=format_change(whole.lost_bytes, "bytes"),
        free=format_change(whole.free_bytes, "bytes"),
    )


def looked_inside(history: HeapHistory) -> tuple[str, ...]:
    """Return the one sentence about looks that name no cause themselves, or none."""
    if history.whole is not None:
        return (change_inside(history.whole),)
    if history.latest is not None:
        return (inside(history.latest),)
    return ()


def held_between(hold: Hold) -> tuple[str, ...]:
    """Return what grew and is held, and where it hangs."""
    sentences = [change_inside(hold.whole)]
    if hold.group is not NOTHING:
        sentences.append(
            say(
                "Of what came, {share} is {what}: {bytes}, {count} more. It was the "
                "main part in {times} differences and never got less.",
                share=format_percent(hold.group.share),
                what=hold.group.key,
                bytes=format_bytes(hold.group.growth_bytes),
                count=format_count(hold.group.growth),
                times=format_count(hold.group.times),
            )
        )
    if hold.holder is not None:
        sentences.append(_held_by(hold.holder))
    if hold.likely is not None:
        sentences.append(
            say(
                "Of the {all} largest holders, {rows} hang on {root}.",
                all=format_count(hold.likely.of_rows),
                rows=format_count(hold.likely.rows),
                root=printable(hold.likely.root, most=80),
            )
        )
    return tuple(sentences)


def _held_by(holder: Holder) -> str:
    return say(
        "Held by {root}: {bytes} hang on it, {change} since the first look ({path}).",
        root=printable(holder.root, most=80),
        bytes=format_bytes(holder.retained_bytes),
        change=format_change(holder.growth_bytes, "bytes"),
        path=printable(holder.path, most=120),
    )


def seen_once(look: Look) -> tuple[str, ...]:
    """Return what is said where lost blocks were not looked at a second time."""
    if look.heap.looks > 1:
        return ()
    return (say("No second look confirmed that they stay lost."),)


def hidden_pointers() -> str:
    """Return the caveat of every search for pointers that has no types to go by."""
    return say(
        "A block whose only pointer is hidden (XORed, compressed, kept by a device or "
        "another process) looks lost too."
    )


def lost_but_level(evidence: Evidence) -> tuple[str, ...]:
    """Return what is said of lost blocks beside a healthy verdict; may be empty."""
    look, steps = evidence.heap.latest, evidence.heap.steps
    if look is None or look.leaked.lost == 0:
        return ()
    values = {
        "bytes": format_bytes(look.leaked.lost_bytes),
        "number": format_count(look.leaked.lost),
    }
    if not steps:
        return (
            say_count(
                "{bytes} in {count} block are lost already; whether that grows, only "
                "another heap snapshot can tell.",
                "{bytes} in {number} blocks are lost already; whether they grow, only "
                "another heap snapshot can tell.",
                look.leaked.lost,
                **values,
            ),
        )
    if has_lost_more(steps[-1]):
        return (
            say_count(
                "{bytes} in {count} block are lost, more than at the heap snapshot "
                "before.",
                "{bytes} in {number} blocks are lost, more than at the heap snapshot "
                "before.",
                look.leaked.lost,
                **values,
            ),
        )
    return (
        say_count(
            "{bytes} in {count} block are lost already, but that does not grow.",
            "{bytes} in {number} blocks are lost already, but they do not grow.",
            look.leaked.lost,
            **values,
        ),
    )


def lost_beside(look: Look) -> tuple[str, ...]:
    """Return the lost blocks beside a finding about something else; may be empty."""
    if look.leaked.lost == 0:
        return ()
    return (lost_now(look),)


def against_loss(loss: Loss) -> tuple[str, ...]:
    """Return what speaks against a loss: the caveat first, then what was found."""
    facts = [hidden_pointers()]
    if loss.whole is None:
        facts.append(
            say("It was seen at one look: it may have been lost once, and not again.")
        )
    return (*facts, *seen_once(loss.look), *loss.doubts)
