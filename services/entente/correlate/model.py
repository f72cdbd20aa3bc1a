"""The model: weights as a versioned file, and the frequencies of a numbered epoch.

Nothing in the correlator may depend on how often something was seen *so far*: that would make the
answer depend on the order of arrival. So counts are taken at a cut, the epoch, and hold until the
next one.
"""

from functools import cache
from importlib.resources import files

import msgspec
import yaml

from entente.correlate.burst import BurstWeights
from entente.errors import ConfigError


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every number that was set by hand or trained; see ``weights/``."""

    version: str
    burst: BurstWeights


@cache
def weights(name: str = "1") -> Weights:
    """The released weights of this name.

    Raises ConfigError when there are none, or when the file does not fit.
    """
    source = files("entente.correlate").joinpath("weights").joinpath(f"{name}.yaml")
    try:
        return msgspec.convert(yaml.safe_load(source.read_text("utf-8")), Weights)
    except FileNotFoundError:
        raise ConfigError(f"There are no weights named {name}.") from None
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"The weights {name} do not fit: {error}.") from error
