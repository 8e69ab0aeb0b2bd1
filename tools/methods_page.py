"""The page of methods without weights, made from their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_parts import NOTE, table

from napari_segrobust.segment.classical import methods

if TYPE_CHECKING:
    from napari_segrobust.segment.classical.method import Method
    from napari_segrobust.segment.protocols import Knob

#: What a person does to show each kind of prompt.
SHOWN = {'points': 'clicked seeds', 'boxes': 'boxes', 'scribbles': 'scribbles'}


def methods_page() -> str:
    """Every method with its knobs, its source and its limits."""
    rows = ([f'`{m.name}`', m.title, _wants(m)] for m in methods().values())
    head = ['# Methods without weights', NOTE, INTRODUCTION, table(['name', 'method', 'is shown'], rows)]
    return '\n\n'.join([*head, *map(_card, methods().values())]) + '\n'


def _wants(method: Method) -> str:
    return ' or '.join(SHOWN[kind] for kind in method.prompts) or 'nothing'


def _card(method: Method) -> str:
    facts = f'- Cannot: {method.limits}\n- Source: {method.source}'
    knobs = table(['knob', 'on screen', 'default', 'from', 'to', 'what it does'], map(_knob, method.knobs))
    return f'## {method.name}\n\n{method.title}. {method.use}\n\n{facts}\n\n{knobs}'


def _knob(knob: Knob) -> list[str]:
    if knob.choices:
        return [f'`{knob.name}`', knob.title, knob.choices[int(knob.default)], ', '.join(knob.choices), '', knob.words]
    default, low, high = (f'{n:g} {knob.unit}'.rstrip() for n in (knob.default, knob.minimum, knob.maximum))
    return [f'`{knob.name}`', knob.title, default, low, high, knob.words]


INTRODUCTION = """\
They stand in the same comparison as networks: choose one in a lane of the Model section, or by its name wherever a
model is named. Each takes any image, of any number of channels. They run on the CPU, slice by slice where nothing else
is said; the shown slice answers in about half a second at most, 512 x 512 included (`benchmarks/bench_classical.py`).

Knobs are sliders below the model. In Python and on the command line:

```python
import napari_segrobust as sr

model = sr.load_model('otsu').adjusted({'side': 1, 'shift': -5})
```

```sh
napari-segrobust predict --image mr.nii.gz --model region-growing --point 16,153,183 --set tolerance=8 --out mask.nii.gz
napari-segrobust run --image mr.nii.gz --model watershed --scribbles drawn.nii.gz --set scope=volume --out run
```

Percent is of the range of grey values between percentiles 1 and 99 of what the method sees (a slice, or the volume);
lengths are in mm, in pixels where the spacing is unknown. What a method is shown is drawn on the canvas: seeds with a
class each (the background too), boxes, scribbles. Moving them runs the models anew, and *point jitter*, *point dropout*
and *box jitter* among the [perturbations](perturbations.md) say how much hangs on an imprecise hand."""
