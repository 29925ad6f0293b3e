"""Replace what names people and places by stable placeholders; no number changes.

Masked are paths, command lines, user names, host names, addresses, and names of
classes and symbols in a heap; contents of memory are left out. The same text has the
same placeholder in every file: it is made from a hash of the text. Someone who guesses
a name can check the guess; this keeps names out of sight, it is no encryption. Process
and thread names stay.
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from leakgui.export.cut_names import CUT, replace_cut
from leakgui.export.heap_masking import mask_heap, mask_heaps
from leakgui.formatting import printable
from leakgui.model.difference import Changes, Difference
from leakgui.model.finding import Finding, Judgement
from leakgui.model.heap import Heap, TypeKind
from leakgui.model.process import Target
from leakgui.model.recording import Event, Recording, TimeGap
from leakgui.model.snapshot import Gap, Snapshot, SnapshotHeading
from leakgui.model.text_column import TextColumn

_PATH = re.compile(r"(?<![\w/.…])~?/(?!…)[^\s\"'`]+")
_WINDOWS_PATH = re.compile(r"(?<!\w)(?:[A-Za-z]:\\|\\\\)[^\s\"'<>|;,]+")
_ABSTRACT_SOCKET = re.compile(r"(?<!\S)@[^\s\"']+")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d)")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*\]|(?<![\w:])::1?(?![\w:])")
_SENTENCE_ENDS = ".,:;!?)]}>"
_NOBODY = frozenset({"", "root", "nobody", "?", "localhost"})
_TELLING_FACTS = ("host", "hostname", "node", "user")
_LEAST_DIGITS = 4
_LEAST_HOST_LETTERS = 4
"""A shorter host name would be found in words that mean something else."""
_LEAST_NAME_LETTERS = 3
"""The same for names of classes, which stand alone where they are shorter."""


class Masker:
    """Knows which texts are private and what stands for each of them."""

    def __init__(self) -> None:
        self._placeholders: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self._private: dict[str, tuple[str, str]] = {}
        """By known private text its placeholder's pattern, and of what it is made."""
        self._longest_first: list[str] = []
        host = socket.gethostname()
        if len(host) >= _LEAST_HOST_LETTERS:
            self._learn(host, "host-{}")

    @classmethod
    def of(cls, recording: Recording) -> Masker:
        """Return a masker that knows the names of this recording."""
        masker = cls()
        target = recording.target
        masker._learn(target.user, "user-{}")
        masker._learn(target.executable, "/…/{}")
        if target.command != target.name:
            masker._learn(target.command, "command-{}")
        for key in _TELLING_FACTS:
            masker._learn(recording.facts.get(key, ""), f"{key}-{{}}")
        return masker

    def _learn(self, text: str, pattern: str) -> None:
        """Know a text from now on, also as sentences write it."""
        for written in (text, printable(text)):
            known = written in _NOBODY or written in self._private
            if not known and len(written) > 1:
                self._private[written] = (pattern, text)
                self._longest_first = []

    def _known(self) -> list[str]:
        if not self._longest_first:
            self._longest_first = sorted(self._private, key=len, reverse=True)
        return self._longest_first

    def text(self, text: str) -> str:
        """Return a sentence with everything private in it replaced."""
        for known in self._known():
            stand_in = partial(self._stand_in, *self._private[known])
            if known in text:
                alone = rf"(?<![\w]){re.escape(known)}(?![\w])"
                # A placeholder holds no backslash: it is safe as a replacement.
                text = re.sub(alone, stand_in(), text)
            if CUT in text:
                text = replace_cut(text, known, stand_in)
        for pattern, shape in _SHAPES:
            text = pattern.sub(partial(self._replace, shape), text)
        return text

    def _replace(self, shape: str, match: re.Match[str]) -> str:
        whole = match.group()
        # Punctuation at the end belongs to the sentence.
        private = whole.rstrip(_SENTENCE_ENDS)
        return self._stand_in(shape, private) + whole[len(private) :]

    def _stand_in(self, shape: str, private: str) -> str:
        if private not in self._placeholders:
            self._placeholders[private] = self._fresh(private)
        return shape.format(self._placeholders[private])

    def _fresh(self, private: str) -> str:
        """Return the first digits of a hash, more of them where they collide."""
        data = private.encode("utf-8", errors="surrogateescape")
        digits = hashlib.blake2b(data, digest_size=16, person=b"leakgui").hexdigest()
        length = _LEAST_DIGITS
        while self._taken.setdefault(digits[:length], private) != private:
            length += 2
        return digits[:length]

    def whole_path(self, text: str) -> str:
        """Return a text that may be a path as a whole, blanks included."""
        if not text.startswith(("/", "~/")):
            return self.text(text)
        bare = text.removesuffix(" (deleted)")
        self._learn(bare, "/…/{}")
        return self._stand_in("/…/{}", bare) + text[len(bare) :]

    def column(self, column: TextColumn) -> TextColumn:
        """Return a column whose pool is masked."""
        return TextColumn(
            column.codes, tuple(self.whole_path(text) for text in column.pool)
        )

    def name(self, text: str, shape: str) -> str:
        """Return what stands for a name, here and in every later sentence.

        ``shape`` has a ``{}`` for the digits: ``class-{}``.
        """
        if not text:
            return text
        if len(text) >= _LEAST_NAME_LETTERS:
            self._learn(text, shape)
        return self._stand_in(shape, text)

    # --- values --------------------------------------------------------------

    def target(self, target: Target) -> Target:
        """Return the target without its command line, executable and user."""
        return replace(
            target,
            command=self._hidden(target.command, "command-{}"),
            executable=self._hidden(target.executable, "/…/{}"),
            user=self._hidden(target.user, "user-{}"),
        )

    def _hidden(self, text: str, shape: str) -> str:
        return text if text in _NOBODY else self._stand_in(shape, text)

    def recording(self, recording: Recording) -> Recording:
        """Return the recording with its texts masked."""
        return replace(
            recording,
            target=self.target(recording.target),
            events=tuple(self._event(event) for event in recording.events),
            gaps=tuple(self._time_gap(gap) for gap in recording.gaps),
            facts={key: self._fact(key, v) for key, v in recording.facts.items()},
        )

    def _fact(self, key: str, value: str) -> str:
        if key in _TELLING_FACTS:
            return self._hidden(value, f"{key}-{{}}")
        return self.whole_path(value)

    def _event(self, event: Event) -> Event:
        return replace(event, text=self.text(event.text))

    def _time_gap(self, gap: TimeGap) -> TimeGap:
        return replace(gap, cause=self.text(gap.cause))

    def judgement(self, judgement: Judgement) -> Judgement:
        """Return the judgement with its texts masked."""
        return replace(
            judgement,
            target=self.target(judgement.target),
            findings=tuple(self._finding(one) for one in judgement.findings),
        )

    def _finding(self, finding: Finding) -> Finding:
        return replace(
            finding,
            subject=self.text(finding.subject),
            summary=self.text(finding.summary),
            explanation=self.text(finding.explanation),
            evidence=_each(self.text, finding.evidence),
            against=_each(self.text, finding.against),
            next_steps=_each(self.text, finding.next_steps),
            would_change=_each(self.text, finding.would_change),
        )

    def difference(self, difference: Difference) -> Difference:
        """Return the difference with keys, details and gaps masked."""
        return replace(
            difference,
            mappings=self._changes(difference.mappings),
            handles=self._changes(difference.handles),
            threads=self._changes(difference.threads),
            heap_by_size=self._blocks(difference.heap_by_size),
            heap_by_type=self._blocks(difference.heap_by_type),
            heap_lost=self._blocks(difference.heap_lost),
            heap=mask_heaps(self, difference.heap) if difference.heap else None,
            gaps=tuple(self._gap(gap) for gap in difference.gaps),
        )

    def _changes(self, changes: Changes | None) -> Changes | None:
        if changes is None:
            return None
        return replace(
            changes, key=self.column(changes.key), detail=self.column(changes.detail)
        )

    def _blocks(self, changes: Changes | None) -> Changes | None:
        """Mask names of classes; details are contents of memory and are left out."""
        if changes is None:
            return None
        labels = zip(changes.key.as_list(), changes.kind.as_list(), strict=True)
        keys = (
            self.name(key, "class-{}") if kind == TypeKind.CLASS else key
            for key, kind in labels
        )
        nothing = TextColumn.of([""] * len(changes))
        return replace(changes, key=TextColumn.of(keys), detail=nothing)

    def _gap(self, gap: Gap) -> Gap:
        return replace(gap, where=self.text(gap.where), detail=self.text(gap.detail))

    def learn_heap(self, heap: Heap) -> None:
        """Know the names of a heap that is not shown, but that sentences may quote."""
        mask_heap(self, heap)

    def heap_of(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with its heap masked."""
        heap = snapshot.heap
        return replace(snapshot, heap=mask_heap(self, heap) if heap else None)

    def heading(self, heading: SnapshotHeading) -> SnapshotHeading:
        """Return the line about a snapshot with name and note masked."""
        return replace(
            heading, name=self.text(heading.name), note=self.text(heading.note)
        )


_SHAPES = (
    (_PATH, "/…/{}"),
    (_WINDOWS_PATH, "/…/{}"),
    (_ABSTRACT_SOCKET, "@{}"),
    (_IPV6, "host-{}"),
    (_IPV4, "host-{}"),
)


def _each(mask: Callable[[str], str], texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(mask(text) for text in texts)


def mask_recording(recording: Recording) -> Recording:
    """Return the recording with paths, commands, users and hosts replaced."""
    return Masker.of(recording).recording(recording)
