#!/bin/sh
# Install the system libraries that PDF reports need, or say which they are.
#
#   sh docs/system-libraries.sh [package ...]
#
# Does nothing when Pango is there, Python can make virtual environments (Debian and Ubuntu leave that to the
# package python3-venv) and every extra Debian package named (for tests: poppler-utils qpdf) is installed.
# On Debian and Ubuntu it installs what is missing, as root or with passwordless sudo. Anywhere else it names the
# packages and ends with 0: without Pango everything works but PDF; reports are then written as HTML.

set -u

pango_there() {
    # Either the dynamic linker knows it or a package config does.
    if command -v ldconfig >/dev/null 2>&1 || [ -x /sbin/ldconfig ]; then
        found=$( (ldconfig -p || /sbin/ldconfig -p) 2>/dev/null)
        case $found in
            *libpango-1.0.so*) case $found in *libpangoft2-1.0.so*) return 0 ;; esac ;;
        esac
    fi
    if command -v brew >/dev/null 2>&1 && brew list pango >/dev/null 2>&1; then
        return 0
    fi
    command -v pkg-config >/dev/null 2>&1 && pkg-config --exists pango pangoft2
}

missing=""
if ! pango_there; then
    missing="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
fi
if command -v python3 >/dev/null 2>&1 && ! python3 -c "import ensurepip" 2>/dev/null; then
    missing="$missing python3-venv"
fi
if command -v dpkg-query >/dev/null 2>&1; then
    for package in "$@"; do
        if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed'; then
            missing="$missing $package"
        fi
    done
else
    for package in "$@"; do
        case $package in
            poppler-utils) command -v pdffonts >/dev/null 2>&1 || missing="$missing $package" ;;
            *) command -v "$package" >/dev/null 2>&1 || missing="$missing $package" ;;
        esac
    done
fi

if [ -z "$missing" ]; then
    exit 0
fi

if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            as_root="sudo -n env"
        else
            as_root="none"
        fi
    fi
    if [ "$as_root" != none ]; then
        echo "installing:$(printf ' %s' $missing)"
        if ${as_root:-env} DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null &&
            ${as_root:-env} DEBIAN_FRONTEND=noninteractive apt-get install -y -q $missing >/dev/null; then
            exit 0
        fi
        echo "apt-get could not install:$(printf ' %s' $missing)" >&2
    fi
fi

echo "warning: these system packages are missing:$(printf ' %s' $missing)" >&2
echo "  提示：缺少上列系统软件包。" >&2
case $missing in
    *python3-venv*)
        echo "  Without python3-venv (module ensurepip) \"python3 -m venv\" makes no working environment." >&2
        echo "  没有 python3-venv（模块 ensurepip）时，“python3 -m venv”建不成可用的环境。" >&2
        ;;
esac
case $missing in
    *libpango*)
        echo "  Without Pango no PDF can be made; reports are written as HTML instead. Everything else works." >&2
        echo "  没有 Pango 时不能生成 PDF，报告改为 HTML，其余功能不受影响。" >&2
        ;;
esac
cat >&2 <<TEXT
  Debian, Ubuntu:  sudo apt-get install$(printf ' %s' $missing)
  Fedora, RHEL:    sudo dnf install pango harfbuzz poppler-utils qpdf
  Arch:            sudo pacman -S pango harfbuzz poppler qpdf
  Alpine:          apk add pango harfbuzz-subset poppler-utils qpdf
  macOS:           brew install pango poppler qpdf
  Windows:         install MSYS2 (https://www.msys2.org), then pacman -S mingw-w64-x86_64-pango
TEXT
exit 0
