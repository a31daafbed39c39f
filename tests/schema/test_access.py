"""Who may have what: every field of the SDL, asked for by every kind of caller (D1, D2).

A field that is not in the table fails the first test, so nothing new goes unnoticed.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from billing.account import account_id_of
from billing.commitment import GrantKind
from billing.errors import AccessError, OperatorOnlyError, UnauthenticatedError
from billing.notice import Letter
from billing.plan import BLOCKS_MAX, Interval
from billing.terms_change import TermsRequest
from db.embedded import Cluster
from resolvers import account, erasure, outbox, plan, reversal, terms
from resolvers.account import NewAccount
from resolvers.context import Context
from resolvers.known_accounts import KnownAccounts
from resolvers.principal import Anonymous, Principal, Role, Service
from resolvers.principal import Scope as KeyScope
from resolvers.terms import NO_COMMITMENTS
from schema import root
from tests.conftest import NOW
from tests.jobs.letters import letter
from tests.jobs.queue import ANNA, given_up, post
from tests.support.fixtures import shared_world
from tests.support.http import Client, client
from tests.support.sockets import connected
from tests.support.world import AMSTERDAM, World, admin, charge, contents, message, price_list

CALLERS = (
    "nobody",
    "ingest key",
    "send key",
    "member",
    "admin",
    "admin of another account",
    "admin of a trial account",
    "admin of an account that does not exist",
    "operator",
)
"""Each kind of caller. None costs a statement: the keys are known since their first use."""

ASKED = {
    "admin of a trial account": "trial",
    "admin of an account that does not exist": "ghost",
}
"""Those who ask for their own account; all others ask for one that has everything."""

READ, USAGE, OPERATE, SEND = "READ", "USAGE", "OPERATE", "SEND"
POLICIES = {
    READ: "UNAUTHENTICATED ADMIN_ONLY ADMIN_ONLY ADMIN_ONLY DATA NOT_FOUND DATA NOT_FOUND DATA",
    USAGE: "UNAUTHENTICATED ADMIN_ONLY ADMIN_ONLY ADMIN_ONLY DATA NOT_FOUND TRIAL_NO_ACCESS "
    "NOT_FOUND DATA",
    OPERATE: "UNAUTHENTICATED" + 7 * " OPERATOR_ONLY" + " DATA",
    SEND: "UNAUTHENTICATED SCOPE_MISSING DATA" + 5 * " SCOPE_MISSING" + " DATA",
}
"""What each caller gets, in their order; the one of a trial asks for its own account."""

SCHEMA: GraphQLSchema = root.build()._schema  # noqa: SLF001 (graphql-core's own is behind it)

TABLE = {
    READ: """
        Query: account
        Subscription: usageChanged
        Account: id externalId name status plan interval timeZone currency signedUpAt trialEndsAt
        Account: scheduledChange
        ScheduledTerms: plan interval anchorDate timeZone effectiveAt effectiveOn
    """,
    USAGE: """
        Account: cycle nextCycle cycles usageSeries commitmentChanges settings
        UsageSeries: cycle by computedAt points adjustedConversations adjustedSpent
        UsagePoint: startsAt endsAt startsOn endsOn conversations conversationsTotal spent
        UsagePoint: spentTotal
        AccountSettings: lowBalanceAlert lowBalanceAlertVersion autoRecharge autoRechargeVersion
        AccountSettings: reminderRecipients reminderRecipientsVersion webhook webhookVersion
        LowBalanceAlert: threshold recipients
        AutoRecharge: threshold amount perCycleMax
        Recipient: email language
        Webhook: url
        CommitmentChangeConnection: edges nodes pageInfo
        CommitmentChangeEdge: cursor node
        CommitmentChange: meter version kind cycleNumber blocks blocksBefore amount amountBefore
        CommitmentChange: price effectiveAt recordedAt recordedBy reason replacedByVersion
        CycleConnection: edges nodes pageInfo
        CycleEdge: cursor node
        PageInfo: hasPreviousPage hasNextPage startCursor endCursor
        Cycle: id number state startsAt endsAt startsOn endsOn timeZone computedAt
        Cycle: conversationUsage carrierBalance grants cost
        GrantConnection: edges nodes pageInfo
        GrantEdge: cursor node
        BlockGrant: id conversations price reason reverses note grantedAt expiresAt filled
        BalanceGrant: id amount price reason reverses note grantedAt expiresAt filled
        CycleCost: commitment blocks automatic carrier total
        ConversationUsage: version scheduledChange
        ScheduledCommitment: blocks effectiveAt effectiveOn
        ConversationUsage: included committed commitment purchased automatic quota used completed
        ConversationUsage: inProgress pending left over percentOfCommitment percentOfQuota
        ConversationUsage: byChannel adjustments conversations
        ChannelUsage: channel used pending
        Adjustment: channel change reason cycleNumber
        ConversationConnection: edges nodes pageInfo
        ConversationEdge: cursor node
        Conversation: contact channel openedAt closesAt state openedSource openedId late
        Conversation: countsInCycle why
        CarrierBalance: version scheduledChange
        ScheduledBalance: amount effectiveAt effectiveOn
        CarrierBalance: currency commitment toppedUp limit spent spentDisplay left overspent
        CarrierBalance: percent sendAllowed byFeature charges
        FeatureCost: feature amount display percent charges
        CarrierChargeConnection: edges nodes pageInfo
        CarrierChargeEdge: cursor node
        CarrierCharge: source id feature occurredAt amount quantity unit bookedInCycle reversed
        Mutation: changeConversationCommitment addConversationBlocks changeCarrierCommitment
        Mutation: topUpCarrierBalance cancelScheduledChange
        Mutation: setLowBalanceAlert setAutoRecharge setReminderRecipients setWebhook
        LowBalanceAlertChanged: lowBalanceAlert version recordedAt cycle
        AutoRechargeChanged: autoRecharge version recordedAt cycle
        ReminderRecipientsChanged: reminderRecipients version recordedAt cycle
        WebhookChanged: webhook version recordedAt cycle secret
        MeterChanged: kind version cycleNumber price effectiveAt effectiveOn computedAt
        MeterChanged: conversationUsage carrierBalance cycle
        CycleSnapshot: id number state startsAt endsAt startsOn endsOn timeZone computedAt
        CycleSnapshot: conversationUsage carrierBalance
        ConversationNumbers: version scheduledChange included committed commitment purchased
        ConversationNumbers: automatic quota used completed inProgress pending left over
        ConversationNumbers: percentOfCommitment percentOfQuota byChannel adjustments
        CarrierNumbers: currency version scheduledChange commitment toppedUp limit spent
        CarrierNumbers: spentDisplay left overspent percent sendAllowed byFeature
        Query: previewCommitmentChange previewBlocks previewTopUp previewTermsChange previewSend
        MeterPreview: kind cycleNumber price effectiveAt effectiveOn computedAt before after
        MeterPreview: lost pending
        BlocksPreview: kind cycleNumber price effectiveAt effectiveOn computedAt before after
        BlocksPreview: lost pending coversUntil coversNewConversations
        TermsPreview: terms cancelledScheduled cycleNumber price effectiveAt effectiveOn
        TermsPreview: computedAt before after lost pending
        Losses: conversations balance scheduledCommitments scheduledTerms
        LapsedCommitment: meter blocks amount effectiveAt effectiveOn
        PendingCover: cycleNumber conversations quota covered automaticBlocks automaticPrice
        SendPreview: contacts newConversations cycle automaticBlocks automaticPrice balance
        SendPreview: allowed computedAt
        SendBalance: left leftAfter overspentAfter
        StaleVersion: message field version
        NoCurrentCycle: message field
        LimitExceeded: message field blocksMax amountMin amountMax
        CommitmentNeeded: message field
        IdempotencyConflict: message field
    """,
    OPERATE: """
        Query: accounts
        AccountConnection: edges nodes pageInfo
        AccountEdge: cursor node
        Mutation: createPlan createAccount changeTerms endAccount
        CreatePlanSuccess: priceLists
        PriceList: plan interval effectiveFrom included blockPrice surchargePolicy
        PriceList: reminderPercents
        CreateAccountSuccess: account
        ChangeTermsSuccess: account effectiveAt cancelledScheduled
        EndAccountSuccess: account endsAt
        Query: deadLetters
        DeadLetterConnection: edges nodes pageInfo
        DeadLetterEdge: cursor node
        DeadLetter: id accountId kind target attempts lastError recordedAt diedAt
        Mutation: replayDelivery
        ReplayDeliverySuccess: id dueAt
        NotDead: message field
        Mutation: reverse eraseContact
        Reversed: meter label grantKind cycleNumber adjustments computedAt cycle
        ReversalAdjustment: meter label conversations amount cycleNumber bookedInCycle
        AlreadyReversed: message field
        ContactErased: mark messages conversations erasedAt
        ContactUnknown: message field
        Failure: message field
        PriceListExists: message field
        AccountExists: message field
        PlanNotOffered: message field
        NothingToChange: message field
        TermsNotAllowed: message field
        AccountEnded: message field
    """,
    SEND: """
        Query: sendAllowed
        SendAllowance: allowed reason limit spent left computedAt
    """,
}
"""Each field of the SDL, under the policy by which it is had."""

ACCOUNT = "account(id: $id) { %s }"
CYCLE = ACCOUNT % "cycle { %s }"
USED, BALANCE = CYCLE % "conversationUsage { %s }", CYCLE % "carrierBalance { %s }"
GRANTS = CYCLE % "grants { %s }"
CREATE_PLAN = (
    'createPlan(input: {name: $nonce, effectiveFrom: "2000-01-01T00:00:00Z", '
    'priceLists: [{interval: MONTHLY, included: 1, blockPrice: "1"}]}) { %s }'
)
CREATE_ACCOUNT = (
    'createAccount(input: {externalId: $nonce, name: "New", timeZone: "UTC", trial: true}) { %s }'
)
CHANGE_TERMS = 'changeTerms(input: {accountId: $changing, timeZone: "UTC"}) { %s }'
END_ACCOUNT = "endAccount(input: {accountId: $fresh}) { %s }"
REVERSE = """reverse(input: {accountId: $acme, original: {event: {source: "carrier", id: "wrong"}},
    reason: "Billed twice.", idempotencyKey: "reversed"}) { %s }"""
ERASE = """eraseContact(input: {accountId: $other, contact: $nonce, reason: "Asked to be."})
    { %s }"""
REPLAY = "replayDelivery(input: {id: $dead}) { %s }"
STALE = 'input: {accountId: $id, idempotencyKey: "k", expectedVersion: 99'
BLOCKS = f"addConversationBlocks({STALE}, blocks: 1}}) {{ %s }}"
TOP_UP = f'topUpCarrierBalance({STALE}, amount: "5"}}) {{ %s }}'
SEND_ALLOWED = 'sendAllowed(account: "acme", feature: "VOICE") { %s }'
FAILED = "... on Failure { message field } ... on %s { %%s }"
BOUGHT = (
    'addConversationBlocks(input: {accountId: $id, idempotencyKey: "bought", expectedVersion: 3, '
    "blocks: 1}) { ... on MeterChanged { %s } }"
)
PREVIEW_COMMITMENT = (
    "previewCommitmentChange(input: {accountId: $id, meter: CONVERSATIONS, blocks: 1}) { %s }"
)
PREVIEW_BLOCKS = "previewBlocks(input: {accountId: $id, blocks: 1}) { %s }"
PREVIEW_TOP_UP = 'previewTopUp(input: {accountId: $id, amount: "1"}) { %s }'
PREVIEW_TERMS = 'previewTermsChange(input: {accountId: $asked, timeZone: "UTC"}) { %s }'
PREVIEW_SEND = (
    'previewSend(input: {accountId: $id, contacts: ["maria"], channel: "WHATSAPP"}) { %s }'
)
COMMITTING = PREVIEW_COMMITMENT % "... on MeterPreview { %s }"
SENDING = PREVIEW_SEND % "... on SendPreview { %s }"
SETTINGS = ACCOUNT % "settings { %s }"
SET = "input: {accountId: $id, expectedVersion: 0, idempotencyKey: "
SET_ALERT = f"""setLowBalanceAlert({SET}"alert", threshold: "1",
    recipients: [{{email: "anna@example.com", language: DE}}]}})"""
SET_RECHARGE = f"""setAutoRecharge({SET}"recharge",
    autoRecharge: {{threshold: "1", amount: "1", perCycleMax: "1"}}}})"""
SET_RECIPIENTS = f"""setReminderRecipients({SET}"recipients",
    recipients: [{{email: "anna@example.com", language: DE}}]}})"""
SET_WEBHOOK = f"""setWebhook({SET}"webhook", url: "https://example.com"}})"""
WAYS = {
    "AccountSettings": SETTINGS,
    "LowBalanceAlert": SETTINGS % "lowBalanceAlert { %s }",
    "AutoRecharge": SETTINGS % "autoRecharge { %s }",
    "Recipient": SETTINGS % "reminderRecipients { %s }",
    "Webhook": SETTINGS % "webhook { %s }",
    "LowBalanceAlertChanged": f"{SET_ALERT} {{ ... on LowBalanceAlertChanged {{ %s }} }}",
    "AutoRechargeChanged": f"{SET_RECHARGE} {{ ... on AutoRechargeChanged {{ %s }} }}",
    "ReminderRecipientsChanged": (
        f"{SET_RECIPIENTS} {{ ... on ReminderRecipientsChanged {{ %s }} }}"
    ),
    "WebhookChanged": f"{SET_WEBHOOK} {{ ... on WebhookChanged {{ %s }} }}",
    "ScheduledTerms": ACCOUNT % "scheduledChange { %s }",
    "CommitmentChangeConnection": ACCOUNT % "commitmentChanges { %s }",
    "CommitmentChangeEdge": ACCOUNT % "commitmentChanges { edges { %s } }",
    "CommitmentChange": ACCOUNT % "commitmentChanges { nodes { %s } }",
    "GrantConnection": GRANTS,
    "GrantEdge": GRANTS % "edges { %s }",
    "BlockGrant": GRANTS % "nodes { ... on BlockGrant { %s } }",
    "BalanceGrant": GRANTS % "nodes { ... on BalanceGrant { %s } }",
    "CycleCost": CYCLE % "cost { %s }",
    "ScheduledCommitment": USED % "scheduledChange { %s }",
    "ScheduledBalance": BALANCE % "scheduledChange { %s }",
    "MeterChanged": BOUGHT,
    "CycleSnapshot": BOUGHT % "cycle { %s }",
    "ConversationNumbers": BOUGHT % "conversationUsage { %s }",
    "CarrierNumbers": BOUGHT % "carrierBalance { %s }",
    **{
        name: BLOCKS % (FAILED % name)
        for name in (
            "StaleVersion",
            "NoCurrentCycle",
            "IdempotencyConflict",
        )
    },
    "LimitExceeded": PREVIEW_BLOCKS.replace("blocks: 1", f"blocks: {BLOCKS_MAX}, cycle: NEXT")
    % "... on LimitExceeded { %s }",
    "CommitmentNeeded": TOP_UP % (FAILED % "CommitmentNeeded"),
    "Account": ACCOUNT,
    "UsageSeries": ACCOUNT % "usageSeries { %s }",
    "UsagePoint": ACCOUNT % "usageSeries { points { %s } }",
    "CycleConnection": ACCOUNT % "cycles { %s }",
    "CycleEdge": ACCOUNT % "cycles { edges { %s } }",
    "PageInfo": ACCOUNT % "cycles { pageInfo { %s } }",
    "Cycle": CYCLE,
    "ConversationUsage": USED,
    "ChannelUsage": USED % "byChannel { %s }",
    "Adjustment": USED % "adjustments { %s }",
    "ConversationConnection": USED % "conversations { %s }",
    "ConversationEdge": USED % "conversations { edges { %s } }",
    "Conversation": USED % "conversations { nodes { %s } }",
    "CarrierBalance": BALANCE,
    "FeatureCost": BALANCE % "byFeature { %s }",
    "CarrierChargeConnection": BALANCE % "charges { %s }",
    "CarrierChargeEdge": BALANCE % "charges { edges { %s } }",
    "CarrierCharge": BALANCE % "charges { nodes { %s } }",
    "SendAllowance": SEND_ALLOWED,
    "MeterPreview": COMMITTING,
    "BlocksPreview": PREVIEW_BLOCKS % "... on BlocksPreview { %s }",
    "TermsPreview": PREVIEW_TERMS % "... on TermsPreview { %s }",
    "Losses": COMMITTING % "lost { %s }",
    "LapsedCommitment": COMMITTING % "lost { scheduledCommitments { %s } }",
    "PendingCover": COMMITTING % "pending { %s }",
    "SendPreview": SENDING,
    "SendBalance": SENDING % "balance { %s }",
    "AccountConnection": "accounts { %s }",
    "AccountEdge": "accounts { edges { %s } }",
    "CreatePlanSuccess": CREATE_PLAN % "... on CreatePlanSuccess { %s }",
    "PriceList": CREATE_PLAN % "... on CreatePlanSuccess { priceLists { %s } }",
    "PriceListExists": CREATE_PLAN.replace("$nonce", '"Boost"') % "... on PriceListExists { %s }",
    "CreateAccountSuccess": CREATE_ACCOUNT % "... on CreateAccountSuccess { %s }",
    "AccountExists": CREATE_ACCOUNT.replace("$nonce", '"acme"') % "... on AccountExists { %s }",
    "PlanNotOffered": CREATE_ACCOUNT.replace("trial: true", 'plan: "None", interval: MONTHLY')
    % "... on PlanNotOffered { %s }",
    "Failure": CREATE_ACCOUNT.replace("$nonce", '"acme"') % "... on Failure { %s }",
    "ChangeTermsSuccess": CHANGE_TERMS % "... on ChangeTermsSuccess { %s }",
    "NothingToChange": CHANGE_TERMS.replace("$changing", "$other").replace("UTC", AMSTERDAM)
    % "... on NothingToChange { %s }",
    "TermsNotAllowed": CHANGE_TERMS.replace('"UTC"', '"UTC", now: true')
    % "... on TermsNotAllowed { %s }",
    "AccountEnded": CHANGE_TERMS.replace("$changing", "$ended") % "... on AccountEnded { %s }",
    "EndAccountSuccess": END_ACCOUNT % "... on EndAccountSuccess { %s }",
    "DeadLetterConnection": "deadLetters { %s }",
    "DeadLetterEdge": "deadLetters { edges { %s } }",
    "DeadLetter": "deadLetters { nodes { %s } }",
    "ReplayDeliverySuccess": REPLAY % "... on ReplayDeliverySuccess { %s }",
    "NotDead": REPLAY.replace("$dead", "$waiting") % "... on NotDead { %s }",
    "Reversed": REVERSE % "... on Reversed { %s }",
    "ReversalAdjustment": REVERSE % "... on Reversed { adjustments { %s } }",
    "AlreadyReversed": REVERSE.replace("reversed", "again") % "... on AlreadyReversed { %s }",
    "ContactErased": ERASE % "... on ContactErased { %s }",
    "ContactUnknown": ERASE.replace("$nonce", '"nobody"') % "... on ContactUnknown { %s }",
}
"""By type, the operation on whose way an object of it is met; a field takes the place of %s."""

VARIABLES = {"$id": "ID", "$nonce": "String!"}

GIVEN_UP, WAITING = letter(id=UUID(int=1)), letter(id=UUID(int=2))
"""Letters that were given up, for ever, and that are still to be delivered."""

ROOTS = {
    "Query.account": ACCOUNT,
    "Query.accounts": "accounts { %s }",
    "Subscription.usageChanged": "usageChanged(accountId: $id) { %s }",
    "Query.sendAllowed": SEND_ALLOWED,
    "Query.previewCommitmentChange": PREVIEW_COMMITMENT,
    "Query.previewBlocks": PREVIEW_BLOCKS,
    "Query.previewTopUp": PREVIEW_TOP_UP,
    "Query.previewTermsChange": PREVIEW_TERMS,
    "Query.previewSend": PREVIEW_SEND,
    "Mutation.createPlan": CREATE_PLAN,
    "Mutation.createAccount": CREATE_ACCOUNT,
    "Mutation.changeTerms": CHANGE_TERMS,
    "Mutation.endAccount": END_ACCOUNT,
    "Mutation.replayDelivery": REPLAY,
    "Query.deadLetters": "deadLetters { %s }",
    "Mutation.reverse": REVERSE,
    "Mutation.eraseContact": ERASE,
    "Mutation.addConversationBlocks": BLOCKS,
    "Mutation.changeConversationCommitment": (
        f"changeConversationCommitment({STALE}, blocks: 1}}) {{ %s }}"
    ),
    "Mutation.changeCarrierCommitment": (
        f'changeCarrierCommitment({STALE}, amount: "50"}}) {{ %s }}'
    ),
    "Mutation.topUpCarrierBalance": TOP_UP,
    "Mutation.setLowBalanceAlert": f"setLowBalanceAlert({STALE}}}) {{ %s }}",
    "Mutation.setAutoRecharge": f"setAutoRecharge({STALE}}}) {{ %s }}",
    "Mutation.setReminderRecipients": (
        f"setReminderRecipients({STALE}, recipients: []}}) {{ %s }}"
    ),
    "Mutation.setWebhook": f"setWebhook({STALE}}}) {{ %s }}",
    "Mutation.cancelScheduledChange": (
        f"cancelScheduledChange({STALE}, meter: CARRIER}}) {{ %s }}"
    ),
}


DECIDING = re.compile(
    r"changeCon|changeCar|addConversation|topUp|cancelSch|previewCom|previewBlocks|previewTopUp"
)
"""What changes a meter, or only says what that would do: it reads all that it is decided on."""

LOCKING = re.compile(r"^mutation|previewTerms")
"""What else may write: it locks the account before it looks at it, also to rehearse."""


def _rows() -> Iterator[tuple[str, str, str]]:
    for policy, lines in TABLE.items():
        for line in lines.split("\n"):
            type_name, _, fields = line.strip().partition(": ")
            for field_name in fields.split():
                yield policy, type_name, field_name


def _document(type_name: str, field_name: str) -> str:
    """Write the operation that reads one field of one type, and with it nothing else."""
    root_field = ROOTS.get(f"{type_name}.{field_name}")
    selected = _composite(type_name, field_name) * "{ __typename }"
    body = root_field % "__typename" if root_field else WAYS[type_name] % f"{field_name} {selected}"
    return _operation(body)


def _composite(type_name: str, field_name: str) -> bool:
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    return not is_leaf_type(get_named_type(type_.fields[field_name].type))


def _operation(body: str) -> str:
    """Make a document of one selection: its kind, and the variables that it uses."""
    used = sorted(set(re.findall(r"\$\w+", body)))
    declared = ", ".join(f"{name}: {VARIABLES.get(name, 'ID!')}" for name in used)
    mutating = "(input:" in body and not body.startswith("preview")
    watching = body.startswith("usageChanged")
    kind = "mutation" if mutating else "subscription" if watching else "query"
    return f"{kind} ({declared}) {{ {body} }}" if used else f"{kind} {{ {body} }}"


@dataclass(frozen=True, slots=True)
class Door:
    """The application with accounts behind it, and a way in for each kind of caller."""

    client: Client
    world: World
    bearers: dict[str, str | None]
    nonces: Iterator[int]

    async def knock(self, document: str, caller: str, asked: str = "acme") -> dict[str, Any]:
        """Ask as `caller`; names that are used up with each answer are made anew."""
        nonce = f"n{next(self.nonces)}"
        variables: dict[str, str] = {
            "id": str(account_id_of(asked)),
            "asked": str(account_id_of(asked)),
            "nonce": nonce,
            "fresh": str(account_id_of("changing")),
            "dead": str(GIVEN_UP.id),
            "waiting": str(WAITING.id),
            **{name: str(account_id_of(name)) for name in ("acme", "changing", "other", "ended")},
        }
        if "$fresh" in document and caller == "operator":
            variables["fresh"] = str(await self.world.account(nonce))
        if "contact: $nonce" in document and caller == "operator":
            await self.world.take(message("other", "2026-11-10T12:00", contact=nonce))
        if "$dead" in document and caller == "operator":
            variables["dead"] = str(await _give_up(self.world, letter(id=uuid4())))
        self.world.statements.clear()
        given = {name: value for name, value in variables.items() if f"${name}:" in document}
        bearer = self.bearers[caller]
        if not document.startswith("subscription"):
            return await self.client.graphql(document, given, bearer=bearer)
        async with connected(self.client.app) as socket:
            await socket.begin(bearer)
            await socket.subscribe("1", document, variables=given)
            told = await socket.hear()
        payload = told["payload"]
        return payload if told["type"] == "next" else {"data": None, "errors": payload}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(cluster: Cluster, template: str) -> AsyncIterator[Door]:
    """One database for all fields: only an operator changes it, and only what is its own."""
    async with (
        shared_world(cluster, template) as world,
        client(world.schema, world.pool, world.ingest_pool, world.clock) as http,
    ):
        await _fill(world)
        tokens = {
            "member": http.token(Role.MEMBER, "acme"),
            "admin": http.token(Role.ADMIN, "acme"),
            "admin of another account": http.token(Role.ADMIN, "other"),
            "admin of a trial account": http.token(Role.ADMIN, "trial"),
            "admin of an account that does not exist": http.token(Role.ADMIN, "ghost"),
            "operator": http.token(Role.OPERATOR),
            "ingest key": await http.key(KeyScope.INGEST),
            "send key": await http.key(KeyScope.SEND),
        }
        door = Door(http, world, {"nobody": None, **tokens}, count())
        for service in ("ingest key", "send key"):
            await door.knock(
                _operation(ACCOUNT % "name"), service
            )  # the first use of a key is recorded
        yield door


async def _give_up(world: World, letter_: Letter) -> UUID:
    return await given_up(world, letter_, ANNA.email, ANNA.language, "Not there.")


async def _fill(world: World) -> None:
    """Record accounts of every kind; the one asked for has something of everything."""
    world.clock.now = NOW - timedelta(days=60)
    await world.account("acme", anchor="2026-09-25", blocks=1, carrier="25")
    world.clock.now = NOW
    await world.account("other")
    await world.account("trial", trial=True)
    await world.account("changing")
    await world.account("ended")
    await world.data(
        "mutation ($id: ID!) { endAccount(input: {accountId: $id}) { __typename } }",
        {"id": str(account_id_of("ended"))},
    )
    for change in (
        'changeTerms(input: {accountId: $acme, plan: "Pro"})',
        """changeTerms(input: {accountId: $trial, plan: "Pro", interval: MONTHLY,
            anchorDate: "2026-12-01"})""",
        """changeConversationCommitment(input: {accountId: $acme, idempotencyKey: "1",
            expectedVersion: 1, blocks: 2})""",
        """changeCarrierCommitment(input: {accountId: $acme, idempotencyKey: "2",
            expectedVersion: 1, amount: "50"})""",
        *(
            change.replace("$id", "$acme")
            for change in (SET_ALERT, SET_RECHARGE, SET_RECIPIENTS, SET_WEBHOOK)
        ),
    ):
        ids = {name: str(account_id_of(name)) for name in ("acme", "trial") if f"${name}" in change}
        declared = ", ".join(f"${name}: ID!" for name in ids)
        await world.data(f"mutation ({declared}) {{ {change} {{ __typename }} }}", ids)
    await world.grant("acme", GrantKind.BLOCKS, 2, 1)
    await world.take(
        message("acme", "2026-09-30T12:00"),  # closed by now: an adjustment
        message("acme", "2026-11-10T12:00"),
        charge("acme", "2026-11-11T12:00", "1.50", quantity="3", unit="minute"),
        charge("acme", "2026-10-01T12:00", "2", id="wrong"),
    )
    reversing = f"mutation ($acme: ID!) {{ {REVERSE % '__typename'} }}"
    await world.data(reversing, {"acme": str(account_id_of("acme"))})
    await _give_up(world, GIVEN_UP)
    await post(world, [WAITING], ANNA.email, ANNA.language)


def _outcome(reply: dict[str, Any], document: str, field_name: str) -> str:
    if "errors" in reply:
        codes = {error["extensions"]["code"] for error in reply["errors"]}
        assert len(codes) == 1
        assert _values(reply.get("data"), field_name) in ([], [None])
        return str(codes.pop())
    assert _values(reply["data"], field_name), (document, reply)
    return "DATA"


def _values(tree: Any, field_name: str) -> list[Any]:
    """Return what the answer holds under a field's name, wherever that stands."""
    if isinstance(tree, list):
        return [value for each in tree for value in _values(each, field_name)]
    if not isinstance(tree, dict):
        return []
    here = [tree[field_name]] if field_name in tree else []
    return here + [value for each in tree.values() for value in _values(each, field_name)]


