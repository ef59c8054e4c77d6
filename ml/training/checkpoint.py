"""The whole state of a run in one safetensors file, so that a killed run goes on as if nothing had happened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor


class OtherSettings(ValueError):
    """The run that left the checkpoint had other settings."""


def save(path: Path, tensors: dict[str, dict[str, Tensor]], facts: dict[str, Any]) -> None:
    """Write groups of tensors and facts (JSON) in one step: a kill leaves the old file or the new one, never half of one."""
    flat = {f"{group}/{name}": value.detach().cpu().contiguous().clone() for group, part in tensors.items() for name, value in part.items()}
    partial = path.with_name(path.name + ".partial")
    save_file(flat, partial, metadata={"facts": json.dumps(facts)})
    partial.replace(path)


def load(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """Groups of tensors and facts of a checkpoint."""
    groups: dict[str, dict[str, Tensor]] = {}
    with safe_open(path, framework="pt") as file:
        facts = dict(json.loads(file.metadata()["facts"]))
        for key in file.keys():  # noqa: SIM118 - not a dictionary
            group, name = key.split("/", 1)
            groups.setdefault(group, {})[name] = file.get_tensor(key)
    return groups, facts


def moments(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimiser remembers of every parameter, flat."""
    state = optimizer.state_dict()["state"]
    return {f"{index}/{key}": value for index, kept in state.items() for key, value in kept.items()}


def restore_moments(optimizer: torch.optim.Optimizer, flat: dict[str, Tensor]) -> None:
    """Give an optimiser back what ``moments`` took."""
    kept: dict[int, dict[str, Tensor]] = {}
    for name, value in flat.items():
        index, key = name.split("/", 1)
        kept.setdefault(int(index), {})[key] = value
    whole = optimizer.state_dict()
    whole["state"] = kept
    optimizer.load_state_dict(whole)


def check_settings(path: Path, there: dict[str, Any], here: dict[str, Any]) -> None:
    """Refuse to go on with other settings than those that a run began with.

    Raises
    ------
    OtherSettings
        Naming the first setting that differs.
    """
    for key, value in json.loads(json.dumps(here)).items():
        if there.get(key) != value:
            raise OtherSettings(
                f"{path.name} is of a run with {key} = {there.get(key)}, the configuration says {value}. "
                "Restore the setting, or delete the file to begin anew."
            )
