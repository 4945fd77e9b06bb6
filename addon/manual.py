"""The way from the sidebar to its pages: the README that ships, as a page for the browser, offline."""

import html
import re
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ..datagen.formats.writing import write_whole
from .preferences import user_path

README = Path(__file__).parents[1] / "README.md"
CHAPTER = "for-artists-the-sidebar"
STYLE = "body{max-width:50rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif}code,pre{background:#eee}pre{padding:.6rem;overflow:auto}img{max-width:100%}"


def slug(title: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def inline(text: str) -> str:
    """Bold, slanted and code words, links and pictures of a line of Markdown; pictures that are not there are left out."""
    spans = re.split(r"`([^`]+)`", html.escape(text, quote=False))
    return "".join(f"<code>{span}</code>" if index % 2 else _words(span) for index, span in enumerate(spans))


def _words(text: str) -> str:
    text = re.sub(r"!\[([^]]*)\]\(([^)]+)\)", _picture, text)
    text = re.sub(r"\[([^]]+)\]\(([^)]+)\)", r'<a href="\2">\1</a>', text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", text)
    return re.sub(r"\*([^*]+)\*", r"<i>\1</i>", text)


def _picture(found: re.Match) -> str:
    file = README.parent / found.group(2)
    return f'<img alt="{found.group(1)}" src="{file.as_uri()}">' if file.is_file() else ""


def page(markdown: str) -> str:
    """A page of headings, paragraphs, lists, tables and code."""
    body = []
    for block in re.split(r"\n\s*\n", re.sub(r"^```.*?^```", _code, markdown, flags=re.M | re.S)):
        heading = re.match(r"(#+) (.*)", block)
        if heading:
            level, title = len(heading.group(1)), heading.group(2)
            body.append(f'<h{level} id="{slug(title)}">{inline(title)}</h{level}>')
            block = block[heading.end() :].strip("\n")
        if block.startswith("    "):
            body.append(f"<pre>{html.escape(block, quote=False)}</pre>")
        elif block.startswith("- "):
            rows = re.split(r"\n- ", block[2:])
            body.append("<ul>" + "".join(f"<li>{inline(' '.join(row.split()))}</li>" for row in rows) + "</ul>")
        elif block.startswith("|"):
            rows = [row.strip("| ").split("|") for row in block.splitlines() if not set(row) <= set("|- :")]
            cells = ["<tr>" + "".join(f"<td>{inline(cell.strip())}</td>" for cell in row) + "</tr>" for row in rows]
            body.append("<table>" + "".join(cells) + "</table>")
        elif block.strip():
            body.append(f"<p>{inline(' '.join(block.split()))}</p>")
    return f'<!doctype html><meta charset="utf-8"><title>Simulacra</title><style>{STYLE}</style>' + "\n".join(body)


def _code(found: re.Match) -> str:
    lines = found.group().splitlines()[1:-1]
    return "\n\n" + "\n".join(f"    {line}" for line in lines if line.strip()) + "\n\n"


def address() -> str:
    """The address of the page, which is written anew; "" where no README ships."""
    if not README.is_file():
        return ""
    place = user_path("manual") / "index.html"
    write_whole(place, page(README.read_text(encoding="utf-8")).encode())
    return place.as_uri()


def pages():
    """What a right click ▸ Online Manual opens for our operators and settings; see bpy.utils.register_manual_map."""
    return address(), (("bpy.ops.simulacra.*", f"#{CHAPTER}"), ("bpy.types.simulacra_*", f"#{CHAPTER}"))


class SIMULACRA_OT_manual(bpy.types.Operator):
    """Open the pages about the sidebar in the browser"""

    bl_idname = "simulacra.manual"
    bl_label = "Simulacra Manual"

    @classmethod
    def poll(cls, context):
        """The pages must be there."""
        if not README.is_file():
            cls.poll_message_set(tip_("The pages are in the extension and in the sources, not here"))
            return False
        return True

    def execute(self, context):
        """Open them."""
        bpy.ops.wm.url_open(url=f"{address()}#{CHAPTER}")
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_manual,)


def register() -> None:
    """Offer the pages in the menu of a right click."""
    bpy.utils.register_manual_map(pages)


def unregister() -> None:
    """Take them back."""
    bpy.utils.unregister_manual_map(pages)
