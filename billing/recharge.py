"""Automatic recharge: balance that is added when little is left (R16)."""

from dataclasses import dataclass

from billing.money import format_micros
from billing.reminder import Standing
from billing.setting import AutoRecharge


@dataclass(frozen=True, slots=True)
class Recharge:
    """What to add, amount by amount, and why that is not enough, where it is not."""

    amounts_micros: tuple[int, ...] = ()
    failure: str | None = None


def recharge(
    setting: AutoRecharge,
    stands: Standing,
    *,
    committed_micros: int,
    commitment_micros_min: int,
) -> Recharge:
    """Return what lifts the balance left to the threshold, as far as the cap lets it.

    Like a top-up it needs a commitment (R15).
    """
    missing = setting.threshold_micros - (stands.limit - stands.used)
    if missing <= 0:
        return Recharge()
    if committed_micros < max(commitment_micros_min, 1):
        least = format_micros(commitment_micros_min)
        return Recharge(failure=f"It needs a commitment of at least {least}.")
    wanted = -(-missing // setting.amount_micros)
    room = setting.cycle_micros_max - (stands.limit - stands.base)
    allowed = max(0, room) // setting.amount_micros
    failure = None
    if wanted > allowed:
        most = format_micros(setting.cycle_micros_max)
        failure = f"At most {most} may be added automatically in a cycle."
    return Recharge((setting.amount_micros,) * min(wanted, allowed), failure)
