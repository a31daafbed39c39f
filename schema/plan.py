"""Plans and the mutation that adds to them."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

import billing.plan
from billing.plan import Interval, Limits, SurchargePolicy
from resolvers import access, plan
from schema.columns.batch import guarded
from schema.failures import PriceListExists
from schema.info import Info
from schema.scalars import Money


@strawberry.type(description="What a plan includes and costs, for one interval, from a date on.")
class PriceList:
    plan: str = strawberry.field(description="The plan's name.")
    interval: Interval = strawberry.field(description="For cycles of this length.")
    effective_from: datetime = strawberry.field(
        description="Cycles that start from this instant on have it."
    )
    included: int = strawberry.field(description="Conversations included in a cycle.")
    block_price_micros: Money = strawberry.field(
        name="blockPrice", description="What a block of 100 conversations costs."
    )
    surcharge_policy: SurchargePolicy = strawberry.field(
        description="What happens beyond the quota."
    )
    reminder_percents: list[int] = strawberry.field(
        description="At which percentages of the quota recipients are reminded."
    )


@strawberry.input(description="A price list to add: limits not given are the published ones.")
class PriceListInput:
    interval: Interval = strawberry.field(description="For cycles of this length.")
    included: int = strawberry.field(
        description="Conversations included in a cycle, 0 to a billion."
    )
    block_price: Money = strawberry.field(
        description="What a block of 100 conversations costs, 0 to 10,000."
    )
    surcharge_policy: SurchargePolicy = strawberry.field(
        default=SurchargePolicy.SURCHARGE_BLOCKS, description="What happens beyond the quota."
    )
    reminder_percents: list[int] | None = strawberry.field(
        default=None,
        description="1 to 100, ascending, at most 10; 75, 90, 100 unless given, for "
        "yearly cycles also 50.",
    )
    commitment_blocks_max: int | None = strawberry.field(
        default=None,
        description="Blocks that customers may commit to, 0 to a million; 100 unless given.",
    )
    purchase_blocks_max: int | None = strawberry.field(
        default=None,
        description="Blocks that customers may buy at once, 0 to a million; 100 unless given.",
    )
    carrier_commitment_min: Money | None = strawberry.field(
        default=None, description="The least carrier commitment, at least 0; 25 unless given."
    )
    carrier_commitment_max: Money | None = strawberry.field(
        default=None,
        description="The most, at least the least; 1,000, for yearly cycles 12,000, unless given.",
    )
    top_up_min: Money | None = strawberry.field(
        default=None, description="The least top-up, at least 0; 1 unless given."
    )
    top_up_max: Money | None = strawberry.field(
        default=None, description="The most, at least the least; 1,000 unless given."
    )

    def rules(self, plan: str, effective_from: datetime) -> billing.plan.PriceList:
        """Return what the input says as the domain's price list."""
        return billing.plan.PriceList(
            plan=plan,
            interval=self.interval,
            effective_from=effective_from,
            included=self.included,
            block_price_micros=self.block_price,
            surcharge_policy=self.surcharge_policy,
            reminder_percents=tuple(
                billing.plan.REMINDER_PERCENTS[self.interval]
                if self.reminder_percents is None
                else self.reminder_percents
            ),
            limits=Limits.default(self.interval).replaced(
                commitment_blocks_max=self.commitment_blocks_max,
                purchase_blocks_max=self.purchase_blocks_max,
                carrier_commitment_micros_min=self.carrier_commitment_min,
                carrier_commitment_micros_max=self.carrier_commitment_max,
                top_up_micros_min=self.top_up_min,
                top_up_micros_max=self.top_up_max,
            ),
        )


@strawberry.input(description="A plan's price lists from an instant on.")
class CreatePlanInput:
    name: str = strawberry.field(description="The plan's name: 1 to 64 printable characters.")
    effective_from: datetime = strawberry.field(
        description="Cycles that start from this instant on have the price lists. Not in the past "
        "where the plan has price lists already."
    )
    price_lists: list[PriceListInput] = strawberry.field(
        description="One for each interval that the plan offers."
    )


@strawberry.type(description="The price lists were added.")
class CreatePlanSuccess:
    price_lists: list[PriceList] = strawberry.field(description="As recorded.")


CreatePlanResult = Annotated[
    CreatePlanSuccess | PriceListExists,
    strawberry.union("CreatePlanResult", description="The price lists, or why there are none."),
]


@guarded(
    access.operator,
    description="Add a plan, or newer price lists to one. Existing ones are never changed.",
)
async def create_plan(
    info: Info,
    input: Annotated[CreatePlanInput, strawberry.argument(description="The price lists.")],
) -> CreatePlanResult:
    """Add price lists."""
    price_lists = [each.rules(input.name, input.effective_from) for each in input.price_lists]
    recorded = await plan.create(info.context, price_lists)
    return CreatePlanSuccess(price_lists=cast(list[PriceList], recorded))
