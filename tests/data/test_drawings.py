"""Drawings and photos of signs as MNIST's pictures."""

import numpy as np
import pytest
from PIL import Image

from harmonium.data.drawings import as_digit, is_centred, is_made_like_mnist

DIGITS = (28, 20)


def seven(side=200, width=24):
    """A bright seven on black, as an array in [0, 1]."""
    ink = np.zeros((side, side))
    ink[: width // 2 * 2, :] = 1
    for row in range(side):
        at = int(side - width - 0.5 * row * (side - width) / side)
        ink[row, at : at + width] = 1
    return ink[:, : side - 20]


def placed(height, width, top, left, scale=1.0):
    drawn = Image.fromarray((seven() * 255).astype(np.uint8))
    drawn = drawn.resize((round(drawn.width * scale), round(drawn.height * scale)))
    canvas = np.zeros((height, width))
    canvas[top : top + drawn.height, left : left + drawn.width] = np.asarray(drawn) / 255
    return canvas


EXPECTED = as_digit((placed(300, 300, 50, 60) * 255).astype(np.uint8), DIGITS).astype(float)
RNG = np.random.default_rng(0)
Y, X = np.mgrid[:480, :640]
INK = placed(480, 640, 100, 300)
SCENES = {
    "small and off centre": 255 * placed(480, 640, 5, 10, 0.3),
    "large": 255 * placed(320, 320, 2, 3, 1.5),
    "cropped": 255 * seven(),
    "black on white": 255 - 255 * placed(300, 300, 50, 60),
    "on a grey screen": 128 + 100 * placed(300, 300, 50, 60),
    "pencil": 235 - 60 * INK + RNG.normal(0, 4, INK.shape),
    "uneven light": 215 - 60 * X / 640 - 120 * INK + RNG.normal(0, 3, INK.shape),
    "a shadow": 205
    - 70 * np.exp(-((X - 60) ** 2 + (Y - 60) ** 2) / 65_000)
    - 120 * INK
    + RNG.normal(0, 3, INK.shape),
    "dark corners": 215
    - 80 * ((X - 320) ** 2 + (Y - 240) ** 2) / 160_000
    - 120 * INK
    + RNG.normal(0, 3, INK.shape),
    "chalk": 45 + 150 * INK + RNG.normal(0, 6, INK.shape),
    "ruled paper": 220 - 50 * (Y % 60 < 2) - 150 * INK + RNG.normal(0, 3, INK.shape),
    "a desk beside": np.where(X < 50, 70, 210) - 150 * INK + RNG.normal(0, 3, INK.shape),
    "specks": 250 - 230 * INK - 200 * ((X % 211 < 3) & (Y % 233 < 3)),
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_a_sign_comes_out_the_same_however_it_was_drawn(scene):
    found = as_digit(np.clip(scene, 0, 255).astype(np.uint8), DIGITS).astype(float)
    rows, columns = np.flatnonzero(found.max(1) > 60), np.flatnonzero(found.max(0) > 60)
    assert 18 <= max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 <= 21
    best = min(
        np.abs(np.roll(found, (down, right), (0, 1)) - EXPECTED).mean()
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    )
    assert best < 14  # of 255; another sign is 40 apart
    mass = found.sum()
    assert abs(found.sum(1) @ np.arange(28) / mass - 14) < 1
    assert abs(found.sum(0) @ np.arange(28) / mass - 14) < 1


def test_another_sign_would_be_far():
    turned = as_digit(np.rot90((placed(300, 300, 50, 60) * 255).astype(np.uint8), 2), DIGITS)
    assert np.abs(turned - EXPECTED).mean() > 30


def test_what_is_made_so_already_is_left_as_it_is():
    image = EXPECTED.astype(np.uint8)
    assert is_centred(image, DIGITS)
    assert as_digit(image, DIGITS) is image
    assert not is_centred(np.roll(image, 4, 1), DIGITS)
    assert not is_centred(255 - image, DIGITS)


@pytest.mark.parametrize("shade", [0, 130, 255])
def test_paper_without_ink_is_black(shade):
    assert not as_digit(np.full((50, 60), shade, np.uint8), DIGITS).any()


def test_pictures_made_otherwise_are_not_taken_for_digits():
    ring = 255 * (np.abs(np.hypot((X[:200, :200] - 100) / 60, (Y[:200, :200] - 100) / 90) - 1) < 0.15)
    made = np.stack([as_digit(ring.astype(np.uint8), DIGITS)] * 30)
    assert is_made_like_mnist(made) == DIGITS
    assert is_made_like_mnist(made / 255) == DIGITS
    assert is_made_like_mnist(np.roll(made, 4, 2)) is None
    assert is_made_like_mnist(255 - made) is None
    assert (
        is_made_like_mnist(np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8)) is None
    )
    assert is_made_like_mnist(made[:, :20]) is None
