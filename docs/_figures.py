"""Figures of the gallery in two forms: for light pages, and for dark ones.

On dark pages lines, bars and text are turned over, with their hues kept. Maps whose
large values are bright stay as they are. So each figure is saved twice, and each page
has both forms of it.
"""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import QuadMesh
from PIL import Image
from sphinx_gallery.scrapers import matplotlib_scraper
from sphinx_gallery.utils import scale_image

IMAGE = re.compile(r'<img [^>]*src="[^"]*?(sphx_glr_\w+)\.png"[^>]*>')
THUMBNAIL = re.compile(r"sphinx_gallery_thumbnail_number = (\d+)")
# As in the CSS filter hue-rotate(180deg), by which other pictures are turned over.
LUMINANCE = np.array([0.213, 0.715, 0.072])
HALF_TURN = 2 * LUMINANCE - np.eye(3)


def save_both(block, block_vars, gallery_conf, **options):
    """Save the open figures as the gallery does, and a dark form beside each."""
    figures = [plt.figure(number) for number in plt.get_fignums()]
    paths = block_vars["image_path_iterator"].paths
    first = len(paths)
    rst = matplotlib_scraper(block, block_vars, gallery_conf, **options)
    for figure, path in zip(figures, paths[first:], strict=True):
        light = np.asarray(Image.open(path).convert("RGB")) / 255
        dark = np.uint8(np.round(255 * darken(light, find_maps(figure))))
        Image.fromarray(dark).save(name_dark(path), optimize=True)
    return rst


def name_dark(path):
    """Return the path of the dark form of an image."""
    path = Path(path)
    return path.with_name(f"{path.stem}_dark.png")


def find_maps(figure):
    """Return where maps lie, as shares of the figure, and their colour of no value."""
    maps = []
    for axes in figure.axes:
        meshes = [each for each in axes.collections if isinstance(each, QuadMesh)]
        for each in (*axes.images, *meshes):
            lowest, highest = each.cmap([0.0, 1.0])[:, :3] @ LUMINANCE
            if lowest < 0.3 and highest > 0.6:
                box = axes.get_window_extent()
                box = box.transformed(figure.transFigure.inverted())
                maps.append((box.extents, each.cmap.get_bad()[:3]))
    return maps


def darken(light, maps):
    """Return an image, with colours from 0 to 1, turned over except where maps lie.

    White becomes transparent, so that the ground is that of the page.
    """
    dark = turn_over(light)
    height, width, _ = light.shape
    for (left, bottom, right, top), nothing in maps:
        rows = slice(round((1 - top) * height), round((1 - bottom) * height))
        columns = slice(round(left * width), round(right * width))
        kept = light[rows, columns]
        empty = (abs(kept - nothing) < 0.01).all(axis=2, keepdims=True)
        opaque = np.concatenate([kept, np.ones_like(kept[:, :, :1])], axis=2)
        dark[rows, columns] = np.where(empty, dark[rows, columns], opaque)
    return dark


def turn_over(light):
    """Return colours with light and dark exchanged, and with black as transparent."""
    turned = np.clip((1 - light) @ HALF_TURN.T, 0, 1)
    alpha = turned.max(axis=2, keepdims=True)
    return np.concatenate([turned / np.maximum(alpha, 1 / 255), alpha], axis=2)


def show_both(app, page, template, context, doctree):
    """Put the dark form of each figure beside it; the theme shows one of them."""

    def double(match):
        if not (images_of(app) / f"{match[1]}_dark.png").exists():
            return match[0]
        light = add_class(match[0], "only-light")
        dark = match[0].replace(f"{match[1]}.png", f"{match[1]}_dark.png")
        return light + add_class(dark, "only-dark")

    if "body" in context:
        context["body"] = IMAGE.sub(double, context["body"])


def add_class(tag, name):
    """Return an image's tag with one more class."""
    if 'class="' in tag:
        return tag.replace('class="', f'class="{name} ', 1)
    return tag.replace("<img ", f'<img class="{name}" ', 1)


def images_of(app):
    """Return the folder of the finished pages that holds their images."""
    return Path(app.outdir) / app.builder.imagedir


def copy_dark(app, env):
    """Copy the dark figures to the finished pages, and make their thumbnails."""
    folder = images_of(app)
    folder.mkdir(parents=True, exist_ok=True)
    for path in Path(app.srcdir).glob("auto_examples/*/images/*_dark.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    for source in Path(app.srcdir).glob("auto_examples/*/plot_*.py"):
        chosen = THUMBNAIL.search(source.read_text(encoding="utf-8"))
        number = int(chosen[1]) if chosen else 1
        name = f"sphx_glr_{source.stem}"
        dark = source.parent / "images" / f"{name}_{number:03}_dark.png"
        size = app.config.sphinx_gallery_conf["thumbnail_size"]
        if dark.exists():
            scale_image(dark, folder / f"{name}_thumb_dark.png", *size)


def setup(app):
    """Connect what is done to pages, before they are written."""
    app.connect("env-updated", copy_dark)
    app.connect("html-page-context", show_both)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