def test_every_field_of_the_sdl_is_in_the_table_once() -> None:
    fields = [
        f"{type_.name}.{field_name}"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        and not type_.name.startswith("__")
        for field_name in type_.fields
    ]
    assert sorted(f"{name}.{field}" for _, name, field in _rows()) == sorted(fields)


def test_every_caller_has_an_outcome_under_every_policy() -> None:
    assert {policy: len(outcomes.split()) for policy, outcomes in POLICIES.items()} == (
        dict.fromkeys(TABLE, len(CALLERS))
    )


@pytest.mark.parametrize(
    ("policy", "type_name", "field_name"),
    [pytest.param(*row, id=f"{row[1]}.{row[2]}") for row in _rows()],
)
async def test_a_field_is_had_by_those_who_may_and_denied_without_a_trace(
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
    policy: str,
    type_name: str,
    field_name: str,
) -> None:
    monkeypatch.setattr(KnownAccounts, "get", lambda *_: None)
    document = _document(type_name, field_name)
    writing = document.startswith("mutation") or "preview" in document
    found: dict[str, str] = {}
    for caller in CALLERS:
        asked = ASKED.get(caller, "acme")
        before = await contents(door.world.pool) if writing else None
        reply = await door.knock(document, caller, asked)
        found[caller] = _outcome(reply, document, field_name)
        if found[caller] != "DATA":
            assert door.world.statements == _loaded(caller, asked, policy, document)
            assert before is None or await contents(door.world.pool) == before
    assert found == dict(zip(CALLERS, POLICIES[policy].split(), strict=True))


