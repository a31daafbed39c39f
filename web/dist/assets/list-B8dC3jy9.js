import{C as e,S as t,a as n,b as r,g as i,m as a,n as o,s,t as ee,v as c,x as l}from"./Icon-BRy4AMJB.js";var u=`cycle`,d=t(p());function f(e){return e===null?location.pathname:`${location.pathname}?${u}=${e}`}function te(e){history.pushState(null,``,f(e)),d.value=e}function ne(e){history.replaceState(null,``,f(e)),d.value=e}addEventListener(`popstate`,()=>{d.value=p()});function p(){let e=new URLSearchParams(location.search).get(u)??``;return/^\d{1,6}$/.test(e)?Number(e):null}var m=t(null),h=t(null);function re(e){h.value=null,m.value=e}function g(){m.value=null}l(()=>{d.value,i.value.kind,m.value=null,h.value=null});var _=1e6;function ie(e){return new Intl.NumberFormat(s()).format(e)}function ae(e){return new Intl.NumberFormat(s(),{signDisplay:`exceptZero`}).format(e)}function oe(e){return new Intl.NumberFormat(s(),{style:`percent`}).format(e/100)}function v(e,t){return new Intl.NumberFormat(s(),{style:`currency`,currency:t}).format(e)}function se(e,t){let n={style:`currency`,currency:t,maximumFractionDigits:6};return new Intl.NumberFormat(s(),n).format(e)}function ce(e){return new Intl.NumberFormat(s(),{maximumFractionDigits:6}).format(e)}function le(e,t){return Math.max(0,y(e)-y(t))/_}function ue(e,t){return v(e/_,t)}function y(e){return Math.round(Number(e)*_)}function de(e){return S({day:`numeric`,month:`long`}).format(C(e))}function fe(e){return S({day:`numeric`,month:`long`,year:`numeric`}).format(C(e))}function b(e,t){return S({day:`numeric`,month:`short`,year:`numeric`}).formatRange(C(e),C(t))}function pe(e,t){return new Intl.DateTimeFormat(s(),{timeZone:t,weekday:`short`,day:`numeric`,month:`short`,hour:`2-digit`,minute:`2-digit`}).format(new Date(e))}function me(e,t){return new Intl.DateTimeFormat(s(),{day:`numeric`,month:`short`,year:`numeric`,timeZone:t}).format(new Date(e))}function he(e,t){let n={dateStyle:`medium`,timeStyle:`short`,timeZone:t};return new Intl.DateTimeFormat(s(),n).format(new Date(e))}function ge(e,t){let n=Math.max(0,Math.ceil((Date.parse(e)-t)/6e4)),[r,i,a]=[Math.floor(n/1440),Math.floor(n/60)%24,n%60];return(r>0?[x(r,`day`),x(i,`hour`)]:[x(i,`hour`),x(a,`minute`)]).join(` `)}function x(e,t){let n={style:`unit`,unit:t,unitDisplay:`short`};return new Intl.NumberFormat(s(),n).format(e)}function S(e){return new Intl.DateTimeFormat(s(),{...e,timeZone:`UTC`})}function C(e){return new Date(`${e}T00:00:00Z`)}var _e=2e4,w=class extends Error{},T=class extends Error{};async function E(e,t,n){let r=await ve(JSON.stringify({query:e.toString(),variables:t}),n);if(r.status===401)throw new w;if(!r.ok)throw new T;let{data:i=null,errors:a=[]}=await ye(r),o=new Set(a.map(e=>e.extensions?.code??`INTERNAL`));if(o.has(`UNAUTHENTICATED`))throw new w;if(o.has(`INTERNAL`)||o.has(`UNAVAILABLE`))throw new T;return{data:i,codes:o,field:a[0]?.extensions?.field??null}}async function ve(e,t){let n=i.value.kind===`open`?i.value.token:``;try{return await fetch(`/graphql`,{method:`POST`,headers:{"content-type":`application/json`,authorization:`Bearer ${n}`},body:e,signal:AbortSignal.any([t,AbortSignal.timeout(_e)]),credentials:`omit`})}catch{throw new T}}async function ye(e){try{return await e.json()}catch{throw new T}}var D=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new D(`
    fragment ChangeOfMeter on CommitmentChange {
  meter
  version
  kind
  blocks
  blocksBefore
  amount
  amountBefore
  price
  effectiveAt
  recordedAt
  recordedBy
  replacedByVersion
}
    `,{fragmentName:`ChangeOfMeter`}),new D(`
    fragment Changed on MeterChanged {
  kind
  version
  effectiveOn
}
    `,{fragmentName:`Changed`}),new D(`
    fragment CyclesToPick on CycleConnection {
  nodes {
    number
    state
    startsOn
    endsOn
  }
  pageInfo {
    hasNextPage
    endCursor
  }
}
    `,{fragmentName:`CyclesToPick`}),new D(`
    fragment PreviewedCycle on CycleSnapshot {
  startsOn
  endsOn
  conversationUsage {
    quota
    used
    percentOfQuota
  }
  carrierBalance {
    currency
    limit
    spentDisplay
    percent
  }
}
    `,{fragmentName:`PreviewedCycle`}),new D(`
    fragment PreviewedLosses on Losses {
  scheduledCommitments {
    blocks
    amount
    effectiveOn
  }
}
    `,{fragmentName:`PreviewedLosses`}),new D(`
    fragment PreviewedCover on PendingCover {
  conversations
  quota
  covered
  automaticBlocks
  automaticPrice
}
    `,{fragmentName:`PreviewedCover`}),new D(`
    fragment PreviewedChange on MeterPreview {
  price
  effectiveOn
  before {
    ...PreviewedCycle
  }
  after {
    ...PreviewedCycle
  }
  lost {
    ...PreviewedLosses
  }
  pending {
    ...PreviewedCover
  }
}
    fragment PreviewedCover on PendingCover {
  conversations
  quota
  covered
  automaticBlocks
  automaticPrice
}
fragment PreviewedCycle on CycleSnapshot {
  startsOn
  endsOn
  conversationUsage {
    quota
    used
    percentOfQuota
  }
  carrierBalance {
    currency
    limit
    spentDisplay
    percent
  }
}
fragment PreviewedLosses on Losses {
  scheduledCommitments {
    blocks
    amount
    effectiveOn
  }
}`,{fragmentName:`PreviewedChange`}),new D(`
    fragment UsageOfCycle on Cycle {
  number
  state
  startsAt
  endsAt
  startsOn
  endsOn
  timeZone
  computedAt
  conversationUsage {
    version
    included
    committed
    commitment
    purchased
    automatic
    quota
    used
    completed
    inProgress
    pending
    left
    over
    percentOfCommitment
    percentOfQuota
    byChannel {
      channel
      used
      pending
    }
    scheduledChange {
      blocks
      effectiveOn
    }
    adjustments {
      channel
      change
      reason
      cycleNumber
    }
  }
  carrierBalance {
    currency
    version
    commitment
    toppedUp
    limit
    spent
    spentDisplay
    overspent
    percent
    sendAllowed
    byFeature {
      feature
      display
      percent
      charges
    }
    scheduledChange {
      amount
      effectiveOn
    }
  }
}
    `,{fragmentName:`UsageOfCycle`});var be=new D(`
    mutation AddBalance($input: TopUpCarrierBalanceInput!) {
  result: topUpCarrierBalance(input: $input) {
    __typename
    ...Changed
    ... on StaleVersion {
      version
    }
  }
}
    fragment Changed on MeterChanged {
  kind
  version
  effectiveOn
}`),xe=new D(`
    mutation AddBlocks($input: AddConversationBlocksInput!) {
  result: addConversationBlocks(input: $input) {
    __typename
    ...Changed
    ... on StaleVersion {
      version
    }
  }
}
    fragment Changed on MeterChanged {
  kind
  version
  effectiveOn
}`),O=new D(`
    mutation CancelScheduled($input: CancelScheduledChangeInput!) {
  result: cancelScheduledChange(input: $input) {
    __typename
    ...Changed
    ... on StaleVersion {
      version
    }
  }
}
    fragment Changed on MeterChanged {
  kind
  version
  effectiveOn
}`),k=new D(`
    mutation ChangeCarrierCommitment($input: ChangeCarrierCommitmentInput!) {
  result: changeCarrierCommitment(input: $input) {
    __typename
    ...Changed
    ... on StaleVersion {
      version
    }
  }
}
    fragment Changed on MeterChanged {
  kind
  version
  effectiveOn
}`),A=new D(`
    mutation ChangeConversationCommitment($input: ChangeConversationCommitmentInput!) {
  result: changeConversationCommitment(input: $input) {
    __typename
    ...Changed
    ... on StaleVersion {
      version
    }
  }
}
    fragment Changed on MeterChanged {
  kind
  version
  effectiveOn
}`),j=new D(`
    query ChangesMeanwhile($meter: Meter!, $first: Int!) {
  account {
    commitmentChanges(meter: $meter, first: $first) {
      nodes {
        ...ChangeOfMeter
      }
    }
  }
}
    fragment ChangeOfMeter on CommitmentChange {
  meter
  version
  kind
  blocks
  blocksBefore
  amount
  amountBefore
  price
  effectiveAt
  recordedAt
  recordedBy
  replacedByVersion
}`),M=new D(`
    query CostOfCycle($cycle: Int!, $first: Int!, $after: String) {
  account {
    cycle(number: $cycle) {
      cost {
        commitment
        blocks
        automatic
        carrier
        total
      }
      grants(first: $first, after: $after) {
        nodes {
          __typename
          ... on BlockGrant {
            id
            conversations
            price
            reason
            grantedAt
            used: filled
          }
          ... on BalanceGrant {
            id
            amount
            price
            reason
            grantedAt
            spent: filled
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
}
    `),Se=new D(`
    query Ledger($first: Int!, $after: String) {
  account {
    commitmentChanges(first: $first, after: $after) {
      nodes {
        ...ChangeOfMeter
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment ChangeOfMeter on CommitmentChange {
  meter
  version
  kind
  blocks
  blocksBefore
  amount
  amountBefore
  price
  effectiveAt
  recordedAt
  recordedBy
  replacedByVersion
}`),Ce=new D(`
    query OlderCycles($after: String!, $first: Int!) {
  account {
    cycles(first: $first, after: $after) {
      ...CyclesToPick
    }
  }
}
    fragment CyclesToPick on CycleConnection {
  nodes {
    number
    state
    startsOn
    endsOn
  }
  pageInfo {
    hasNextPage
    endCursor
  }
}`),we=new D(`
    query PendingConversations($cycle: Int!, $first: Int!, $after: String) {
  account {
    cycle(number: $cycle) {
      number
      computedAt
      conversationUsage {
        conversations(first: $first, after: $after) {
          nodes {
            contact
            channel
            openedAt
            closesAt
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
}
    `),Te=new D(`
    query PreviewBlocks($blocks: Int!, $cycle: WhichCycle!) {
  preview: previewBlocks(input: {blocks: $blocks, cycle: $cycle}) {
    __typename
    ... on BlocksPreview {
      price
      effectiveOn
      before {
        ...PreviewedCycle
      }
      after {
        ...PreviewedCycle
      }
      lost {
        ...PreviewedLosses
      }
      pending {
        ...PreviewedCover
      }
      coversUntil
      coversNewConversations
    }
  }
}
    fragment PreviewedCover on PendingCover {
  conversations
  quota
  covered
  automaticBlocks
  automaticPrice
}
fragment PreviewedCycle on CycleSnapshot {
  startsOn
  endsOn
  conversationUsage {
    quota
    used
    percentOfQuota
  }
  carrierBalance {
    currency
    limit
    spentDisplay
    percent
  }
}
fragment PreviewedLosses on Losses {
  scheduledCommitments {
    blocks
    amount
    effectiveOn
  }
}`),Ee=new D(`
    query PreviewCommitment($meter: Meter!, $blocks: Int, $amount: Money) {
  preview: previewCommitmentChange(
    input: {meter: $meter, blocks: $blocks, amount: $amount}
  ) {
    __typename
    ...PreviewedChange
  }
}
    fragment PreviewedChange on MeterPreview {
  price
  effectiveOn
  before {
    ...PreviewedCycle
  }
  after {
    ...PreviewedCycle
  }
  lost {
    ...PreviewedLosses
  }
  pending {
    ...PreviewedCover
  }
}
fragment PreviewedCover on PendingCover {
  conversations
  quota
  covered
  automaticBlocks
  automaticPrice
}
fragment PreviewedCycle on CycleSnapshot {
  startsOn
  endsOn
  conversationUsage {
    quota
    used
    percentOfQuota
  }
  carrierBalance {
    currency
    limit
    spentDisplay
    percent
  }
}
fragment PreviewedLosses on Losses {
  scheduledCommitments {
    blocks
    amount
    effectiveOn
  }
}`),De=new D(`
    query PreviewTopUp($amount: Money!) {
  preview: previewTopUp(input: {amount: $amount}) {
    __typename
    ...PreviewedChange
  }
}
    fragment PreviewedChange on MeterPreview {
  price
  effectiveOn
  before {
    ...PreviewedCycle
  }
  after {
    ...PreviewedCycle
  }
  lost {
    ...PreviewedLosses
  }
  pending {
    ...PreviewedCover
  }
}
fragment PreviewedCover on PendingCover {
  conversations
  quota
  covered
  automaticBlocks
  automaticPrice
}
fragment PreviewedCycle on CycleSnapshot {
  startsOn
  endsOn
  conversationUsage {
    quota
    used
    percentOfQuota
  }
  carrierBalance {
    currency
    limit
    spentDisplay
    percent
  }
}
fragment PreviewedLosses on Losses {
  scheduledCommitments {
    blocks
    amount
    effectiveOn
  }
}`),Oe=new D(`
    mutation SetAutoRecharge($input: SetAutoRechargeInput!) {
  result: setAutoRecharge(input: $input) {
    __typename
    ... on AutoRechargeChanged {
      version
    }
    ... on StaleVersion {
      version
    }
  }
}
    `),ke=new D(`
    mutation SetLowBalanceAlert($input: SetLowBalanceAlertInput!) {
  result: setLowBalanceAlert(input: $input) {
    __typename
    ... on LowBalanceAlertChanged {
      version
    }
    ... on StaleVersion {
      version
    }
  }
}
    `),Ae=new D(`
    mutation SetReminderRecipients($input: SetReminderRecipientsInput!) {
  result: setReminderRecipients(input: $input) {
    __typename
    ... on ReminderRecipientsChanged {
      version
    }
    ... on StaleVersion {
      version
    }
  }
}
    `),je=new D(`
    mutation SetWebhook($input: SetWebhookInput!) {
  result: setWebhook(input: $input) {
    __typename
    ... on WebhookChanged {
      version
      secret
    }
    ... on StaleVersion {
      version
    }
  }
}
    `),Me=new D(`
    query Settings {
  account {
    settings {
      lowBalanceAlert {
        threshold
        recipients {
          email
          language
        }
      }
      lowBalanceAlertVersion
      autoRecharge {
        threshold
        amount
        perCycleMax
      }
      autoRechargeVersion
      reminderRecipients {
        email
        language
      }
      reminderRecipientsVersion
      webhook {
        url
      }
      webhookVersion
    }
  }
}
    `),Ne=new D(`
    query UsagePage($cycle: Int, $cycles: Int!) {
  account {
    id
    name
    status
    interval
    timeZone
    currency
    trialEndsAt
    cycle(number: $cycle) {
      ...UsageOfCycle
    }
    nextCycle {
      number
      startsOn
      endsOn
      conversationUsage {
        pending
      }
    }
    settings {
      lowBalanceAlert {
        threshold
      }
    }
    cycles(first: $cycles) {
      ...CyclesToPick
    }
  }
}
    fragment CyclesToPick on CycleConnection {
  nodes {
    number
    state
    startsOn
    endsOn
  }
  pageInfo {
    hasNextPage
    endCursor
  }
}
fragment UsageOfCycle on Cycle {
  number
  state
  startsAt
  endsAt
  startsOn
  endsOn
  timeZone
  computedAt
  conversationUsage {
    version
    included
    committed
    commitment
    purchased
    automatic
    quota
    used
    completed
    inProgress
    pending
    left
    over
    percentOfCommitment
    percentOfQuota
    byChannel {
      channel
      used
      pending
    }
    scheduledChange {
      blocks
      effectiveOn
    }
    adjustments {
      channel
      change
      reason
      cycleNumber
    }
  }
  carrierBalance {
    currency
    version
    commitment
    toppedUp
    limit
    spent
    spentDisplay
    overspent
    percent
    sendAllowed
    byFeature {
      feature
      display
      percent
      charges
    }
    scheduledChange {
      amount
      effectiveOn
    }
  }
}`),Pe=new D(`
    query WhyCharges($cycle: Int!, $first: Int!, $after: String) {
  account {
    cycle(number: $cycle) {
      carrierBalance {
        charges(first: $first, after: $after) {
          nodes {
            source
            id
            feature
            occurredAt
            amount
            quantity
            unit
            bookedInCycle
            reversed
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
}
    `),Fe=new D(`
    query WhyConversations($cycle: Int!, $first: Int!, $after: String, $contact: String) {
  account {
    cycle(number: $cycle) {
      conversationUsage {
        conversations(first: $first, after: $after, contact: $contact) {
          nodes {
            contact
            channel
            openedAt
            closesAt
            state
            openedSource
            openedId
            late
            countsInCycle
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
}
    `),Ie=36,Le=100,Re=4e3,N=[5e3,1e4,2e4,3e4],P=t(null),F=t(null),I=t([]),L=t(null),R=t(!1),z=t(!1),B=t(!1),V=t(0);function ze(e){let t=I.value.find(t=>t.number===e);return t?b(t.startsOn,t.endsOn):n._(`cycle {number}`,{number:e})}var H=new Map,U=null,W=null,G=0,K,q=0;function Be(){l(()=>{i.value.kind===`open`&&He(d.value)}),setInterval($,3e4),addEventListener(`online`,J)}function J(){i.peek().kind===`open`&&X(d.peek())}var Y=t(!1);async function Ve(){if(W!==null)try{let{data:e}=await E(Ce,{after:W,first:Le},new AbortController().signal);e?.account?.cycles&&Ke(e.account.cycles)}catch(e){e instanceof w&&a()}}function He(e){r(()=>{F.value=H.get(e)??null,L.value=null,B.value=!1}),G=0,X(e)}async function X(e){U?.abort(),clearTimeout(K);let t=U=new AbortController;R.value=!0;let n=setTimeout(()=>z.value=!0,Re);try{let n=await E(Ne,{cycle:e,cycles:Ie},t.signal);t===U&&r(()=>Ue(e,n.data?.account??null,n.codes))}catch(e){if(t!==U)return;if(e instanceof w)a();else if(e instanceof T)We();else throw e}finally{clearTimeout(n),t===U&&r(()=>R.value=z.value=!1)}}function Ue(e,t,n){G=0,B.value=!1,t?.id!==P.peek()?.id&&qe(),P.value=t,t?.cycles&&Ge(t.cycles);let r=t?.cycle??null;r!==null&&(H.set(e,r),q=Date.parse(r.computedAt)-Date.now(),$()),r===null&&g(),F.value=r,L.value=r===null?Z(n):null;let i=t?.cycles?.nodes[0];L.value===`empty`&&e===null&&i&&ne(i.number)}function Z(e){return e.has(`ADMIN_ONLY`)?`member`:e.has(`TRIAL_NO_ACCESS`)?`trial`:e.has(`CYCLE_OUT_OF_RANGE`)?`no-cycle`:P.peek()===null?`no-account`:`empty`}function We(){let e=N[Math.min(G,N.length-1)];G+=1,r(()=>{B.value=F.peek()!==null,L.value=B.value?null:`away`}),K=setTimeout(J,e)}function Ge(e){let t=e.nodes.at(-1)?.number??0,n=I.peek().filter(e=>e.number<t);I.value=e.nodes,n.length>0?I.value=[...e.nodes,...n]:Q(e)}function Ke(e){I.value=[...I.peek(),...e.nodes],Q(e)}function Q({pageInfo:e}){W=e.endCursor,Y.value=e.hasNextPage}function qe(){g(),H.clear(),I.value=[]}function $(){V.value=Date.now()+q}function Je(e){switch(e){case`BROADCAST`:return n._(`Broadcasts`);case`CHAT`:return n._(`Chat`);case`EMAIL`:return n._(`Email`);case`INSTAGRAM`:return`Instagram`;case`SMS`:return`SMS`;case`VOICE`:return n._(`Voice`);case`WHATSAPP`:return`WhatsApp`;default:{let t=e.toLowerCase().replaceAll(`_`,` `);return t.charAt(0).toUpperCase()+t.slice(1)}}}function Ye({tone:e,action:t,children:n}){return o(`div`,{class:`alert ${e}`,role:`note`,children:[o(ee,{name:e===`info`?`info`:`warning`}),o(`div`,{children:n}),t]})}function Xe(t,n=``){let r=c([]),i=c(`waiting`),o=async e=>{i.value=`waiting`;try{let n=await t(r.peek().at(-1)?.pageInfo.endCursor??null,e);if(e.aborted)return;n&&(r.value=[...r.peek(),n]),i.value=n?`loaded`:`failed`}catch(t){if(e.aborted)return;if(t instanceof w)a();else if(t instanceof T)i.value=`failed`;else throw t}},s=c(new AbortController);return e(()=>(s.value=new AbortController,r.value=[],o(s.peek().signal),()=>s.peek().abort()),[n]),{rows:r.value.flatMap(e=>e.nodes),waiting:i.value===`waiting`,failed:i.value===`failed`,more:r.value.at(-1)?.pageInfo.hasNextPage??!1,load:()=>void o(s.peek().signal)}}export{ce as $,ke as A,ae as B,M as C,Ee as D,Te as E,Fe as F,y as G,me as H,T as I,v as J,pe as K,w as L,je as M,Me as N,De as O,Pe as P,b as Q,E as R,j as S,we as T,fe as U,de as V,se as W,ie as X,ue as Y,oe as Z,be as _,R as a,te as at,k as b,Y as c,J as d,ge as et,z as f,F as g,L as h,P as i,h as it,Ae as j,Oe as k,Ve as l,Be as m,Ye as n,re as nt,ze as o,f as ot,B as p,he as q,Je as r,m as rt,I as s,d as st,Xe as t,g as tt,V as u,xe as v,Se as w,A as x,O as y,le as z};