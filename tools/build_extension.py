"""Build the Blender extension into dist/ with Blender's own tool: python tools/build_extension.py."""

import subprocess
import sys
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parents[1]
TOOL = Path(bpy.utils.system_resource("SCRIPTS"), "addons_core/bl_pkg/cli/blender_ext.py")
TARGET = ROOT / "dist" / "simulacra.zip"
TARGET.parent.mkdir(exist_ok=True)
subprocess.run([sys.executable, TOOL, "build", "--source-dir", ROOT, "--output-filepath", TARGET], check=True)
