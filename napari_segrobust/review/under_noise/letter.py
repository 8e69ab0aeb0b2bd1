"""What the people who draw on a pack are told, in plain words, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Of the images: uncompressed, for the size of a compressed file tells how noisy it is, and which two are the same.
SUFFIX = '.nii'
#: After the code in the name of a mask.
MASK = '_mask'


def letter(codes: Sequence[str], structure: str, label: int) -> str:
    """Write to the readers.

    Parameters
    ----------
    codes : sequence of str
        Of the images, in the order in which they are to be drawn on.
    structure : str
        What is to be drawn.
    label : int
        The number it is drawn with.
    """
    first = codes[0]
    listed = '\n'.join(f'  {number:3}  {code}{SUFFIX}' for number, code in enumerate(codes, start=1))
    return f"""Thank you for drawing.

This folder holds {len(codes)} images. Their names are codes: what was done to an image is
kept apart from it, so that it cannot influence you. Please do not try to find out.

What to do

  1. Open the images one after another, in the order below, in any program that
     draws masks (napari, 3D Slicer, ITK-SNAP, MITK).
  2. Draw: {structure}. Draw it with the number {label}, everywhere where you see it.
     If you look and see none, save an empty mask: that is an answer.
     If an image cannot be drawn on at all, leave its mask out.
  3. Save one mask for each image, on the image's own grid, in a new folder that
     has your name, with the code in front:

         anna/{first}{MASK}.nii.gz

     .nii, .nii.gz, .nrrd and .mha will do. Do not change the images.
  4. Give that folder back.

Please do not look at your earlier masks while you draw. Some images may look like
others: draw them as if you had not seen them before.

The images

{listed}
"""