def _loaded(caller: str, asked: str, policy: str, document: str) -> list[str]:
    """Return the statements on the way to a refusal: a look at the caller's own account."""
    if caller not in ASKED or policy in {OPERATE, SEND}:
        return []
    if DECIDING.search(document):
        return ["account.by_ids", "standing.read"] if asked == "trial" else ["account.by_ids"]
    if LOCKING.search(document):
        return ["account.lock", "account.by_ids"] if asked == "trial" else ["account.lock"]
    return ["account.by_ids"]


OPERATED: dict[str, Callable[[Context], Awaitable[object]]] = {
    "createPlan": lambda ctx: plan.create(ctx, [price_list("New", Interval.MONTHLY, 1)]),
    "createAccount": lambda ctx: account.create(
        ctx, NewAccount(external_id="new", name="New", time_zone="UTC", trial=True)
    ),
    "changeTerms": lambda ctx: terms.change(
        ctx, str(account_id_of("changing")), TermsRequest(time_zone="UTC"), NO_COMMITMENTS
    ),
    "endAccount": lambda ctx: account.end(ctx, str(account_id_of("changing"))),
    "reverse": lambda ctx: reversal.reverse(
        ctx,
        reversal.Request(
            account_id=str(account_id_of("changing")),
            original=reversal.GrantName("CONVERSATIONS-1"),
            reason="Why.",
            idempotency_key="k",
        ),
    ),
    "eraseContact": lambda ctx: erasure.erase_contact(
        ctx,
        erasure.Request(account_id=str(account_id_of("acme")), contact="maria", reason="Why."),
    ),
    "accounts": account.page,
    "deadLetters": outbox.dead_letters,
    "replayDelivery": lambda ctx: outbox.replay(ctx, str(GIVEN_UP.id)),
}


