"""A spec while a person fills it in: what was answered, what is missing, and what is wrong, one line each."""

from __future__ import annotations

import copy
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError

from napari_segrobust.errors import ModelError
from napari_segrobust.explore.spec_fields import FIELDS, INTENSITIES, Intensities, SpecField
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import REQUIRED
from napari_segrobust.segment.toml import to_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_segrobust.segment.facts import Fact

NEEDED = 'needed'
#: Entries whose lines are lists of numbers that may be said once for all axes.
_PER_AXIS = ('window', 'spacing')
#: How far a complaint of pydantic is from what was meant.
_FAR_OFF = {'value_error': 0, 'missing': 2, 'extra_forbidden': 2, 'literal_error': 3}
#: What a spec says of the entries that nobody speaks of.
_USUAL = ModelSpec(name='', dimensions=2, classes=('a', 'b')).model_dump(mode='json')
_BY_NAME = {one.name: one for one in FIELDS}


@dataclass(frozen=True)
class SpecDraft:
    """The form of one spec, without its widgets.

    Attributes
    ----------
    values : dict
        What the spec holds so far, as TOML would; entries that nobody gave are not there.
    asked : tuple of str
        Entries that nothing says: they are shown first, and are never filled in but by a person.
    facts : tuple of Fact
        What the weights say.
    unread : dict of str to str
        Answers that were not understood, by entry.
    """

    values: dict[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    unread: dict[str, str] = field(default_factory=dict)

    @classmethod
    def asking(
        cls, name: str, missing: Iterable[str] = REQUIRED, known: Mapping[str, Any] | None = None,
        facts: tuple[Fact, ...] = (),
    ) -> Self:  # fmt: skip
        """The form of a model whose spec is not complete.

        Parameters
        ----------
        name : str
            Of the model, unless `known` has one.
        missing : iterable of str
        known : mapping, optional
            Entries that its files say.
        facts : tuple of Fact
        """
        return cls({'name': name, **copy.deepcopy(dict(known or {}))}, tuple(missing), facts)

    @classmethod
    def of(cls, spec: ModelSpec, facts: tuple[Fact, ...] = ()) -> Self:
        """The form of a spec that is complete."""
        return cls(spec.model_dump(mode='json'), (), facts)

    # -- lines ------------------------------------------------------------------------------------------------

    @property
    def first(self) -> tuple[str, ...]:
        """Entries of the lines that stand on top: what decides whether a model works at all, and what was asked."""
        always = ('dimensions', 'channels', 'classes', 'activation', 'intensity')
        told = {fact.entry for fact in self.facts}
        return tuple(n for n in ('architecture', *always, 'pad_multiple') if n in always or n in {*self.asked, *told})

    def text(self, name: str) -> str:
        """What stands in the line of an entry; empty where nobody said anything."""
        if name in self.unread:
            return self.unread[name]
        line, value = _BY_NAME[name], _get(self.values, name)
        if value is None and line.kind == 'choice' and name not in REQUIRED:
            value = _get(_USUAL, name)
        if value is None or (line.empty and value in (line.nothing, [], ())):
            return ''
        if line.kind == 'choice':
            return next((words for words, one in line.choices if one == value), str(value))
        if line.kind in ('names', 'wholes', 'numbers'):
            parts = value if isinstance(value, list | tuple) else [value]
            return ', '.join(part if isinstance(part, str) else f'{part:g}' for part in parts)
        if line.kind == 'record':
            return ', '.join(to_toml(value).splitlines())
        return value if isinstance(value, str) else f'{value:g}'

    @property
    def unusual(self) -> tuple[str, ...]:
        """Entries below the first lines that differ from what a spec says by itself, as "overlap 0.5"."""
        said = []
        for line in FIELDS:
            value = _get(self.values, line.name)
            if line.name not in self.first and value is not None and value != _get(_USUAL, line.name):
                said.append(line.title if line.kind == 'flag' else f'{line.title} {self.text(line.name)}')
        return tuple(said)

    def is_on(self, name: str) -> bool:
        """Whether a flag is set."""
        return bool(_get(self.values, name))

    def take(self, name: str, answer: str | bool) -> Self:
        """The draft with what a person typed, chose or switched; an empty answer takes it back."""
        line = _BY_NAME[name]
        unread = {key: text for key, text in self.unread.items() if key != name}
        if isinstance(answer, str) and not answer.strip():
            return replace(self, values=_without(self.values, name), unread=unread)
        try:
            value = answer if isinstance(answer, bool) else _read(line, answer.strip(), self.values)
        except ValueError:
            return replace(self, unread={**unread, name: str(answer)})
        return replace(self, values=_with(self.values, name, value), unread=unread)

    def use(self, name: str, value: Any) -> Self:
        """The draft with a preset, or with what the weights say, as TOML would hold it."""
        if name in _PER_AXIS and isinstance(value, int | float):
            value = [value] * int(self.values.get('dimensions') or 3)
        unread = {key: text for key, text in self.unread.items() if key != name}
        changed = _without(self.values, name) if value is None else _with(self.values, name, copy.deepcopy(value))
        return replace(self, values=changed, unread=unread)

    # -- intensities --------------------------------------------------------------------------------------------

    @property
    def intensity(self) -> str:
        """Short name of the way that was chosen; empty for none."""
        value = self.values.get('intensity')
        return next((name for name, way in INTENSITIES.items() if _is_way(value, way)), '')

    @property
    def intensity_numbers(self) -> tuple[float | None, ...]:
        """The numbers of that way, None where one is still needed."""
        way = INTENSITIES.get(self.intensity)
        return () if way is None or not way.numbers else tuple(_leaves(self.values['intensity']))

    def choose_intensity(self, name: str) -> Self:
        """The draft with another way; what it needs and nobody has said is left open."""
        if name == self.intensity:
            return self
        way = INTENSITIES[name]
        first = [number for _, _, number in way.numbers]
        if name in ('clip', 'map') and self.intensity in ('clip', 'map'):
            first = list(self.intensity_numbers)
        return self.use('intensity', _filled(way.value, first))

    def set_intensity_number(self, index: int, number: float | None) -> Self:
        """The draft with another number of the chosen way."""
        numbers = list(self.intensity_numbers)
        numbers[index] = number
        return self.use('intensity', _filled(INTENSITIES[self.intensity].value, numbers))

    # -- colours --------------------------------------------------------------------------------------------------

    def set_colour(self, index: int, colour: str, others: Iterable[str]) -> Self:
        """The draft with another colour of a class; `others` are those that are shown now."""
        colours = list(self.values.get('colours') or others)
        colours[index] = colour
        return self.use('colours', colours)

    # -- the whole ------------------------------------------------------------------------------------------------

    @property
    def missing(self) -> tuple[str, ...]:
        """Entries that must be said and are not."""
        wanted = dict.fromkeys((*REQUIRED, *self.asked))
        return tuple(name for name in wanted if self.values.get(name) in (None, [], {}))

    def faults(self) -> dict[str, str]:
        """What stands in the way of the spec, one line by entry; '' is for what belongs to no line."""
        found = {name: NEEDED for name in self.missing if name not in self.unread}
        for name in self.unread:
            found[name] = f'not understood: write it as {_BY_NAME[name].example or "a number"}'
        if any(number is None for number in self.intensity_numbers):
            found['intensity'] = 'all of its numbers are needed'
        if not found:
            try:
                ModelSpec.model_validate(self._entries())
            except ValidationError as error:
                # Of an entry that may be one of several kinds, every kind complains: the one that was meant first.
                for fault in sorted(error.errors(), key=lambda one: _FAR_OFF.get(one['type'], 1)):
                    name, words = _placed(fault)
                    found.setdefault(name, words)
        found.update({name: words for name, words in self._against_facts().items() if name not in found})
        return found

    def spec(self) -> ModelSpec:
        """The spec.

        Raises
        ------
        ModelError
            Not complete, or not possible.
        """
        faults = self.faults()
        if faults:
            why = '; '.join(f'{name}: {words}' if name else words for name, words in faults.items())
            raise ModelError('Spec not complete', why, 'Fill in these lines.')
        return ModelSpec.model_validate(self._entries())

    def _entries(self) -> dict[str, Any]:
        entries = dict(self.values)
        if len(entries.get('colours') or ()) != len(entries.get('classes') or ()):
            entries.pop('colours', None)  # of classes that are others now
        return entries

    def _against_facts(self) -> dict[str, str]:
        """Answers that the weights contradict: such a model cannot run."""
        found = {}
        for fact in self.facts:
            value = self.values.get(fact.entry)
            if fact.entry == 'pad_multiple':
                sides = self.values.get('window') or [value or 1]
                wrong = any(isinstance(side, int) and side % fact.value for side in sides)
                place = 'window' if self.values.get('window') else 'pad_multiple'
            else:
                said = len(value) if isinstance(value, list | tuple) else value
                wrong, place = said is not None and said != fact.value, fact.entry
            if wrong:
                found[place] = fact.words
        return found


def _read(line: SpecField, text: str, values: Mapping[str, Any]) -> Any:
    """Value of a line's text; ValueError where it cannot be read."""
    if line.kind == 'choice':
        return dict(line.choices)[text] if text in dict(line.choices) else _raise(text)
    if line.kind == 'record':
        return tomllib.loads(f'record = {{ {text} }}')['record']
    parts = [part.strip() for part in text.replace(';', ',').replace(' x ', ',').split(',') if part.strip()]
    if line.kind == 'names':
        return parts
    if line.kind == 'word':
        return text.upper() if line.name == 'orientation' else text
    read = int if line.kind in ('whole', 'wholes') else float
    numbers = [read(part) for part in parts]
    if line.kind in ('whole', 'number'):
        return numbers[0] if len(numbers) == 1 else _raise(text)
    if line.name in _PER_AXIS and len(numbers) == 1:
        numbers *= int(values.get('dimensions') or 1)
    return numbers


def _raise(text: str) -> Any:
    raise ValueError(text)


def _get(values: Mapping[str, Any], name: str) -> Any:
    record, _, entry = name.rpartition('.')
    held = values.get(record, {}) if record else values
    return held.get(entry)


def _with(values: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    record, _, entry = name.rpartition('.')
    if not record:
        return {**values, name: value}
    return {**values, record: {**values.get(record, {}), entry: value}}


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    record, _, entry = name.rpartition('.')
    if not record:
        return {key: value for key, value in values.items() if key != name}
    rest = {key: value for key, value in values.get(record, {}).items() if key != entry}
    return {**values, record: rest}


def _is_way(value: Any, way: Intensities) -> bool:
    if isinstance(way.value, dict) and isinstance(value, dict):
        key = next(iter(way.value))
        return key in value and value.get('clipped', True) == way.value.get('clipped', True)
    return bool(value == way.value)


def _leaves(value: dict[str, Any]) -> list[float | None]:
    """The numbers of a way of intensities, in the order of its template."""
    keys = [key for key in ('clip', 'percentiles', 'ct') if key in value]
    pairs = [*value[keys[0]], *(value.get('to', [0.0, 1.0]) if keys[0] != 'ct' else [value['mean'], value['sd']])]
    return list(pairs)


def _filled(template: Any, numbers: list[float | None]) -> Any:
    """A way of intensities with numbers in the places of its template."""
    if not isinstance(template, dict):
        return template
    waiting = iter(numbers)

    def fill(part: Any) -> Any:
        if isinstance(part, list):
            return [next(waiting) for _ in part]
        return next(waiting) if part is None else part

    return {key: fill(part) for key, part in template.items()}


def _placed(fault: Mapping[str, Any]) -> tuple[str, str]:
    """The line that a fault of the spec belongs to, and its words."""
    words = str(fault['msg']).removeprefix('Value error, ')
    where = [str(part) for part in fault['loc']]
    if where:
        dotted = '.'.join(where[:2])
        name = dotted if dotted in _BY_NAME else where[0]
        title = _BY_NAME[name].title if name in _BY_NAME else 'it'
        return name, words.replace('Input should', f'{title} should')
    named = [name for name in ModelSpec.model_fields if name in words.replace('.', ' ').replace(',', ' ').split()]
    first = min(named, key=words.index, default='')
    return ('resample.image' if first == 'resample' else first), words
