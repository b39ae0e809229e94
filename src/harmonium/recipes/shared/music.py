"""What every model of music shares: the music it learns from, how it is scored, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harmonium import data, figures, models
from harmonium.data.options import SplitOptions
from harmonium.errors import ConfigError
from harmonium.recipes.shared.options import Annealing, Inputs, MusicSampling, Sampling
from harmonium.recipes.shared.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np

    from harmonium.data import Grid, Music, Preparation, Rolls
    from harmonium.training import RunFolder

QUICK = Annealing(5)  # of `evaluate` without --log-likelihood


@dataclass(frozen=True, kw_only=True)
class MusicRecipe(SplitOptions, Recipe):
    """The settings that say what music is learned from."""

    sampling: ClassVar[type[Sampling] | type[MusicSampling] | None] = MusicSampling
    annealing: ClassVar[Annealing | None] = Annealing(50)

    data: str = "nottingham"
    period: float = 0.3
    """How long a step is. Rolls that come as arrays (.mat, .npz, .pkl) are taken to be of eighths, 0.5 beats, unless
    another is given."""
    unit: Literal["seconds", "beats"] = "seconds"
    """What --period counts; in beats, the tempo does not matter."""
    common_key: bool = False
    """Move each piece to C first."""
    pitches: tuple[int, int] = (21, 109)
    """The lowest note that the model knows, and the one above its highest, as MIDI numbers: what the piano has. Notes
    outside are left out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("period", 1e-3 <= self.period <= 8, f"be from 0.001 to 8 {self.unit}")
        low, high = self.pitches
        self.require("pitches", 21 <= low < high <= 109, "be two rising numbers from 21 to 109")

    def grid(self) -> Grid:
        """Return the instants at which the music is looked at. Raises `ConfigError` for a period without meaning."""
        return data.sampled_on(self.data, data.Grid(self.period, self.unit))

    def load(
        self,
        source: Any,
        splits: Mapping[str, Sequence[str]] | None = None,
        preparation: Preparation | None = None,
    ) -> Music:
        """Load music, in C where the settings say so."""
        options = self.data_options()
        music = data.load_music(source, seed=self.seed, grid=self.grid(), options=options, splits=splits)
        music = music.in_common_key() if self.common_key else music
        return music if self.pitches == (21, 109) else music.within(*self.pitches)

    def own(self, folder: RunFolder) -> Music:
        """Return the music that the run learns from."""
        return self.own_data(folder)

    def evaluate(self, folder: RunFolder, data: str | None = None) -> dict[str, dict[str, Any]]:
        """Return the scores of `log_likelihood`, but quickly: log Z by few chains."""
        return self.log_likelihood(folder, data, QUICK)

    def log_likelihood(
        self, folder: RunFolder, data: str | None, how: Annealing
    ) -> dict[str, dict[str, float]]:
        """Return nats a step and frame accuracies of valid and test, or of each of the user's own MIDI files.

        See `composing.scores`.
        """
        from harmonium.recipes.shared import composing

        if how.tempered or how.temperatures is not None or how.seconds is not None:
            raise ConfigError(
                "--temperatures, --seconds and --tempered are for one machine; a model of music has one at each step, "
                "and sums over the notes that it finds likely; give --chains alone"
            )
        model = self.composer(folder)
        return {
            name: composing.scores(model, pieces, how, seed=self.seed)
            for name, pieces in self.held_out(folder, data).items()
        }

    def predict(self, folder: RunFolder, inputs: Inputs) -> list[dict[str, Any]]:
        """Raise `ConfigError`: music has no classes. The message says what the run can do."""
        path = folder.path
        raise ConfigError(
            f"{path} is a run of {self.name}, which learns no classes; to go on after a piece: harmonium sample {path} "
            f"--prime tune.mid; to know how likely one is: harmonium evaluate {path} --data tune.mid"
        )

    def composer(self, folder: RunFolder) -> Any:
        """Return the run's model."""
        from harmonium.recipes.shared.saved import load, require_fit

        model = load(folder.path)
        require_fit(
            folder, lambda rolls: model.previous_states(rolls), (2, self.pitches[1] - self.pitches[0])
        )
        return model

    def held_out(self, folder: RunFolder, name: str | None) -> dict[str, Rolls]:
        """Return what is scored, by what it is called."""
        import numpy as np

        path = Path(name or self.data).expanduser()
        if name is None or name in data.CATALOGUE or not data.midi_files(path):
            music: Music = self.own(folder) if name is None else self.other_data(folder, name)
            return {part: music.splits[part] for part in music.held_out}
        pieces = self.moved(folder, data.read_pieces(path, self.grid()))
        self.say_known(folder, pieces)
        alone = {one: pieces.taken(np.array([n])) for n, one in enumerate(pieces.names)}
        return alone | {"all": pieces} if len(pieces) > 1 else alone

    def say_known(self, folder: RunFolder, pieces: Rolls) -> None:
        """Say how many of the user's own pieces the run has trained on, where its own data are the user's too."""
        from harmonium.data.kept import known_again
        from harmonium.data.music import prints

        if not (folder.data() or {}).get("path"):
            return
        for note in known_again(lambda: self.own_data(folder), prints(pieces)):
            folder.say(note)

    def moved(self, folder: RunFolder, pieces: Rolls) -> Rolls:
        """Return the user's own pieces, in C and of the notes that the run learned from, and say what that costs."""
        from harmonium.data.music import OFF_THE_PIANO, silenced

        in_c = self.common_key or data.is_in_common_key(self.data)
        in_key = pieces.in_common_key() if in_c else pieces
        known = in_key.within(*self.pitches)
        low, high = self.pitches
        lost = silenced([pieces], [in_key], OFF_THE_PIANO)
        for note in lost + silenced([in_key], [known], f"lies outside the notes {low} to {high - 1}"):
            folder.say(f"{pieces.names[0] if len(pieces) == 1 else 'the pieces'}: {note}")
        return known

    def widened(self, roll: np.ndarray) -> np.ndarray:
        """Return a roll of the model's notes among all 88 of the piano."""
        import numpy as np

        low, high = self.pitches
        return np.pad(roll, ((0, 0), (low - 21, 109 - high)))

    def sample(self, folder: RunFolder, options: MusicSampling) -> list[Path]:
        """Compose music, after an opening where one is given; write it as MIDI, picture and WAV."""
        from harmonium.data.music import read_file
        from harmonium.recipes.shared import composing

        opening = None
        if options.prime:
            opening = self.moved(folder, read_file(options.prime, self.grid())).rolls[0]
        model = self.composer(folder)
        if options.gibbs_steps is not None and isinstance(model, models.RNNNADE):
            raise ConfigError(
                "--gibbs-steps means nothing to a NADE, which is sampled note by note; leave it out"
            )
        roll = self.widened(composing.composed(model, self.grid(), opening, options))
        start = f", after {options.prime.name}" if options.prime else ""
        return composing.written(
            roll,
            self.grid(),
            options,
            options.out or folder.figures / "sample.mid",
            title=f"{self.heading}: {options.seconds:g} seconds that the model wrote{start}",
        )

    @property
    def heading(self) -> str:
        """What the titles of the run's pictures begin with."""
        return f"{self.name} on {Path(self.data).name}"

    def draw(self, folder: RunFolder) -> list[Path]:
        """Draw learning curves, also of the pre-training, and piano-rolls of two pieces of test beside two samples.

        The samples are written as MIDI and WAV files too; and one sample of each snapshot, as a piano-roll and MIDI.
        """
        from harmonium.recipes.shared import composing
        from harmonium.recipes.shared.grown import grown

        drawn = []
        for part in (None, *folder.phase_names()):
            source = folder.phase(part, {}) if part else folder
            if records := source.records():
                path = folder.figures / f"learning-curves{f'-{part}' if part else ''}.png"
                title = self.heading if part is None else f"pre-training of the {part}"
                drawn.append(figures.learning_curves(records, path, title=title))
        if not folder.model.exists():
            return drawn
        test = self.own(folder).test
        rolls = dict(zip(test.names[:2], map(self.widened, test.rolls[:2]), strict=True))
        model, grid, silent = self.composer(folder), self.grid(), MusicSampling(wav=False)
        for number in (1, 2):
            options = MusicSampling(seed=number - 1)
            roll = self.widened(composing.composed(model, grid, None, options))
            rolls[f"sample {number}"] = roll
            drawn += composing.written(roll, grid, options, folder.figures / f"sample{number}.mid")
        path = folder.figures / "piano-rolls.png"
        title = f"{self.heading}: pieces of the test set, and what the model wrote"
        drawn.append(figures.piano_rolls(rolls, grid.seconds, path, title=title))
        for ending, when, snapshot in list(grown(folder))[1:]:
            roll = self.widened(composing.composed(snapshot, grid, None, silent))
            path, title = (
                folder.figures / f"sample{ending}.mid",
                f"{self.heading}: what the model wrote{when}",
            )
            drawn += composing.written(roll, grid, silent, path, title=title)
        return drawn
