import{_ as e,b as t,c as n,d as r,f as i,g as a,h as o,i as s,l as c,m as l,n as u,o as d,p as f,r as p,s as ee,u as m,v as h,x as te,y as ne}from"./page-BHvf_56J.js";var re=`cycle`,g=h(ae());function _(e){return e===null?location.pathname:`${location.pathname}?${re}=${e}`}function v(e){history.pushState(null,``,_(e)),g.value=e}function ie(e){history.replaceState(null,``,_(e)),g.value=e}addEventListener(`popstate`,()=>{g.value=ae()});function ae(){let e=new URLSearchParams(location.search).get(re)??``;return/^\d{1,6}$/.test(e)?Number(e):null}var y=1e6;function b(e){return new Intl.NumberFormat(f()).format(e)}function oe(e){return new Intl.NumberFormat(f(),{signDisplay:`exceptZero`}).format(e)}function x(e){return new Intl.NumberFormat(f(),{style:`percent`}).format(e/100)}function S(e,t){return new Intl.NumberFormat(f(),{style:`currency`,currency:t}).format(e)}function se(e,t){return Math.max(0,C(e)-C(t))/y}function ce(e,t){return S(e/y,t)}function C(e){return Math.round(Number(e)*y)}function w(e){return O({day:`numeric`,month:`long`}).format(k(e))}function T(e){return O({day:`numeric`,month:`long`,year:`numeric`}).format(k(e))}function le(e,t){return O({day:`numeric`,month:`short`,year:`numeric`}).formatRange(k(e),k(t))}function E(e,t){return new Intl.DateTimeFormat(f(),{timeZone:t,weekday:`short`,day:`numeric`,month:`short`,hour:`2-digit`,minute:`2-digit`}).format(new Date(e))}function ue(e,t){let n=Math.max(0,Math.ceil((Date.parse(e)-t)/6e4)),[r,i,a]=[Math.floor(n/1440),Math.floor(n/60)%24,n%60];return(r>0?[D(r,`day`),D(i,`hour`)]:[D(i,`hour`),D(a,`minute`)]).join(` `)}function D(e,t){let n={style:`unit`,unit:t,unitDisplay:`short`};return new Intl.NumberFormat(f(),n).format(e)}function O(e){return new Intl.DateTimeFormat(f(),{...e,timeZone:`UTC`})}function k(e){return new Date(`${e}T00:00:00Z`)}var de=2e4,A=class extends Error{},j=class extends Error{};async function M(e,t,n){let r=await fe(JSON.stringify({query:e.toString(),variables:t}),n);if(r.status===401)throw new A;if(!r.ok)throw new j;let{data:i=null,errors:a=[]}=await pe(r),o=new Set(a.map(e=>e.extensions?.code??`INTERNAL`));if(o.has(`UNAUTHENTICATED`))throw new A;if(o.has(`INTERNAL`)||o.has(`UNAVAILABLE`))throw new j;return{data:i,codes:o}}async function fe(e,t){let n=m.value.kind===`open`?m.value.token:``;try{return await fetch(`/graphql`,{method:`POST`,headers:{"content-type":`application/json`,authorization:`Bearer ${n}`},body:e,signal:AbortSignal.any([t,AbortSignal.timeout(de)]),credentials:`omit`})}catch{throw new j}}async function pe(e){try{return await e.json()}catch{throw new j}}var N=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new N(`
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
    `,{fragmentName:`CyclesToPick`}),new N(`
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
    `,{fragmentName:`UsageOfCycle`});var me=new N(`
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
}`),he=new N(`
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
    `),ge=new N(`
    query UsagePage($cycle: Int, $cycles: Int!) {
  account {
    id
    name
    status
    interval
    timeZone
    trialEndsAt
    cycle(number: $cycle) {
      ...UsageOfCycle
    }
    nextCycle {
      number
      startsOn
      conversationUsage {
        pending
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
}`),_e=36,ve=100,ye=4e3,be=[5e3,1e4,2e4,3e4],P=h(null),F=h(null),I=h([]),L=h(null),R=h(!1),z=h(!1),B=h(!1),V=h(0),H=new Map,U=null,W=null,G=0,K,q=0;function xe(){e(()=>{m.value.kind===`open`&&we(g.value)}),setInterval(Ne,3e4),addEventListener(`online`,J)}function J(){m.peek().kind===`open`&&Te(g.peek())}var Se=h(!1);async function Ce(){if(W!==null)try{let{data:e}=await M(me,{after:W,first:ve},new AbortController().signal);e?.account?.cycles&&Ae(e.account.cycles)}catch(e){e instanceof A&&n()}}function we(e){a(()=>{F.value=H.get(e)??null,L.value=null,B.value=!1}),G=0,Te(e)}async function Te(e){U?.abort(),clearTimeout(K);let t=U=new AbortController;R.value=!0;let r=setTimeout(()=>z.value=!0,ye);try{let n=await M(ge,{cycle:e,cycles:_e},t.signal);t===U&&a(()=>Ee(e,n.data?.account??null,n.codes))}catch(e){if(t!==U)return;if(e instanceof A)n();else if(e instanceof j)Oe();else throw e}finally{clearTimeout(r),t===U&&a(()=>R.value=z.value=!1)}}function Ee(e,t,n){G=0,B.value=!1,t?.id!==P.peek()?.id&&Me(),P.value=t,t?.cycles&&ke(t.cycles);let r=t?.cycle??null;r!==null&&(H.set(e,r),q=Date.parse(r.computedAt)-Date.now(),Ne()),F.value=r,L.value=r===null?De(n):null;let i=t?.cycles?.nodes[0];L.value===`empty`&&e===null&&i&&ie(i.number)}function De(e){return e.has(`ADMIN_ONLY`)?`member`:e.has(`TRIAL_NO_ACCESS`)?`trial`:e.has(`CYCLE_OUT_OF_RANGE`)?`no-cycle`:P.peek()===null?`no-account`:`empty`}function Oe(){let e=be[Math.min(G,be.length-1)];G+=1,a(()=>{B.value=F.peek()!==null,L.value=B.value?null:`away`}),K=setTimeout(J,e)}function ke(e){let t=e.nodes.at(-1)?.number??0,n=I.peek().filter(e=>e.number<t);I.value=e.nodes,n.length>0?I.value=[...e.nodes,...n]:je(e)}function Ae(e){I.value=[...I.peek(),...e.nodes],je(e)}function je({pageInfo:e}){W=e.endCursor,Se.value=e.hasNextPage}function Me(){H.clear(),I.value=[]}function Ne(){V.value=Date.now()+q}function Y(e){switch(e){case`BROADCAST`:return i._(`Broadcasts`);case`CHAT`:return i._(`Chat`);case`EMAIL`:return i._(`Email`);case`INSTAGRAM`:return`Instagram`;case`SMS`:return`SMS`;case`VOICE`:return i._(`Voice`);case`WHATSAPP`:return`WhatsApp`;default:{let t=e.toLowerCase().replaceAll(`_`,` `);return t.charAt(0).toUpperCase()+t.slice(1)}}}function X({tone:e,children:t}){return s(`div`,{class:`alert ${e}`,role:`note`,children:[s(p,{name:e===`info`?`info`:`warning`}),s(`div`,{children:t})]})}function Pe({done:e,lasting:n=0,base:r,limit:i,tone:a,words:o,write:c}){let l=e+n,u=Math.max(0,l-r),d=Math.max(0,e-r),f=u>0&&r>0,p=[[`done`,Math.min(e,r)],[`lasting`,Math.min(l,r)-Math.min(e,r)],[`left`,Math.max(r,l,1)-l]],ee=[[`done over`,d],[`lasting over`,u-d]];return s(t,{children:[s(`div`,{class:`bar ${a}`,children:[s(`progress`,{class:`hidden`,max:Math.max(i,l,1),value:l,"aria-label":o}),p.map(Fe),f&&s(`span`,{class:`mark`}),ee.map(Fe)]}),f&&s(`div`,{class:`scale`,"aria-hidden":`true`,children:[s(`span`,{style:{flexGrow:r},children:c(r)}),s(`span`,{style:{flexGrow:u},children:c(l)})]})]})}function Fe([e,t]){return t>0&&s(`span`,{class:`part ${e}`,style:{flexGrow:t}},e)}var Ie=90;function Le({cycle:e,balance:n}){let{currency:r,limit:a,percent:o,spentDisplay:c}=n,l=C(n.overspent)>0,u=o!==null&&o>=Ie&&!l,d=l?`over`:u?`nearly low`:``,f=C(a)>0;return s(`section`,{class:`card`,"aria-labelledby":`carrier`,children:[s(`header`,{class:`card-head`,children:[s(`h2`,{id:`carrier`,children:i._(`Carrier cost balance`)}),o!==null&&s(`p`,{class:`share ${d}`,children:[s(`strong`,{children:x(o)}),` `,i._(`spent`)]})]}),s(`p`,{class:`figure`,children:[s(`strong`,{children:S(c,r)}),` `,s(`span`,{children:f?i._(`of {limit} spent`,{limit:S(a,r)}):i._(`spent, without a balance`)})]}),f&&s(t,{children:[s(Pe,{done:C(c),base:C(a),limit:C(a),tone:d,words:i._(`Balance spent`),write:e=>ce(e,r)}),s(Re,{balance:n,current:e.state===`CURRENT`,low:u})]}),e.state===`CURRENT`&&s(ze,{balance:n}),n.scheduledChange&&s(X,{tone:`info`,children:i._(`From {date} on, {amount} per cycle is committed to.`,{date:w(n.scheduledChange.effectiveOn),amount:S(n.scheduledChange.amount,r)})}),s(Be,{balance:n}),s(Ve,{balance:n})]})}function Re({balance:e,current:t,low:n}){let{currency:r,limit:a,overspent:o,spentDisplay:c}=e;return s(`dl`,{class:`legend`,children:[s(`div`,{children:[s(`dt`,{children:[s(`i`,{class:n?`swatch beyond`:`swatch done`}),i._(`Balance spent`)]}),s(`dd`,{children:S(c,r)})]}),C(o)>0?s(`div`,{children:[s(`dt`,{children:[s(`i`,{class:`swatch over`}),i._(`Overspent`)]}),s(`dd`,{children:S(se(c,a),r)})]}):s(`div`,{children:[s(`dt`,{children:[s(`i`,{class:`swatch left`}),t?i._(`Left`):i._(`Not used`)]}),s(`dd`,{children:S(se(a,c),r)})]})]})}function ze({balance:e}){return C(e.limit)===0?s(X,{tone:C(e.overspent)>0?`critical`:`info`,children:i._(`There is no balance: voice calls, SMS, WhatsApp templates and broadcasts cannot be sent.`)}):e.sendAllowed?(e.percent??0)>=Ie?s(X,{tone:`warning`,children:i._(`The balance is running low. Once it is used up, voice calls, SMS, WhatsApp templates and broadcasts stop.`)}):null:s(X,{tone:`critical`,children:i._(`The balance is used up: voice calls, SMS, WhatsApp templates and broadcasts stop until balance is added or the next cycle starts.`)})}function Be({balance:e}){let{currency:t,commitment:n,toppedUp:r,limit:a}=e,o=[[i._(`Committed to`),n],[i._(`Added once`),r]];return s(`table`,{class:`rows`,children:[s(`caption`,{children:i._(`Balance`)}),s(`tbody`,{children:o.map(([e,n])=>s(`tr`,{class:C(n)>0?``:`nothing`,children:[s(`th`,{scope:`row`,children:e}),s(`td`,{children:S(n,t)})]},e))}),s(`tfoot`,{children:s(`tr`,{children:[s(`th`,{scope:`row`,children:i._(`Total`)}),s(`td`,{children:S(a,t)})]})})]})}function Ve({balance:e}){let{byFeature:t,currency:n,spentDisplay:r}=e;return s(`table`,{class:`rows`,children:[s(`caption`,{children:i._(`By sub-feature`)}),s(`thead`,{class:`hidden`,children:s(`tr`,{children:[s(`th`,{scope:`col`,children:i._(`Sub-feature`)}),s(`th`,{scope:`col`,children:i._(`Charges`)}),s(`th`,{scope:`col`,children:i._(`Share`)}),s(`th`,{scope:`col`,children:i._(`Amount`)})]})}),s(`tbody`,{children:[t.map(({feature:e,charges:t,percent:r,display:a})=>s(`tr`,{children:[s(`th`,{scope:`row`,children:Y(e)}),s(`td`,{class:`note`,children:i._(`{charges, plural, one {# charge} other {# charges}}`,{charges:t})}),s(`td`,{class:`note`,children:x(r)}),s(`td`,{children:S(a,n)})]},e)),t.length===0&&s(`tr`,{class:`nothing`,children:[s(`th`,{scope:`row`,children:i._(`No costs yet`)}),s(`td`,{class:`note`}),s(`td`,{class:`note`}),s(`td`,{children:S(0,n)})]})]}),s(`tfoot`,{children:s(`tr`,{children:[s(`th`,{scope:`row`,children:i._(`Total`)}),s(`td`,{class:`note`,children:b(t.reduce((e,t)=>e+t.charges,0))}),s(`td`,{class:`note`}),s(`td`,{children:S(r,n)})]})})]})}function He({numbers:e}){let t=e.byChannel.map(({channel:e,used:t,pending:n})=>({channel:e,count:t??n??0})).sort((e,t)=>t.count-e.count),n=Math.max(1,...t.map(e=>e.count));return s(`table`,{class:`rows`,children:[s(`caption`,{children:i._(`By channel`)}),s(`tbody`,{children:[t.map(({channel:e,count:t})=>s(`tr`,{children:[s(`th`,{scope:`row`,children:Y(e)}),s(`td`,{class:`gauge`,"aria-hidden":`true`,children:s(`progress`,{max:n,value:Math.max(0,t),tabIndex:-1})}),s(`td`,{children:b(t)})]},e)),t.length===0&&s(`tr`,{class:`nothing`,children:[s(`th`,{scope:`row`,children:i._(`No conversations yet`)}),s(`td`,{children:b(0)})]})]}),s(`tfoot`,{children:s(`tr`,{children:[s(`th`,{scope:`row`,children:i._(`Total`)}),s(`td`,{class:`gauge`,"aria-hidden":`true`}),s(`td`,{children:b(e.used??e.pending)})]})})]})}var Ue=90;function We({cycle:e}){let t=e.conversationUsage,{used:n,quota:r,completed:a,inProgress:o,automatic:c,commitment:l,purchased:u}=Z(t),d=c>0?t.percentOfCommitment:t.percentOfQuota,f=Ge(t,d);return s(`section`,{class:`card`,"aria-labelledby":`conversations`,children:[s(`header`,{class:`card-head`,children:[s(`h2`,{id:`conversations`,children:i._(`Standard conversations`)}),d!==null&&s(`p`,{class:`share ${f}`,children:[s(`strong`,{children:x(d)}),` `,c>0?i._(`of the commitment`):i._(`of the quota`)]})]}),s(`p`,{class:`figure`,children:[s(`strong`,{children:b(n)}),` `,s(`span`,{children:i._(`of {quota} used`,{quota:b(r)})})]}),s(Pe,{done:a,lasting:o,base:l+u,limit:r,tone:f,words:i._(`{used} of {quota} used`,{used:b(n),quota:b(r)}),write:b}),s(Ke,{cycle:e}),s(qe,{cycle:e}),s(Ye,{numbers:t}),s(He,{numbers:t})]})}function Ge(e,t){return(e.over??0)>0?`over`:(e.automatic??0)>0||t!==null&&t>=Ue?`nearly`:``}function Z(e){return{used:e.used??0,quota:e.quota??0,completed:e.completed??0,inProgress:e.inProgress??0,automatic:e.automatic??0,commitment:e.commitment??0,purchased:e.purchased??0}}function Ke({cycle:e}){let{left:t,over:n}=e.conversationUsage,{completed:r,inProgress:a,used:o,commitment:c,purchased:l}=Z(e.conversationUsage),u=c+l,d=e.state===`CURRENT`;return s(`dl`,{class:`legend`,children:[s(`div`,{children:[s(`dt`,{children:[s(`i`,{class:`swatch done`}),i._(`Completed`)]}),s(`dd`,{children:b(r)})]}),d&&s(`div`,{children:[s(`dt`,{children:[s(`i`,{class:`swatch lasting`}),i._(`In progress`)]}),s(`dd`,{children:b(a)})]}),o>u&&s(`div`,{children:[s(`dt`,{children:[s(`i`,{class:`swatch ${(n??0)>0?`over`:`beyond`}`}),i._(`Beyond the commitment`)]}),s(`dd`,{children:b(o-u)})]}),(n??0)===0&&s(`div`,{children:[s(`dt`,{children:[s(`i`,{class:`swatch left`}),d?i._(`Left`):i._(`Not used`)]}),s(`dd`,{children:b(t??0)})]})]})}function qe({cycle:e}){let n=e.conversationUsage,{automatic:r,commitment:a,purchased:o,used:c,quota:l}=Z(n);return s(t,{children:[r>0&&s(X,{tone:`warning`,children:i._(`The {base} conversations committed to and bought are used up: {automatic} more were added automatically, at a surcharge, so that messages are still sent.`,{base:b(a+o),automatic:b(r)})}),r===0&&c>l&&s(X,{tone:`warning`,children:i._(`The quota is used up. Messages are still sent.`)}),n.scheduledChange&&s(X,{tone:`info`,children:i._(`From {date} on: {blocks, plural, =0 {no blocks are committed to} one {# block of 100 is committed to} other {# blocks of 100 are committed to}}.`,{date:w(n.scheduledChange.effectiveOn),blocks:n.scheduledChange.blocks})}),n.adjustments.length>0&&s(X,{tone:`info`,children:[i._(`Carried over from closed cycles:`),` `,n.adjustments.map(e=>`${oe(e.change)} ${Y(e.channel)} (${Je(e.reason)})`).join(`, `)]})]})}function Je(e){return e===`LATE`?i._(`late events`):i._(`reversed events`)}function Ye({numbers:e}){let t=[[i._(`Included in the plan`),e.included],[i._(`Committed to`),e.committed],[i._(`Added once`),e.purchased],[i._(`Added automatically`),e.automatic]];return s(`table`,{class:`rows`,children:[s(`caption`,{children:i._(`Quota`)}),s(`tbody`,{children:t.map(([e,t])=>s(`tr`,{class:t?``:`nothing`,children:[s(`th`,{scope:`row`,children:e}),s(`td`,{children:b(t??0)})]},e))}),s(`tfoot`,{children:s(`tr`,{children:[s(`th`,{scope:`row`,children:i._(`Total`)}),s(`td`,{children:b(e.quota??0)})]})})]})}function Q({icon:e,title:t,children:n,action:r}){return s(`section`,{class:`notice`,role:`status`,children:[s(`span`,{class:`notice-icon`,children:s(p,{name:e})}),s(`h2`,{children:t}),s(`p`,{children:n}),r]})}var Xe=20;function Ze({cycle:e}){let{pending:t}=e.conversationUsage;return s(`div`,{class:`cards uneven`,children:[s(`section`,{class:`card`,"aria-labelledby":`pending`,children:[s(`header`,{class:`card-head`,children:s(`h2`,{id:`pending`,children:i._(`Pending conversations`)})}),s(`p`,{class:`figure`,children:[s(`strong`,{children:b(t)}),` `,s(`span`,{children:i._(`{pending, plural, one {conversation is carried over} other {conversations are carried over}}`,{pending:t})})]}),s(`p`,{class:`words`,children:i._(`They are open now and last beyond {end}: each counts in the cycle in which it closes. Nothing else of this cycle is known before it starts.`,{end:w(e.startsOn)})}),s(He,{numbers:e.conversationUsage})]}),s(Qe,{cycle:e},`${e.number} ${e.computedAt}`)]})}function Qe({cycle:e}){let t=o([]),r=o(!1),a=o(new AbortController),c=async()=>{r.value=!1;let i=t.peek().at(-1)?.pageInfo.endCursor??null;try{let{data:n}=await M(he,{cycle:e.number,first:Xe,after:i},a.peek().signal),r=n?.account?.cycle?.conversationUsage.conversations;r&&(t.value=[...t.peek(),r])}catch(e){if(a.peek().signal.aborted)return;if(e instanceof A)n();else if(e instanceof j)r.value=!0;else throw e}};ne(()=>(e.conversationUsage.pending>0&&c(),()=>a.peek().abort()),[]);let l=t.value.flatMap(e=>e.nodes),u=t.value.at(-1)?.pageInfo.hasNextPage??!1,d=e.conversationUsage.pending>0&&l.length===0&&!r.value;return s(`section`,{class:`card`,"aria-labelledby":`countdown`,"aria-busy":d,children:[s(`header`,{class:`card-head`,children:[s(`h2`,{id:`countdown`,children:i._(`Countdown`)}),s(`p`,{class:`note`,children:i._(`Lands in {cycle}`,{cycle:le(e.startsOn,e.endsOn)})})]}),d&&s(`div`,{class:`skeleton lines`,"aria-hidden":`true`}),l.length>0&&s(`table`,{class:`rows countdown`,children:[s(`caption`,{class:`hidden`,children:i._(`When each pending conversation closes, the last one first`)}),s(`thead`,{children:s(`tr`,{children:[s(`th`,{scope:`col`,children:i._(`Contact`)}),s(`th`,{scope:`col`,children:i._(`Closes`)})]})}),s(`tbody`,{children:l.map(({contact:t,channel:n,closesAt:r})=>s(`tr`,{children:[s(`th`,{scope:`row`,children:[s(`span`,{class:`contact`,children:t}),s(`span`,{class:`note`,children:Y(n)})]}),s(`td`,{children:[s(`time`,{dateTime:r,children:E(r,e.timeZone)}),s(`span`,{class:`note`,children:i._(`in {time}`,{time:ue(r,V.value)})})]})]},`${t} ${n} ${r}`))})]}),e.conversationUsage.pending===0&&s(`p`,{class:`words`,children:i._(`No conversation that is open now lasts into this cycle.`)}),r.value&&s(`p`,{class:`words`,children:i._(`The list cannot be loaded right now.`)}),(u||r.value)&&s(`button`,{type:`button`,class:`button`,onClick:()=>void c(),children:r.value?i._(`Try again`):i._(`Show more`)})]})}function $e(){return s(`div`,{class:`cards`,"aria-busy":`true`,children:[s(`p`,{class:`hidden`,role:`status`,children:i._(`Loading …`)}),[`conversations`,`carrier`].map(e=>s(`div`,{class:`card`,"aria-hidden":`true`,children:[s(`div`,{class:`skeleton head`}),s(`div`,{class:`skeleton number`}),s(`div`,{class:`skeleton line`}),s(`div`,{class:`skeleton lines`}),s(`div`,{class:`skeleton lines`})]},e))]})}var et=`older`;function tt({shown:e}){let t=rt(I.value,F.value),n=e??t.find(e=>e.state===`CURRENT`)?.number??null,r=t.some(e=>e.number===n),a=[[i._(`To come`),t.filter(e=>e.state===`FUTURE`)],[i._(`Current`),t.filter(e=>e.state===`CURRENT`)],[i._(`Past`),t.filter(e=>e.state!==`FUTURE`&&e.state!==`CURRENT`)]],o=async e=>{e===et?await Ce():v(nt(t,Number(e)))};return s(`nav`,{class:`picker`,"aria-label":i._(`Billing cycle`),children:[s($,{to:n===null?null:n-1,listed:t,icon:`back`,children:i._(`Previous cycle`)}),s(`span`,{class:`select`,children:[s(p,{name:`calendar`}),s(`select`,{"aria-label":i._(`Billing cycle`),value:n===null?``:String(n),onChange:e=>void o(e.currentTarget.value),children:[!r&&s(`option`,{value:n??``,children:i._(`Choose a cycle`)}),a.filter(([,e])=>e.length>0).map(([e,t])=>s(`optgroup`,{label:e,children:t.map(e=>s(`option`,{value:e.number,children:le(e.startsOn,e.endsOn)},e.number))},e)),Se.value&&s(`option`,{value:et,children:i._(`Older cycles …`)})]})]}),s($,{to:n===null?null:n+1,listed:t,icon:`forward`,children:i._(`Next cycle`)})]})}function $({to:e,listed:t,icon:n,children:r}){let i=t[0]?.number??-1;if(e===null||e<0||e>i)return s(`span`,{class:`step`,"aria-hidden":`true`,children:s(p,{name:n})});let a=nt(t,e);return s(`a`,{class:`step`,href:_(a),"aria-label":r,title:r,onClick:e=>{e.ctrlKey||e.metaKey||e.shiftKey||(e.preventDefault(),v(a))},children:s(p,{name:n})})}function nt(e,t){return e.find(e=>e.state===`CURRENT`)?.number===t?null:t}function rt(e,t){return t===null||e.some(e=>e.number===t.number)?e:[...e,t].sort((e,t)=>t.number-e.number)}var it=864e5;function at(){let e=F.value;return s(`div`,{class:`toolbar`,children:[s(tt,{shown:g.value??e?.number??null}),s(ot,{shown:e}),e?s(st,{cycle:e}):s(`p`,{class:`standing`,children:`\xA0`})]})}function ot({shown:e}){return s(`div`,{class:`stamp`,children:[s(`p`,{role:`status`,class:B.value?`stale`:``,children:e&&(B.value?i._(`No connection. As of {time}`,{time:E(e.computedAt,e.timeZone)}):i._(`As of {time}`,{time:E(e.computedAt,e.timeZone)}))}),s(`button`,{type:`button`,class:`button`,onClick:J,"aria-busy":R.value,children:[s(p,{name:`refresh`}),i._(`Refresh`)]})]})}function st({cycle:e}){return s(`p`,{class:`standing`,children:[s(`span`,{class:`pill ${e.state.toLowerCase()}`,children:ct(e)}),s(`span`,{children:lt(e)}),s(`span`,{children:i._(`Time zone: {zone}`,{zone:e.timeZone})}),P.value?.status===`ENDED`&&s(`span`,{children:i._(`This account has ended.`)})]})}function ct(e){switch(e.state){case`FUTURE`:return i._(`To come`);case`CURRENT`:return i._(`Current`);case`PROVISIONAL`:return i._(`Provisional`);case`CLOSED`:return i._(`Closed`)}}function lt(e){switch(e.state){case`FUTURE`:return i._(`Starts on {date}`,{date:T(e.startsOn)});case`CURRENT`:return i._(`{days, plural, =1 {Ends today} other {# days left, ends on {date}}}`,{days:ut(e),date:T(e.endsOn)});case`PROVISIONAL`:return i._(`Ended on {date}, still takes late events`,{date:T(e.endsOn)});case`CLOSED`:return i._(`Ended on {date}`,{date:T(e.endsOn)})}}function ut(e){return Math.max(1,Math.ceil((Date.parse(e.endsAt)-V.value)/it))}function dt(){let e=i._(`Your usage`),t=P.value?.name;return ne(()=>{document.title=t?`${e} – ${t}`:e},[e,t]),s(`div`,{class:`page`,children:[s(u,{}),s(`main`,{children:[s(`div`,{class:`title`,children:[s(`h1`,{children:e}),t&&s(`p`,{children:t})]}),s(ft,{})]})]})}function ft(){let{kind:e}=m.value;if(e===`none`)return s(gt,{});if(e===`expired`)return s(_t,{});let n=L.value;if(n!==null&&n!==`no-cycle`&&n!==`away`)return s(yt,{why:n});let r=F.value;return s(t,{children:[s(at,{}),z.value&&s(`p`,{class:`slow`,role:`status`,children:i._(`This takes longer than usual …`)}),n===null?r?s(pt,{cycle:r}):s($e,{}):s(yt,{why:n})]})}function pt({cycle:e}){return e.state===`FUTURE`?s(Ze,{cycle:e}):s(`div`,{class:`cards`,children:[s(We,{cycle:e}),s(`div`,{class:`column`,children:[e.carrierBalance&&s(Le,{cycle:e,balance:e.carrierBalance}),e.state===`CURRENT`&&s(mt,{})]})]})}function mt(){let e=P.value?.nextCycle;if(!e||e.conversationUsage.pending===0)return null;let{pending:t}=e.conversationUsage;return s(`section`,{class:`card next`,"aria-labelledby":`next`,children:[s(`header`,{class:`card-head`,children:[s(`h2`,{id:`next`,children:i._(`Next cycle`)}),s(`p`,{class:`note`,children:i._(`Starts on {date}`,{date:w(e.startsOn)})})]}),s(`p`,{class:`words`,children:i._(`{pending, plural, one {# open conversation closes in the next cycle and counts there.} other {# open conversations close in the next cycle and count there.}}`,{pending:t})}),s(`p`,{children:s(ht,{cycle:e.number,children:i._(`See what is pending`)})})]})}function ht({cycle:e,look:t=``,children:n}){return s(`a`,{class:t,href:_(e),onClick:t=>{t.ctrlKey||t.metaKey||t.shiftKey||(t.preventDefault(),v(e))},children:n})}function gt(){return s(Q,{icon:`lock`,title:i._(`Please sign in`),action:c&&s(vt,{children:i._(`Choose a demo user`)}),children:c?i._(`This is the demo: choose whose usage you would like to see.`):i._(`This page opens from your account's settings, where you are signed in.`)})}function _t(){return s(Q,{icon:`hourglass`,title:i._(`Your session has expired`),action:c?s(vt,{children:i._(`Choose a demo user`)}):ee&&s(`button`,{type:`button`,class:`button primary`,onClick:d,children:i._(`Sign in again`)}),children:i._(`Nothing is lost. Sign in again to see the numbers of now.`)})}function vt({children:e}){return s(`a`,{class:`button primary`,href:`/`,children:e})}function yt({why:e}){switch(e){case`member`:return s(Q,{icon:`lock`,title:i._(`Only admins see this page`),children:i._(`Usage and commitments are shown to admins of the account. Ask one of them.`)});case`trial`:return s(Q,{icon:`hourglass`,title:i._(`No usage overview in the free trial`),children:s(bt,{})});case`no-cycle`:return s(Q,{icon:`calendar`,title:i._(`There is no such cycle`),action:s(ht,{cycle:null,look:`button primary`,children:i._(`Go to the current cycle`)}),children:i._(`Past cycles can be seen, the current one, and the one that comes next.`)});case`no-account`:case`empty`:return s(Q,{icon:`info`,title:i._(`There is nothing to show yet`),children:i._(`The account has no billing cycle so far.`)});case`away`:return s(Q,{icon:`cloud`,title:i._(`The numbers cannot be reached right now`),action:s(`button`,{type:`button`,class:`button primary`,onClick:J,children:i._(`Try again`)}),children:i._(`Your messages are still counted. The page tries again by itself.`)})}}function bt(){let e=P.value?.trialEndsAt;if(!e)return null;let n=T(xt(e,P.value?.timeZone??`UTC`));return s(t,{children:Date.parse(e)>Math.max(V.value,Date.now())?i._(`Your trial ends on {date}. The overview starts with your subscription.`,{date:n}):i._(`Your trial ended on {date}. The overview starts with your subscription.`,{date:n})})}function xt(e,t){return new Intl.DateTimeFormat(`sv-SE`,{timeZone:t}).format(new Date(e))}xe(),r(),await l(),te(s(dt,{}),document.getElementById(`app`));