@pytest.mark.parametrize("name", OPERATED)
@pytest.mark.parametrize(
    ("principal", "error"),
    [
        pytest.param(Anonymous(), UnauthenticatedError, id="nobody"),
        pytest.param(admin("changing"), OperatorOnlyError, id="admin"),
        pytest.param(Service("kk_aaaaaaaa", frozenset(KeyScope)), OperatorOnlyError, id="service"),
    ],
)
async def test_what_an_operator_does_is_refused_by_the_resolver_itself(
    door: Door,
    name: str,
    principal: Principal,
    error: type[AccessError],
) -> None:
    before = await contents(door.world.pool)
    with pytest.raises(error):
        await OPERATED[name](door.world.context(principal))
    assert await contents(door.world.pool) == before


@pytest.mark.parametrize("document", [ACCOUNT % "name", USED % "used", BALANCE % "spent"])
async def test_another_tenants_account_cannot_be_told_from_none(door: Door, document: str) -> None:
    replies = []
    for id_ in (account_id_of("acme"), account_id_of("trial"), uuid4()):
        door.world.statements.clear()
        reply = await door.client.graphql(
            _operation(document), {"id": str(id_)}, bearer=door.bearers["admin of another account"]
        )
        replies.append((reply, list(door.world.statements)))
    assert replies[0] == (
        {
            "data": {"account": None},
            "errors": [
                {
                    "message": "There is no such account.",
                    "locations": [{"line": 1, "column": 19}],
                    "path": ["account"],
                    "extensions": {"code": "NOT_FOUND"},
                }
            ],
        },
        [],
    )
    assert replies[1:] == [replies[0], replies[0]]
