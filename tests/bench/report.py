#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py LIST OUT: a table and a plot of benchmark times, as ratios to the first kind.

LIST has a line "KIND FILE" per kind, FILE a line "NAME MICROSECONDS" per measurement. Writes OUT.txt and OUT.svg.
"""
import sys

with open(sys.argv[1]) as listing:
    kinds = [line.split() for line in listing]
times = {}
for kind, path in kinds:
    with open(path) as file:
        times[kind] = {name: float(value) for name, value in (line.split() for line in file)}
names = list(times[kinds[0][0]])
base = kinds[0][0]
others = [kind for kind, _ in kinds[1:]]

with open(sys.argv[2] + ".txt", "w") as out:
    print(f"{'':12}{base + ' µs':>12}" + "".join(f"{kind:>16}" for kind in others), file=out)
    for name in names:
        ratios = "".join(f"{times[kind][name] / times[base][name]:>15.2f}×" for kind in others)
        print(f"{name:12}{times[base][name]:>12.2f}{ratios}", file=out)

COLOURS = ["#2a6f97", "#c77d2e", "#6a994e", "#9d4edd"]
ROW, BAR, LEFT, WIDTH = 16 * len(others) + 14, 14, 110, 560
most = max(times[kind][name] / times[base][name] for kind in others for name in names)
rows = []
for at, name in enumerate(names):
    top = 40 + at * ROW
    rows.append(f'<text x="{LEFT - 8}" y="{top + 8 * len(others)}" text-anchor="end">{name}</text>')
    for index, kind in enumerate(others):
        ratio = times[kind][name] / times[base][name]
        width = max(1, ratio / most * (WIDTH - 60))
        y = top + index * 16
        rows.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" '
                    f'fill="{COLOURS[index % 4]}"/>')
        rows.append(f'<text x="{LEFT + width + 4:.1f}" y="{y + 11}">{ratio:.2f}×</text>')
legend = "".join(f'<rect x="{LEFT + i * 140}" y="10" width="12" height="12" fill="{COLOURS[i % 4]}"/>'
                 f'<text x="{LEFT + 18 + i * 140}" y="20">{kind}</text>'
                 for i, kind in enumerate(others))
one = LEFT + (WIDTH - 60) / most
height = 50 + len(names) * ROW
with open(sys.argv[2] + ".svg", "w") as out:
    out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 40}" height="{height}" '
              f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
              f'{legend}<line x1="{one:.1f}" x2="{one:.1f}" y1="32" y2="{height - 10}" '
              f'stroke="#999" stroke-dasharray="3"/>{"".join(rows)}</svg>\n')
