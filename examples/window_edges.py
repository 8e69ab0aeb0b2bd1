"""What a window misses at its edges, and what the other windows make good.

A network sees one window at a time. Near its edges it lacks the surroundings, and noise makes that worse; the
windows that overlap there see what this one does not.
"""

import napari_segrobust as sr

case = sr.load_sample('lesion')
model = sr.load_model('lesion-unet3d', device='cpu')

for severity in (0, 3):
    noise = sr.Perturbation(name='gaussian_noise', severity=severity, seed=1)
    look = sr.look_at_windows(case, model, sr.Scenario(perturbations=[noise], context=sr.Context(overlap=0.5)))
    alone, stitched = look.edges()
    print(f'noise of severity {severity}: share of the lesions that is missed, by distance to the window edge')
    columns = zip(alone.edges[1:6], alone.rate('missed'), stitched.rate('missed'), strict=False)
    for end, one, together in columns:
        print(f'  to {end:.1f} mm: {100 * one:4.1f} % by single windows, {100 * together:4.1f} % by all together')
    table, single = look.table(), look.alone()
    worst = max(range(len(table)), key=lambda window: single.changed[window])
    row, own = table.row(worst), single.table.row(worst)
    words = f'window {worst}, foreground {100 * row.reference_fraction:.2f} %'
    print(f'  {words}: dice {own.dice:.2f} alone, {row.dice:.2f} stitched')
    print(f'  mean deviation among overlapping windows: {look.seams().mean_deviation:.5f}')
