"""Build the Blender extension with Blender's own tool: python tools/build_extension.py [dist/simulacra.zip]."""

import subprocess
import sys
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parents[1]
TOOL = Path(bpy.utils.system_resource("SCRIPTS"), "addons_core/bl_pkg/cli/blender_ext.py")
TARGET = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "dist" / "simulacra.zip"
TARGET.parent.mkdir(parents=True, exist_ok=True)
subprocess.run([sys.executable, TOOL, "build", "--source-dir", ROOT, "--output-filepath", TARGET], check=True)
