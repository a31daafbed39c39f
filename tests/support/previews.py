"""Previews and the mutations that they preview, asked for in the same words."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from billing.account import account_id_of
from resolvers.principal import Principal
from tests.support.world import OPERATOR, World, admin

CONVERSATIONS = (
    "included version committed commitment purchased automatic quota used completed inProgress "
    "pending left over percentOfCommitment percentOfQuota byChannel { channel used pending } "
    "adjustments { channel change reason cycleNumber } "
    "scheduledChange { blocks effectiveAt effectiveOn }"
)
CARRIER = (
    "currency version commitment toppedUp limit spent spentDisplay left overspent percent "
    "sendAllowed byFeature { feature amount display percent charges } "
    "scheduledChange { amount effectiveAt effectiveOn }"
)
CYCLE = (
    "id number state startsAt endsAt startsOn endsOn timeZone computedAt "
    f"conversationUsage {{ {CONVERSATIONS} }} carrierBalance {{ {CARRIER} }}"
)
SCHEDULED_TERMS = "plan interval anchorDate timeZone effectiveAt effectiveOn"
_COMMON = f"""cycleNumber price effectiveAt effectiveOn computedAt
    before {{ {CYCLE} }} after {{ {CYCLE} }}
    lost {{ conversations balance scheduledTerms {{ {SCHEDULED_TERMS} }}
        scheduledCommitments {{ meter blocks amount effectiveAt effectiveOn }} }}
    pending {{ cycleNumber conversations quota covered automaticBlocks automaticPrice }}"""
PREVIEWS = {
    "MeterPreview": f"kind {_COMMON}",
    "BlocksPreview": f"kind coversUntil coversNewConversations {_COMMON}",
    "TermsPreview": f"cancelledScheduled terms {{ {SCHEDULED_TERMS} }} {_COMMON}",
    "SendPreview": f"""contacts newConversations automaticBlocks automaticPrice allowed computedAt
        balance {{ left leftAfter overspentAfter }} cycle {{ {CYCLE} }}""",
}
"""All fields of each type of preview."""

_FIELDS = {
    "previewCommitmentChange": ("PreviewCommitmentChangeInput", "MeterPreview"),
    "previewBlocks": ("PreviewBlocksInput", "BlocksPreview"),
    "previewTopUp": ("PreviewTopUpInput", "MeterPreview"),
    "previewTermsChange": ("ChangeTermsInput", "TermsPreview"),
    "previewSend": ("PreviewSendInput", "SendPreview"),
}


def document(field: str) -> str:
    """Write the query for everything that a preview says."""
    kind, member = _FIELDS[field]
    return f"""query ($input: {kind}!) {{ {field}(input: $input) {{ __typename
        ... on Failure {{ message field }} ... on {member} {{ {PREVIEWS[member]} }} }} }}"""


async def preview(
    world: World,
    field: str,
    *,
    name: str = "acme",
    principal: Principal | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Ask for a preview, as the account's admin unless said otherwise."""
    arguments = {"accountId": str(account_id_of(name)), **given}
    return await _answer(world, field, document(field), arguments, principal or admin(name))


async def _answer(
    world: World, field: str, document_: str, arguments: dict[str, Any], principal: Principal
) -> dict[str, Any]:
    """Return what is answered, or the codes and blamed fields of the errors."""
    result = await world.execute(document_, {"input": arguments}, principal=principal)
    if result.errors is not None:
        codes = [
            ((error.extensions or {})["code"], (error.extensions or {}).get("field"))
            for error in result.errors
        ]
        return {"errors": codes}
    assert result.data is not None
    answer: dict[str, Any] = result.data[field]
    return answer


async def ask(world: World, name: str, fields: str) -> dict[str, Any]:
    """Ask for fields of an account as an operator."""
    data = await world.data(
        f"query ($id: ID!) {{ account(id: $id) {{ {fields} }} }}", {"id": str(account_id_of(name))}
    )
    found: dict[str, Any] = data["account"]
    return found


async def end(world: World, name: str, at: str | None) -> None:
    """End an account, now unless said otherwise."""
    await world.data(
        "mutation ($id: ID!, $at: DateTime) { endAccount(input: {accountId: $id, at: $at})"
        " { __typename } }",
        {"id": str(account_id_of(name)), "at": at},
    )


_CHANGED = f"""mutation ($input: %s!) {{ %s(input: $input) {{ __typename
    ... on Failure {{ message field }} ... on StaleVersion {{ version }}
    ... on MeterChanged {{ kind cycleNumber price effectiveAt effectiveOn computedAt
        cycle {{ {CYCLE} }} }} }} }}"""
_TERMS_CHANGED = """mutation ($input: ChangeTermsInput!) { changeTerms(input: $input) { __typename
    ... on Failure { message field } ... on ChangeTermsSuccess {
        effectiveAt cancelledScheduled } } }"""


async def change(
    world: World,
    mutation: str,
    version: int,
    *,
    name: str = "acme",
    principal: Principal | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Change a meter, as the account's admin unless said otherwise."""
    arguments = {
        "accountId": str(account_id_of(name)),
        "idempotencyKey": uuid4().hex,
        "expectedVersion": version,
        **given,
    }
    document_ = _CHANGED % (f"{mutation[0].upper()}{mutation[1:]}Input", mutation)
    return await _answer(world, mutation, document_, arguments, principal or admin(name))


async def change_terms(world: World, *, name: str = "acme", **given: Any) -> dict[str, Any]:
    """Change an account's terms, as an operator."""
    arguments = {"accountId": str(account_id_of(name)), **given}
    return await _answer(world, "changeTerms", _TERMS_CHANGED, arguments, OPERATOR)


MUTATIONS = {"previewBlocks": "addConversationBlocks", "previewTopUp": "topUpCarrierBalance"}
"""The mutation of each preview of a change to a meter, where one field has one."""


async def make(
    world: World, field: str, name: str, principal: Principal, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Do what was previewed, with the version that the mutation has to expect."""
    if field == "previewTermsChange":
        return await change_terms(world, name=name, **given)
    arguments = dict(given)
    mutation = MUTATIONS.get(field)
    if mutation is None:
        carrier = arguments.pop("meter") == "CARRIER"
        mutation = "changeCarrierCommitment" if carrier else "changeConversationCommitment"
    meter = "CARRIER" if "Carrier" in mutation else "CONVERSATIONS"
    ledger = await ask(world, name, "commitmentChanges(first: 100) { nodes { meter version } }")
    versions = [
        node["version"] for node in ledger["commitmentChanges"]["nodes"] if node["meter"] == meter
    ]
    version = max(versions, default=0)
    return await change(world, mutation, version, name=name, principal=principal, **arguments)
