"""Progress on stderr: a bar on a terminal, a line per step elsewhere, nothing for work under a second."""

from __future__ import annotations

import sys
import time
from contextlib import redirect_stdout
from typing import TextIO

from ghg_inventory.cli.layout import pad

_QUIET_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_BAR = 24


class Progress:
    """Called by the pipeline as progress(step, steps, label_zh, label_en, fraction); a context manager."""

    def __init__(self, lang: str, stream: TextIO | None = None) -> None:
        self._lang = lang
        self._stream = stream or sys.stderr
        self._bar = self._stream.isatty()
        self._started = time.monotonic()
        self._drawn = 0.0
        self._step = 0

    def __call__(self, step: int, steps: int, label_zh: str, label_en: str, fraction: float) -> None:
        """Show where the work is."""
        moment = time.monotonic()
        if moment - self._started < _QUIET_SECONDS:
            return
        label = f"{step}/{steps} {label_zh if self._lang == 'zh' else label_en}"
        if not self._bar:
            if step != self._step:
                self._write(label + "\n")
        elif step != self._step or fraction >= 1 or moment - self._drawn > _REDRAW_SECONDS:
            full = round(_BAR * min(max(fraction, 0.0), 1.0))
            self._write(f"\r{pad(label, 24)} {'━' * full}{'─' * (_BAR - full)} {fraction:4.0%}")
            self._drawn = moment
        self._step = step

    def close(self) -> None:
        """Wipe the bar."""
        if self._bar and self._drawn:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def __enter__(self) -> Progress:
        # What a library prints while we work (WeasyPrint without Pango) is no part of our output.
        self._aside = redirect_stdout(self._stream)
        self._aside.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._aside.__exit__(None, None, None)
        self.close()
