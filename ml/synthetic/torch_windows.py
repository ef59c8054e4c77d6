"""Generated windows in batches of tensors: the hot path of ``ml.synthetic.windows`` for a GPU, which numpy would starve.

Same ranges and constants as there, drawn for a whole batch at once; patterns, backgrounds, the usual artifacts and the continua
of side, rate and regularity are all here. The rarer normal variants and mimics are reduced to rhythms, bursts and slow eye movements.
Not here: evolving and fluctuating periodic and rhythmic patterns (seizures do evolve), bilateral independent discharges, the
modifiers +F, +R and extreme delta brush, and hum, clipping, swaps and changes of the reference. Tests hold both beside each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, fft

from ml.classes import CLASSES
from ml.synthetic import acquisition, background, fields, periodic, rhythmic
from ml.synthetic.forward import bipolar_matrix, draw_head, electrode_directions
from ml.synthetic.torch_votes import expected_votes, visibility
from ml.synthetic.windows import LENGTH_S, MARGIN_S, MIX, QUIETER, made_hz

N_HEADS: Final[int] = 48
"""Virtual heads of a generator; every window takes one of them."""
HEALTHY_OTHER: Final[float] = 0.12
"""Share of windows that are made other because the virtual person is healthy (``windows.generate``: 0.16 x 0.75)."""
SEIZURE, LPD, GPD, LRDA, GRDA, OTHER = range(6)


@dataclass(frozen=True, slots=True)
class TensorWindows:
    """A batch of generated windows with the votes and the truth of each."""

    bipolar_uv: Tensor                   # (n, 18, samples)
    votes: Tensor                        # (n, 6)
    recipe: Tensor                       # (n,) index into CLASSES
    frequency_hz: Tensor                 # (n,)
    side: Tensor                         # (n,) -1 left, 0, 1 right
    present: Tensor                      # (n, 50) 0..1 in each second


class TorchGenerator:
    """Draws batches of windows on a device; the same seed, device and order of calls give the same windows."""

    def __init__(self, seed: int, *, sfreq_hz: float = 50.0, device: str = "cpu") -> None:
        rng = np.random.default_rng(seed)
        heads = [draw_head(rng) for _ in range(N_HEADS)]
        self.device, self.sfreq_hz, self.made_hz = torch.device(device), sfreq_hz, made_hz(sfreq_hz)
        self.n = round(LENGTH_S * self.made_hz)
        self.random = torch.Generator(device=self.device).manual_seed(seed)
        self.radial = self._tensor(np.stack([head.radial for head in heads]))             # (heads, 19, sources)
        self.sources = self._tensor(heads[0].sources)
        self.electrodes = self._tensor(electrode_directions())
        self.pairs = self._tensor(bipolar_matrix())
        self.seconds = torch.arange(self.n, device=self.device) / self.made_hz - LENGTH_S / 2
        self.freqs_hz = torch.arange(self.n // 2 + 1, device=self.device) * (self.made_hz / self.n)
        self.response = self._tensor(acquisition._response(self.n, self.made_hz, sfreq_hz != 200.0))

    @torch.no_grad()
    def draw(self, n: int) -> TensorWindows:
        """A batch of ``n`` windows, each of its own virtual patient."""
        share = torch.tensor([MIX[name] for name in CLASSES], device=self.device)
        recipe = torch.multinomial(share, n, replacement=True, generator=self.random)
        recipe = torch.where(self._chance(HEALTHY_OTHER, n) > 0, OTHER, recipe)
        head = torch.randint(N_HEADS, (n,), generator=self.random, device=self.device)
        quiet = torch.tensor([QUIETER.get(name, 1.0) for name in CLASSES], device=self.device)[recipe]
        size = torch.exp(math.log(7.5) + 0.55 * self._normal(n)) * quiet
        rest = size[:, None, None] * self._background(n, head, recipe == OTHER)
        side = torch.where((recipe == LPD) | (recipe == LRDA), self._sides(n), 0)
        pattern, envelope, facts = self._patterns(n, head, recipe, side)
        scale = self._scale(pattern, rest, recipe)
        recorded = self._artifacts(rest + scale * pattern, recipe == OTHER)
        seen, alone = self._analysed(recorded), self._analysed(scale * pattern)
        centre = slice(seen.shape[-1] * 2 // 5, seen.shape[-1] * 3 // 5)
        coverage = envelope[:, self.seconds.abs() < 5].mean(dim=1)
        view = visibility(alone[..., centre], (seen - alone)[..., centre], coverage)
        present = envelope[:, round(MARGIN_S * self.made_hz) :][:, : round(50 * self.made_hz)].reshape(n, 50, -1).mean(dim=2)
        return TensorWindows(seen, expected_votes(recipe, facts, view), recipe, facts["frequency_hz"], side, present)

    # random numbers and courses

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(values, dtype=np.float32)).to(self.device)

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=self.random, device=self.device)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.random, device=self.device)

    def _chance(self, probability: float, *shape: int) -> Tensor:
        return (torch.rand(*shape, generator=self.random, device=self.device) < probability).float()

    def _sides(self, n: int) -> Tensor:
        return 1 - 2 * self._chance(fields.LEFT_SHARE, n).long()

    def _coloured(self, power: Tensor, k: int) -> Tensor:
        """Gaussian noise (B, k, samples) with power spectral densities (B, F)."""
        parts = torch.view_as_complex(self._normal(len(power), k, len(self.freqs_hz), 2))
        amplitude = torch.sqrt(power * (self.made_hz * self.n / 4))
        amplitude[:, 0] = 0
        course: Tensor = fft.irfft(parts * amplitude[:, None], self.n)
        return course

    def _slow(self, tau_s: Tensor, k: int = 1) -> Tensor:
        """Slowly wandering noise (B, k, samples) of unit variance."""
        tau = tau_s[:, None]
        return self._coloured(8 * tau / (1 + (2 * math.pi * self.freqs_hz * tau) ** 2) ** 2, k)

    def _band(self, centre_hz: Tensor, width_hz: Tensor, k: int = 1) -> Tensor:
        """Noise (B, k, samples) of unit variance in Gaussian bands."""
        z = (self.freqs_hz - centre_hz[:, None]) / width_hz[:, None]
        return self._coloured(torch.exp(-0.5 * z**2) / (width_hz[:, None] * math.sqrt(2 * math.pi)), k)

    def _spells(self, n: int) -> Tensor:
        """Gain 0..1 (B, samples): bouts."""
        return torch.sigmoid(5 * (self._slow(self._uniform(0.5, 4, n))[:, 0] + self._uniform(-0.5, 1, n, 1)))

    # fields

    def _direction(self, inclination_deg: Tensor, azimuth_deg: Tensor) -> Tensor:
        a, b = torch.deg2rad(inclination_deg), torch.deg2rad(azimuth_deg)
        return torch.stack([a.sin() * b.sin(), a.sin() * b.cos(), a.cos()], dim=-1)

    def _scaled(self, topography: Tensor) -> Tensor:
        topography = topography - topography.mean(dim=-1, keepdim=True)
        return topography / (topography @ self.pairs.T).abs().amax(dim=-1, keepdim=True).clamp(min=1e-30)

    def _patch(self, head: Tensor, where: Tensor, width_rad: Tensor) -> Tensor:
        """Topographies (B, 19) of Gaussian patches of cortex."""
        angle = torch.acos((where @ self.sources.T).clamp(-1, 1))
        return self._scaled(torch.einsum("bes,bs->be", self.radial[head], torch.exp(-0.5 * (angle / width_rad[:, None]) ** 2)))

    def _field(self, head: Tensor, side: Tensor) -> tuple[Tensor, Tensor]:
        """Topographies (B, 4, 19) with their gains, and delays (B, 4), of generalised and lateralised patterns."""
        n, one_sided = len(head), (side != 0).float()
        frontal = self._chance(0.75, n)
        inclination = torch.where(side != 0, self._uniform(35, 105, n), self._uniform(60, 112, n) * frontal + self._uniform(35, 95, n) * (1 - frontal))
        azimuth = torch.where(side != 0, self._uniform(15, 125, n), self._uniform(5, 45, n) * frontal + self._uniform(60, 165, n) * (1 - frontal))
        lead = torch.where(side != 0, side, 1).float()
        width = torch.where(side != 0, self._uniform(0.28, 0.9, n), self._uniform(0.28, 0.8, n))
        own, other = (self._direction(inclination, sign * azimuth) for sign in (lead, -lead))
        second = self._direction(self._uniform(35, 98, n), lead * self._uniform(15, 155, n))
        axis = self._direction(self._uniform(50, 100, n), torch.where(side != 0, lead * azimuth, 12 * self._normal(n) + 180 * (1 - frontal)))
        shapes = [self._patch(head, own, width), self._patch(head, other, width), self._patch(head, second, self._uniform(0.22, 0.7, n)),
                  self._scaled(axis @ self.electrodes.T)]
        between = self._chance(0.12, n)
        behind = between * self._uniform(0.3, 1.0, n) + (1 - between) * self._uniform(0, 0.75, n) * self._chance(0.75, n)
        follow = one_sided * behind + (1 - one_sided) * torch.exp(0.45 * self._normal(n))
        gains = [torch.ones(n, device=self.device), follow, self._uniform(0, 0.8, n) * self._chance(0.6, n),
                 one_sided * self._uniform(0.15, 0.45, n) * self._chance(0.35, n) + (1 - one_sided) * self._uniform(0.2, 0.9, n) * self._chance(0.65, n)]
        delays = torch.stack([torch.zeros(n, device=self.device), one_sided * self._uniform(0.005, 0.08, n), self._uniform(0, 0.05, n),
                              self._uniform(0, 0.02, n)], dim=1)
        return torch.stack([gain[:, None] * shape for gain, shape in zip(gains, shapes, strict=True)], dim=1), delays

    # scenery

    def _background(self, n: int, head: Tensor, other: Tensor) -> Tensor:
        """Ongoing activity (B, 19, samples) of unit bipolar SD: two spectra, slow fields, polymorphic delta, rhythms."""
        pool = [np.random.default_rng(int(value)) for value in torch.randint(2**31, (min(n, 64),), generator=self.random, device=self.device)]
        drawn = [background.draw_mixing(rng) for rng in pool]
        which = torch.randint(len(drawn), (n,), generator=self.random, device=self.device)
        mixing, floor = (self._tensor(np.stack([pair[k] for pair in drawn]))[which] for k in (0, 1))
        base = mixing @ self._coloured(self._slope(self._uniform(2.0, 4.2, n), self._uniform(0.3, 1.5, n)), 19)
        base += floor @ self._coloured(self._slope(self._uniform(0.6, 1.6, n), torch.full((n,), 4.0, device=self.device)), 19)
        for chance in (0.65, 0.4, 0.2):
            gain = self._uniform(0.3, 1.2, n) * self._chance(chance, n)
            base += self._rhythm(head, gain, self._uniform(0.3, 1.6, n), self._uniform(0.4, 1.2, n))
        delta = self._uniform(0.5, 1.4, n) * torch.where(other, self._chance(0.45, n), self._chance(0.3, n))
        base += self._rhythm(head, delta, self._uniform(0.6, 2.2, n), self._uniform(0.35, 0.9, n))
        centres_hz = torch.tensor([1.0, 4.0, 6.0, 9.0, 10.0, 13.0], device=self.device)[torch.randint(6, (n,), generator=self.random, device=self.device)]
        variant = self._uniform(0.4, 2.5, n) * torch.where(other, self._chance(0.6, n), self._chance(0.12, n))
        base += self._rhythm(head, variant, centres_hz * self._uniform(0.85, 1.15, n), self._uniform(0.3, 1.0, n)) * self._spells(n)[:, None]
        return base * torch.exp(0.18 * self._slow(self._uniform(2, 8, n)))

    def _slope(self, slope: Tensor, knee_hz: Tensor) -> Tensor:
        slope, knee_hz = slope[:, None], knee_hz[:, None]
        shape = 1 / (knee_hz**slope + self.freqs_hz.clamp(min=1e-3) ** slope)
        inside = (self.freqs_hz >= 0.5) & (self.freqs_hz <= 20)
        return shape / (shape[:, inside].sum(dim=1, keepdim=True) * (self.freqs_hz[1] - self.freqs_hz[0]))

    def _rhythm(self, head: Tensor, gain: Tensor, centre_hz: Tensor, width_hz: Tensor) -> Tensor:
        n = len(head)
        where = self._direction(self._uniform(15, 100, n), self._uniform(-180, 180, n))
        topography = self._patch(head, where, self._uniform(0.3, 1.1, n)) * gain[:, None]
        return topography[:, :, None] * self._band(centre_hz, width_hz)

    # patterns

    def _patterns(self, n: int, head: Tensor, recipe: Tensor, side: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Potentials (B, 19, samples), envelopes (B, samples) and what the votes need to know; zero for other."""
        wanted = torch.where((recipe == SEIZURE) & (self._chance(0.75, n) > 0), self._sides(n), side)
        topographies, delays = self._field(head, wanted)
        steady = self._presence(n)
        courses, facts = self._periodic(n, delays, side != 0, steady)
        envelope = steady
        for mask, (other_courses, other_facts, other_envelope) in (
            ((recipe == LRDA) | (recipe == GRDA), self._rhythmic(n, delays, side != 0, steady)),
            (recipe == SEIZURE, self._seizure(n, delays)),
        ):
            courses = torch.where(mask[:, None, None], other_courses, courses)
            envelope = torch.where(mask[:, None], other_envelope, envelope)
            facts = {name: torch.where(mask, other_facts[name], value) for name, value in facts.items()}
        there = (recipe != OTHER).float()
        envelope = envelope * there[:, None]
        return torch.einsum("bpe,bpt->bet", topographies, courses) * there[:, None, None], envelope, facts

    def _presence(self, n: int) -> Tensor:
        """Throughout, or beginning or ending in the window, or in runs (B, samples)."""
        kind = torch.rand(n, 1, generator=self.random, device=self.device)
        length = self._uniform(9, 60, n, 1)
        middle = self._uniform(-1, 1, n, 1) * (length / 2 - 3).clamp(min=2)
        part = self._ramp(middle - length / 2, middle + length / 2, 1.5)
        runs = torch.sigmoid(6 * (self._slow(self._uniform(3, 8, n))[:, 0] + self._uniform(0.3, 1.5, n, 1)))
        return torch.where(kind < 0.6, torch.ones_like(runs), torch.where(kind < 0.85, part, runs))

    def _ramp(self, start_s: Tensor, stop_s: Tensor, rise_s: Tensor | float) -> Tensor:
        return torch.sigmoid((self.seconds - start_s) / rise_s * 4) * torch.sigmoid(-(self.seconds - stop_s) / rise_s * 4)

    def _rates(self, table: dict[bool, tuple[float, float]], lateral: Tensor, low: float, high: float) -> Tensor:
        """Log-normal draws (B,) around a median that depends on whether the pattern is lateralised."""
        median, spread = (torch.where(lateral, table[True][k], table[False][k]) for k in (0, 1))
        return (median * torch.exp(spread * self._normal(len(lateral)))).clamp(low, high)

    def _impulses(self, times_s: Tensor, heights: Tensor) -> Tensor:
        """Spectra (B, K, F) of impulses at ``times_s`` (B, D), heights (B, K, D), shared between the two nearest samples."""
        place = ((times_s - self.seconds[0]) * self.made_hz).clamp(0, self.n - 2)
        first = place.long()
        late = (place - first)[:, None]
        train = torch.zeros(*heights.shape[:2], self.n, device=self.device)
        index = first[:, None].expand_as(heights)
        train.scatter_add_(2, index, heights * (1 - late)).scatter_add_(2, index + 1, heights * late)
        spectra: Tensor = fft.rfft(train)
        return spectra

    def _periodic(self, n: int, delays: Tensor, lateral: Tensor, envelope: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Discharges of up to six Gaussian phases (B, 4, samples), with their facts."""
        rate = self._rates(periodic.RATE_HZ, lateral, 0.35, 2.8)
        rate = torch.where(self._chance(0.10, n) > 0, self._uniform(1.8, 3.4, n), rate)
        variation = self._rates(periodic.VARIATION, lateral, 0.02, 0.7)
        d, k = round(LENGTH_S * 2.8 * 1.6), 6
        intervals = torch.exp(variation[:, None] * self._normal(n, d) - 0.5 * variation[:, None] ** 2) / rate[:, None]
        times = self.seconds[0] - self._uniform(0, 1, n, 1) / rate[:, None] + intervals.cumsum(dim=1)
        inside = ((times > self.seconds[0]) & (times < self.seconds[-1])).float()
        at = ((times - self.seconds[0]) * self.made_hz).long().clamp(0, self.n - 1)
        heights = torch.exp(self._uniform(0.05, 0.45, n, 1) * self._normal(n, d)) * inside * envelope.gather(1, at)
        change = torch.exp(self._uniform(0.05, 0.4, n, 1, 1) * self._normal(n, k, d))
        shortest = torch.where(lateral, 0.014, 0.022)
        width = shortest * torch.exp(self._uniform(0, 1, n) * torch.log(torch.where(lateral, 0.080, 0.055) / shortest))
        sigma = width[:, None] * self._uniform(0.6, 1.6, n, k)
        slow_sigma = torch.minimum(self._uniform(0.05, 0.2, n), 0.25 / rate)
        shares = torch.tensor([periodic.PHASES[False], periodic.PHASES[True]], device=self.device)[lateral.long()]
        phases = torch.multinomial(shares, 1, generator=self.random)[:, 0] + 1
        order = torch.arange(k, device=self.device)[None]
        slow = (order == phases[:, None]).float() * self._chance(0.65, n, 1)
        sigma = torch.where(slow > 0, slow_sigma[:, None], sigma)
        sharp = (order < phases[:, None]).float()
        sign = torch.where(order % 2 == 0, -1.0, 1.0)
        height = sign * (sharp * self._uniform(0.3, 1.0, n, k) + slow * self._uniform(0.1, 0.75, n, k))
        step = sigma * self._uniform(1.8, 3.0, n, k) * (sharp + slow)
        centre = step.cumsum(dim=1) - step
        unlike = self._uniform(0.3, 1.2, n, 1, 1)
        own = height[:, None] * torch.exp(unlike * self._normal(n, 4, k))
        spectra = self._impulses(times, heights[:, None] * change)                        # (B, K, F)
        omega = 2 * math.pi * self.freqs_hz
        spectra = spectra * torch.exp(-0.5 * (sigma[..., None] * omega) ** 2) * sigma[..., None] * self.made_hz * math.sqrt(2 * math.pi)
        spectra = spectra * torch.exp(-1j * omega * centre[..., None])
        courses = torch.einsum("bpk,bkf->bpf", own.to(spectra.dtype), spectra) * torch.exp(-1j * omega * delays[..., None])
        extent = (step * (sharp + slow)).sum(dim=1) + width
        return fft.irfft(courses, self.n), {
            "frequency_hz": rate, "variation": variation, "duty": (extent * rate).clamp(max=1), "evolution_hz": torch.zeros_like(rate),
            "sharpness": (1.3 - width / 0.07).clamp(0, 1), "duration_s": envelope.sum(dim=1) / self.made_hz,
        }

    def _rhythmic(self, n: int, delays: Tensor, lateral: Tensor, envelope: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        rate = self._rates(rhythmic.RATE_HZ, lateral, 0.5, 3.2)
        wander = (0.11 * torch.exp(0.55 * self._normal(n))).clamp(0.02, 0.34)
        often = self._chance(0.55, n)
        irregular = often * self._uniform(0, 0.3, n) + (1 - often) * self._uniform(0.3, 0.75, n)
        hardly = (torch.rand(n, generator=self.random, device=self.device) < torch.where(lateral, 0.30, 0.14)).float()
        irregular = hardly * self._uniform(0.4, 1.4, n) + (1 - hardly) * irregular
        momentary = rate[:, None] * torch.exp(wander[:, None] * self._slow(self._uniform(0.3, 1.5, n))[:, 0])
        phase = 2 * math.pi * momentary.cumsum(dim=1) / self.made_hz
        uneven = self._uniform(0.1, 0.6, n, 1, 1)
        drift = self._slow(torch.full((n,), 0.8, device=self.device), 8)
        late = phase[:, None] - 2 * math.pi * rate[:, None, None] * delays[..., None] + uneven * drift[:, :4]
        late = late + self._uniform(0, 0.9, n, 1, 1) * torch.sin(late + self._uniform(-math.pi, math.pi, n, 1, 1))
        shift = self._uniform(-math.pi, math.pi, n, 1, 1)
        wave = late.cos() + self._uniform(0, 0.5, n, 1, 1) * (2 * late + shift).cos() + self._uniform(0, 0.22, n, 1, 1) * (3 * late + 1.5 * shift).cos()
        amplitude = torch.exp(self._uniform(0.1, 0.5, n, 1) * self._slow(self._uniform(0.15, 1.2, n))[:, 0]) * envelope
        ride = irregular[:, None, None] * self._band(self._uniform(0.6, 2.0, n), self._uniform(0.4, 0.9, n), 4)
        ride = ride + self._uniform(0, 0.35, n, 1, 1) * self._band(self._uniform(4, 8, n), self._uniform(0.8, 2.0, n), 4)
        sharpness = self._chance(0.2, n) * self._uniform(0.2, 0.8, n)
        width = 2 * math.pi * rate * self._uniform(0.015, 0.05, n)
        angle = torch.remainder(late, 2 * math.pi) - math.pi
        wave = wave - 1.2 * sharpness[:, None, None] * torch.exp(-0.5 * (angle / width[:, None, None]) ** 2)
        courses = amplitude[:, None] * wave * torch.exp(uneven * drift[:, 4:]) + envelope[:, None] * ride
        return courses, {
            "frequency_hz": rate, "variation": wander + 0.25 * irregular, "duty": torch.ones_like(rate), "evolution_hz": torch.zeros_like(rate),
            "sharpness": sharpness, "duration_s": envelope.sum(dim=1) / self.made_hz,
        }, envelope

    def _seizure(self, n: int, delays: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Five kinds of onset (theta, spike-wave, acceleration, fast, slow waves) as in ``ml.synthetic.seizure``."""
        length = torch.exp(self._uniform(math.log(12), math.log(70), n, 1))
        middle = self._uniform(-1, 1, n, 1) * ((length - 8).clamp(min=2) / 2)
        envelope = self._ramp(middle - length / 2, middle + length / 2, (length / 5).clamp(max=3.0))
        progress = ((self.seconds - middle) / length + 0.5).clamp(0, 1)
        shares = torch.tensor([0.26, 0.24, 0.24, 0.10, 0.16], device=self.device)
        kind = torch.multinomial(shares, n, replacement=True, generator=self.random)
        ranges = torch.tensor([[4.5, 8, 1.5, 3.5], [2.7, 4.2, 2.3, 3.2], [1.2, 2.5, 2.8, 6], [6, 13, 2, 4], [1.8, 2.8, 1.8, 2.8]], device=self.device)[kind]
        first, last = (ranges[:, k] + (ranges[:, k + 1] - ranges[:, k]) * self._uniform(0, 1, n) for k in (0, 2))
        rate = first[:, None] * (last / first)[:, None] ** (progress ** self._uniform(0.6, 1.5, n, 1))
        arch = first[:, None] + self._uniform(0.4, 1.6, n, 1) * torch.sin(math.pi * progress) - self._uniform(0, 0.5, n, 1) * progress
        rate = torch.where((kind == 4)[:, None], arch, rate)
        phase = 2 * math.pi * (rate * torch.exp(self._uniform(0.02, 0.14, n, 1) * self._slow(torch.full((n,), 0.5, device=self.device))[:, 0])).cumsum(1) / self.made_hz
        unlike = self._uniform(0.1, 0.7, n, 1, 1)
        late = phase[:, None] - 2 * math.pi * rate[:, None] * delays[..., None] + unlike * self._slow(torch.full((n,), 0.8, device=self.device), 4)
        spiky = torch.tensor([0.4, 1.0, 0.8, 0.4, 0.4], device=self.device)[kind]
        height = self._uniform(0.3, 2.5, n) * (torch.rand(n, generator=self.random, device=self.device) < spiky).float()
        angle = torch.remainder(late, 2 * math.pi) - math.pi
        width, lag, tall = self._uniform(0.12, 0.5, n, 1, 1), self._uniform(0.5, 1.4, n, 1, 1), height[:, None, None]
        spike = -tall * torch.exp(-0.5 * (angle / width) ** 2) + 0.35 * tall * torch.exp(-0.5 * ((angle - lag) / width) ** 2)
        wave = late.cos() + self._uniform(0, 0.45, n, 1, 1) * (2 * late + self._uniform(-math.pi, math.pi, n, 1, 1)).cos() + spike
        wave = wave + unlike * self._uniform(0, 1.2, n, 4, 1) * (2 * late + self._uniform(-math.pi, math.pi, n, 4, 1)).cos()
        wave = wave + self._uniform(0, 0.4, n, 1, 1) * self._band(self._uniform(3, 9, n), torch.full((n,), 2.0, device=self.device), 4)
        start = self._uniform(0.15, 0.9, n, 1)
        build_up = start + (1 - start) * (progress / self._uniform(0.2, 0.7, n, 1)).clamp(max=1)
        uneven = torch.exp(self._uniform(0.05, 0.35, n, 1) * self._slow(self._uniform(0.1, 0.6, n))[:, 0])
        masked = torch.where(envelope > 0.5, rate, torch.nan)
        low, high = torch.nanquantile(masked, 0.05, dim=1), torch.nanquantile(masked, 0.95, dim=1)
        return (build_up * envelope * uneven)[:, None] * wave, {
            "frequency_hz": masked.nanmedian(dim=1).values, "variation": torch.full_like(height, 0.1), "duty": torch.ones_like(height),
            "evolution_hz": high - low, "sharpness": height.clamp(max=1), "duration_s": length[:, 0],
        }, envelope

    def _scale(self, pattern: Tensor, rest: Tensor, recipe: Tensor) -> Tensor:
        """Factor (B, 1, 1) that brings a pattern to the drawn ratio to its background, as ``windows._ratio`` does."""
        n = len(recipe)
        ranges = torch.tensor([[0.0, 20], [4, 24], [5, 29], [-5, 12], [-5, 12], [0, 0]], device=self.device)[recipe]
        wanted_db = ranges[:, 0] + (ranges[:, 1] - ranges[:, 0]) * self._uniform(0, 1, n)
        high = ((recipe == LRDA) | (recipe == GRDA)) & (self._chance(0.12, n) > 0)
        wanted_db = torch.where(high, self._uniform(10, 20, n), wanted_db)
        alone, scene = self._analysed(pattern), self._analysed(rest)
        centre = slice(alone.shape[-1] * 2 // 5, alone.shape[-1] * 3 // 5)
        alone, scene = alone[..., centre], scene[..., centre]
        top = alone.square().mean(dim=2).topk(4, dim=1).indices[..., None].expand(-1, -1, alone.shape[2])
        alone, scene = alone.gather(1, top), scene.gather(1, top)
        by_rms = alone.square().mean(dim=(1, 2)).sqrt()
        by_peak = alone.abs().quantile(0.97, dim=2).mean(dim=1)
        level = torch.where((recipe == LPD) | (recipe == GPD), by_peak, by_rms) / scene.square().mean(dim=(1, 2)).sqrt().clamp(min=1e-6)
        return (10 ** (wanted_db / 20) / level.clamp(min=1e-4)).clamp(max=1e3)[:, None, None]

    # recording

    def _artifacts(self, uv: Tensor, other: Tensor) -> Tensor:
        """Eyes, muscle, heart, sweat, bad contacts and amplifier noise; stronger and more often where nothing else is."""
        n = len(uv)
        often = torch.where(other, 1.6, 1.0)
        def gate(chance: float) -> Tensor:
            return (torch.rand(n, generator=self.random, device=self.device) < chance * often).float()

        side, front = self.electrodes[:, 0], self.electrodes[:, 1]
        eyes = torch.exp(-(1 - front) / self._uniform(0.12, 0.28, n, 1))                  # (B, 19)
        lids = self._band(torch.full((n,), 1.2, device=self.device), self._uniform(0.4, 0.9, n))[:, 0].clamp(min=0.6) - 0.6
        uv = uv + (gate(0.33) * self._uniform(30, 150, n))[:, None, None] * eyes[..., None] * lids[:, None]
        gaze = (side * front.clamp(min=0) ** 2)[None] * (gate(0.16) * self._uniform(15, 70, n))[:, None]
        uv = uv + gaze[..., None] * self._slow(self._uniform(0.3, 1.5, n))
        peak = self._uniform(25, 60, n, 1)
        muscle = self._coloured((self.freqs_hz / peak) ** 2 / (1 + (self.freqs_hz / peak) ** 3) / peak, 19)
        temporal = torch.exp(-(self.electrodes[:, 2].abs()) / 0.2) * self._uniform(0, 1, n, 19)
        uv = uv + (gate(0.34) * torch.exp(self._uniform(math.log(2), math.log(22), n)))[:, None, None] * temporal[..., None] * muscle * self._spells(n)[:, None]
        beats = self._band(self._uniform(0.8, 2.2, n), torch.full((n,), 0.03, device=self.device))[:, 0].clamp(min=0) ** 6
        tilt = (self._normal(n, 3) @ self.electrodes.T) * (gate(0.15) * torch.exp(self._uniform(math.log(1), math.log(20), n)))[:, None]
        uv = uv + tilt[..., None] * beats[:, None]
        uv = uv + (gate(0.12) * self._uniform(20, 120, n))[:, None, None] * self._uniform(0, 1, n, 19, 1) * self._slow(self._uniform(1, 4, n), 19)
        bad = (torch.rand(n, 19, generator=self.random, device=self.device) < 0.1).float() * (gate(0.15) * torch.exp(self._uniform(math.log(8), math.log(150), n)))[:, None]
        uv = uv + bad[..., None] * self._coloured(self._slope(self._uniform(0.1, 2.5, n), torch.full((n,), 0.5, device=self.device)), 19)
        uv = uv + self._uniform(0.1, 0.9, n, 1, 1) * math.sqrt(self.made_hz / 200) * self._normal(*uv.shape)
        flat = 1 - (torch.rand(n, 19, generator=self.random, device=self.device) < 0.08).float() * self._chance(0.05, n, 1)
        return uv * flat[..., None]

    def _analysed(self, uv: Tensor) -> Tensor:
        """Bipolar pairs (B, 18, samples) after the analysis filter, at the wanted rate, without margins."""
        spectrum = fft.rfft(self.pairs @ uv) * self.response
        m = round(LENGTH_S * self.sfreq_hz)
        margin = round(MARGIN_S * self.sfreq_hz)
        pairs_uv: Tensor = fft.irfft(spectrum[..., : m // 2 + 1], m) * (m / self.n)
        return pairs_uv[..., margin : m - margin]
