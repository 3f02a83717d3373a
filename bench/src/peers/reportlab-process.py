"""ReportLab as its guide uses it: draws as many documents as each line of its input says.

Arguments: the drawing, and where to write to.
"""

import json
import resource
import sys
import time

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas


def draw_mark(canvas, top, mark):
    kind = mark["kind"]
    if kind == "text":
        canvas.setFont(mark["font"], mark["size"])
        canvas.setFillColor(mark["color"])
        canvas.drawString(mark["x"], top - mark["y"], mark["text"])
    elif kind == "fill":
        draw_fill(canvas, top, mark)
    elif kind == "stroke":
        draw_stroke(canvas, top, mark)
    else:
        box = mark["box"]
        canvas.setLineWidth(mark["lineWidth"])
        canvas.setFillColor(mark["fillColor"])
        canvas.setStrokeColor(mark["strokeColor"])
        canvas.rect(box["x"], top - box["y"] - box["height"], box["width"], box["height"], fill=1)


def draw_fill(canvas, top, mark):
    canvas.setFillColor(mark["color"])
    shape = mark["shape"]
    if shape["kind"] == "rectangle":
        box = shape["box"]
        place = (box["x"], top - box["y"] - box["height"], box["width"], box["height"])
        canvas.rect(*place, stroke=0, fill=1)
        return
    for row in range(shape["rows"]):
        for column in range(shape["columns"]):
            x = shape["x"] + column * shape["step"]
            y = shape["y"] - row * shape["step"]
            canvas.circle(x, top - y, shape["size"] / 2, stroke=0, fill=1)


def draw_stroke(canvas, top, mark):
    canvas.setLineWidth(mark["width"])
    canvas.setStrokeColor(mark["color"])
    canvas.setDash(mark["dash"])
    shape = mark["shape"]
    if shape["kind"] == "rectangle":
        box = shape["box"]
        canvas.rect(box["x"], top - box["y"] - box["height"], box["width"], box["height"])
        return
    points = shape["points"]
    lines = [
        (points[at], top - points[at + 1], points[at + 2], top - points[at + 3])
        for at in range(0, len(points), 4)
    ]
    canvas.lines(lines)


def draw(drawing, path):
    size = (drawing["size"]["width"], drawing["size"]["height"])
    top = size[1]
    canvas = Canvas(path, pagesize=size)
    canvas.setTitle(drawing["title"])
    targets = {}
    for page in drawing["pages"]:
        for link in page["links"]:
            targets.setdefault(link["page"], set()).add(link["top"])
    for number, page in enumerate(drawing["pages"], 1):
        for mark in page["marks"]:
            draw_mark(canvas, top, mark)
        for to in targets.get(number, ()):
            canvas.bookmarkPage(f"{number}-{to}", fit="XYZ", left=0, top=top - to)
        for link in page["links"]:
            box = link["box"]
            bottom = top - box["y"] - box["height"]
            rect = (box["x"], bottom, box["x"] + box["width"], bottom + box["height"])
            canvas.linkRect("", f"{link['page']}-{link['top']}", rect)
        canvas.showPage()
    canvas.save()


def main():
    source, path = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        drawing = json.load(file)
    for name, file in drawing["fonts"].items():
        pdfmetrics.registerFont(TTFont(name, file))
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        count = int(line)
        started_at = time.perf_counter()
        for _ in range(count):
            draw(drawing, path)
        served = {
            "tookMs": (time.perf_counter() - started_at) * 1000,
            "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "pages": len(drawing["pages"]) * count,
        }
        print(json.dumps(served), flush=True)


main()
