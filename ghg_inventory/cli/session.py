"""What one command call knows: language, workspace, whether to show tracebacks.

The environment (LANG) and the clock are read here and nowhere below.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import tomli

if TYPE_CHECKING:
    from ghg_inventory.pipeline.workspace import Workspace

LANGUAGES = ("zh", "en")


@dataclass(slots=True)
class Session:
    """One call of `ghg`. language: as given by --lang, "" when not. workspace_folder: as given by -w."""

    language: str = ""
    workspace_folder: Path | None = None
    debug: bool = False

    @property
    def lang(self) -> str:
        """--lang, else the workspace's language, else the environment's, else English."""
        return self.language or self._workspace_language() or language_of(os.environ)

    def workspace(self) -> Workspace:
        """The workspace of -w or the one we are in. Raises: WorkspaceError."""
        from ghg_inventory.pipeline.workspace import Workspace

        return Workspace.open(self.workspace_folder) if self.workspace_folder else Workspace.find(Path.cwd())

    def workspace_or_none(self) -> Workspace | None:
        """The same, None when there is none here; -w with a folder that is none still raises."""
        return self.workspace() if self.workspace_folder or self._settings_file() else None

    def _settings_file(self) -> Path | None:
        here = (self.workspace_folder or Path.cwd()).resolve()
        folders = [here] if self.workspace_folder else [here, *here.parents]
        return next((f / "inventory.toml" for f in folders if (f / "inventory.toml").is_file()), None)

    def _workspace_language(self) -> str:
        # Help must work where inventory.toml does not, so every trouble here means "not set".
        try:
            path = self._settings_file()
            settings = tomli.loads(path.read_text(encoding="utf-8-sig")) if path else {}
            language = settings.get("inventory", {}).get("language", "")
        except (OSError, ValueError, AttributeError):
            return ""
        return language if language in LANGUAGES else ""


def language_of(environment: Mapping[str, str]) -> str:
    """ "zh" for a Chinese LC_ALL, LC_MESSAGES or LANG (the first that is set), else "en"."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def now() -> str:
    """The time of the call, ISO 8601 with offset; SOURCE_DATE_EPOCH stands in for it where it is set."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now().astimezone()
    return moment.isoformat(timespec="seconds")


def user() -> str:
    """Who runs the program, as the operating system calls them; "" where it does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
