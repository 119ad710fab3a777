"""Build the report's fonts: static Noto faces subset to what Chinese and Latin reports need.

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 @expo-google-fonts/noto-serif-sc@0.4.3
    pip download fontpkg-noto-serif==2.15 --no-deps
    (unpack the three archives into one folder, then)
    python report_templates/fonts/build.py FOLDER

A maintainer runs this once; users never do. The same sources give the same bytes: fontTools writes no clock
when `recalcTimestamp` is off. Writes the five .ttf files and coverage.txt beside this script.

Why not ready-made web fonts: the files split by unicode-range name wrong glyphs in a PDF, and variable CJK
fonts are slow to write and overlap bold digits.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).resolve().parent

# The faces: target file → glob inside FOLDER.
HAN_FACES = {
    "NotoSansSC-Regular.ttf": "**/400Regular/NotoSansSC_400Regular.ttf",
    "NotoSansSC-Bold.ttf": "**/700Bold/NotoSansSC_700Bold.ttf",
    "NotoSerifSC-Regular.ttf": "**/400Regular/NotoSerifSC_400Regular.ttf",
    "NotoSerifSC-Bold.ttf": "**/700Bold/NotoSerifSC_700Bold.ttf",
}
ITALIC = ("NotoSerif-Italic.ttf", "**/NotoSerif-Italic*.ttf")

# Whole ranges, where the face has them.
RANGES = (
    (0x20, 0x7E), (0xA0, 0x24F),           # Latin, Latin-1, Latin Extended A and B
    (0x2B0, 0x2FF), (0x370, 0x3FF),        # modifiers, Greek
    (0x400, 0x45F),                        # Cyrillic
    (0x1E00, 0x1EFF),                      # Latin Extended Additional
    (0x2000, 0x206F), (0x2070, 0x209F),    # punctuation, superscripts and subscripts
    (0x20A0, 0x20BF), (0x2100, 0x214F),    # currency, letterlike
    (0x2150, 0x218F), (0x2190, 0x21FF),    # number forms, arrows
    (0x2200, 0x22FF), (0x2300, 0x23FF),    # mathematics, technical
    (0x2460, 0x24FF), (0x2500, 0x25FF),    # enclosed numbers, boxes and shapes
    (0x2600, 0x27BF),                      # signs, ticks
    (0x3000, 0x303F), (0x3200, 0x33FF),    # Chinese punctuation, enclosed and squared units
    (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),    # vertical forms, full-width forms
)  # fmt: skip
ITALIC_RANGES = ((0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x2010, 0x2044), (0x2212, 0x2212))


def gb2312() -> set[int]:
    """Every character of GB 2312, read off the codec of the standard library."""
    found = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([high, low]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def listed() -> set[int]:
    """The characters of characters.txt."""
    lines = (HERE / "characters.txt").read_text(encoding="utf-8").splitlines()
    return {ord(char) for line in lines if not line.startswith("#") for char in line.strip()}


def wanted() -> set[int]:
    """All code points a report may print."""
    return gb2312() | listed() | {code for low, high in RANGES for code in range(low, high + 1)}


def cut(font: TTFont, codes: set[int], target: Path) -> set[int]:
    """Subset `font` to `codes`, write it to `target` and return the code points it now holds."""
    options = subset.Options()
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "chws", "pwid"]
    options.drop_tables += ["DSIG", "BASE", "VORG", "vhea", "vmtx", "STAT"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    worker.subset(font)
    font.recalcTimestamp = False
    font.save(target)
    return set(TTFont(target).getBestCmap())


def ranges_text(codes: set[int]) -> str:
    """`4E00-4E0B` lines, one range each, in order."""
    lines: list[str] = []
    start = previous = -2
    for code in [*sorted(codes), -2]:
        if code != previous + 1:
            if start >= 0:
                lines.append(f"{start:04X}-{previous:04X}" if previous > start else f"{start:04X}")
            start = code
        previous = code
    return "\n".join(lines) + "\n"


def one(folder: Path, pattern: str) -> Path:
    """The single file that matches. Raises: SystemExit when there is none or several."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder}: {pattern} matches {len(found)} files, need exactly one")
    return found[0]


def main(folder: Path) -> None:
    """Build the five faces and coverage.txt from the sources unpacked in `folder`."""
    codes = wanted()
    held = set(codes)
    for name, pattern in HAN_FACES.items():
        held &= cut(TTFont(one(folder, pattern)), codes, HERE / name)
    italic = instantiateVariableFont(TTFont(one(folder, ITALIC[1])), {"wght": 400, "wdth": 100})
    cut(italic, {c for low, high in ITALIC_RANGES for c in range(low, high + 1)}, HERE / ITALIC[0])
    lost = sorted(listed() - held)
    if lost:
        raise SystemExit("not in every face: " + " ".join(chr(code) for code in lost))
    head = "# Code points that every Chinese face of this folder holds. Written by build.py.\n"
    (HERE / "coverage.txt").write_text(head + ranges_text(held), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
