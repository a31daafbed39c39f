var e,t,n,r,i,a,o,s,c,l,u,d=Symbol.for(`pv`),f={},p=[],m=/^m(i|n|o|s|text|space)$/,h=Array.isArray,g=p.slice,_=Object.assign;function v(e){e&&e.parentNode&&e.remove()}function y(e,t,n){var r,i,a,o={},s=arguments.length;for(a in t)a==`key`?r=t[a]:a==`ref`&&typeof e!=`function`?i=t[a]:o[a]=t[a];return s>2&&(o.children=s>3?g.call(arguments,2):n),b(e,o,r,i,null)}function b(n,r,i,a,o){var s={type:n,props:r,key:i,ref:a,__k:null,__:null,__b:0,__e:null,__c:null,constructor:d,__v:o||++t,__i:-1,__u:0};return!o&&e.vnode&&e.vnode(s),s}function x(e){return e.children}function S(e,t){this.props=e,this.context=t,this.__g=0}function C(e,t){if(t==null)return e.__&&C(e.__,e.__i+1);for(var n;t<e.__k.length;t++)if((n=e.__k[t])&&n.__e)return n.__e;return typeof e.type!=`function`||e.props.__P?null:C(e)}function w(t){var n,r=t.__v,i=r.__e,a=[],o=[],s=t.__P;s&&((n=_({constructor:d},r)).__v=r.__v+1,e.vnode&&e.vnode(n),ie(s,n,r,t.__n,s.namespaceURI,32&r.__u?[i]:null,a,i||C(r),32&r.__u,o),n.__v=r.__v,n.__.__k[n.__i]=n,j(a,n,o),r.__=r.__e=null,n.__e!=i&&T(n))}function T(e){if((e=e.__)&&e.__c&&!e.props.__P)return e.__e=null,e.__k.some(function(t){return t&&(e.__e=t.__e)}),T(e)}function E(t){(8&t.__g||(t.__g|=8,r.push(t),a++))&&i==e.debounceRendering||((i=e.debounceRendering)||queueMicrotask)(D)}function D(){try{for(var e,t=1;r.length;)r.length>t&&r.sort(o),e=r.shift(),t=r.length,8&e.__g&&w(e)}finally{(a=r.length)&&(i||queueMicrotask)(D)}}function ee(e,t,n,r,i,a,o,s,c,l,u){var d,m,h,g,_,v,y=r.__k||p,b=t.length;for(c=te(n,t,y,c,b),d=0;d<b;d++)(h=n.__k[d])!=null&&(m=~h.__i&&y[h.__i]||f,h.__i=d,v=ie(e,h,m,i,a,o,s,c,l,u),g=h.__e,(m.ref!=h.ref||8&m.__u)&&(m.ref&&M(m.ref,null,h,m),h.ref&&u.push(h.ref,h.__c||g,h)),_||=g,4&h.__u?(c=O(h,c,e,!m.__v),m.__e&&(m.__e=null)):typeof h.type==`function`&&v!==void 0?c=v:g&&(c=g.nextSibling),h.__u&=-21);return n.__e=_,c}function te(e,t,n,r,i){var a,o,s,c,l,u,f,p,m,g=n.length,_=g,v=0,y=0,S=e.__k=Array(i);for(a=0;a<i;a++)(o=t[a])!=null&&typeof o!=`boolean`&&typeof o!=`function`?(typeof o!=`object`||o.constructor===String?o=S[a]=b(null,o):h(o)?o=S[a]=b(x,{children:o}):o.constructor===d&&o.__b?o=S[a]=b(o.type,o.props,o.key,o.ref,o.__v):S[a]=o,c=a+v,o.__=e,o.__b=e.__b+1,s=null,~(l=o.__i=ne(o,n,c,_))&&(_--,(s=n[l])&&(s.__u|=2)),s&&s.__v?(o.__u|=16,l==c-1?v--:l==c+1?v++:l!=c&&(l>c?v--:v++,y=1)):(~l||(i>g?v--:i<g&&v++),typeof o.type!=`function`&&(o.__u|=4))):S[a]=null;if(y){for(u=[],f=[],a=0;a<i;a++)if((o=S[a])&&16&o.__u){for(v=0,p=u.length;v<p;)u[m=v+p>>1]<o.__i?v=m+1:p=m;u[v]=o.__i,f[a]=v+1}for(v=u.length;a--;)f[a]&&(f[a]==v?v--:S[a].__u|=4)}if(_)for(a=0;a<g;a++)!(s=n[a])||2&s.__u||(s.__e==r&&(r=C(s)),ce(s,s));return r}function O(e,t,n,r){var i,a,o,s;if(typeof e.type==`function`){if(e.props.__P)return t;if(i=e.__k)for(a=0;a<i.length;a++)i[a]&&(i[a].__=e,t=O(i[a],t,n,!1));return t}for(t&&!t.parentNode&&(t=C(e))&&!t.parentNode&&(t=null),o=e.__e,s=t;s&&s.nodeType==8;)s=s.nextSibling;for(o!=s&&(!r&&n.moveBefore&&o.parentNode?n.moveBefore(o,t):n.insertBefore(o,t||null)),t=o;(t&&=t.nextSibling)&&t.nodeType==8&&!t.data.startsWith(`$s`););return t}function ne(e,t,n,r){var i,a=e.key,o=e.type,s=t[n],c=s&&!(2&s.__u);if(s===null&&a==null||c&&a==s.key&&o==s.type)return n;if(r>+!!c){for(i=n-1;i>=0;i--)if((s=t[i])&&!(2&s.__u)&&a==s.key&&o==s.type)return i;for(i=n+1;i<t.length;i++)if((s=t[i])&&!(2&s.__u)&&a==s.key&&o==s.type)return i}return-1}function re(e,t,n){n??=``,t[0]==`-`?e.setProperty(t,n):e[t]=n}function k(e,t,n,r,i){var a,o;if(t==`style`){if(typeof n==`string`)e.style.cssText=n;else{if(typeof r==`string`&&(e.style.cssText=r=``),r)for(t in r)n&&t in n||re(e.style,t);if(n)for(t in n)r&&n[t]==r[t]||re(e.style,t,n[t])}}else if(t[0]==`o`&&t[1]==`n`)typeof n!=`function`&&(n=null),typeof r!=`function`&&(r=null),(e.__e||={})[t]=n,n&&r||(o=u[t]||(u[t]=A(t)),(e.__a||={})[t]=l,a=t!=(t=t.replace(c,`$1`)),(t=t.slice(2))[0]<`a`&&(t=t.toLowerCase()),n?e.addEventListener(t,o,a):e.removeEventListener(t,o,a));else{if(i==`http://www.w3.org/2000/svg`)t=t.replace(/xlink(H|:h)/,`h`).replace(/sName$/,`s`);else if(t!=`width`&&t!=`height`&&t!=`href`&&t!=`list`&&t!=`form`&&t!=`tabIndex`&&t!=`download`&&t!=`rowSpan`&&t!=`colSpan`&&t!=`role`&&t!=`popover`&&t in e)try{e[t]=n??``;return}catch{}if(typeof n==`function`)return;n==null||!1===n&&t[4]!=`-`?e.removeAttribute(t):e.setAttribute(t,t==`popover`&&n==1?``:n)}}function A(t){return function(n){var r=this.__e;if(r){if(r=r[t],n[s]==null)n[s]=l++;else if(n[s]<this.__a[t])return;return r(e.event?e.event(n):n)}}}function ie(t,n,r,i,a,o,s,c,l,u){var f,m,g,y,b,w,T,E,D,te,O,ne,re,k,A,ie,j,M,N=n.type;if(n.constructor!==d)return null;128&r.__u&&(l=32&r.__u,f=r.__c.__z)&&(n.__u|=l,m=o=[],f.nodeType==8?c=ae(f,o):o.push(f),c=o[0]||c),(f=e.__b)&&f(n);n:if(typeof N==`function`){g=s.length;try{if(E=n.props,D=(f=N.prototype)&&f.render,te=(f=N.contextType)&&i[f.__c],O=f?te?te.props.value:f.__:i,(y=r.__c)?(n.__c=y,2&y.__g&&(y.__g|=1)):(D?n.__c=y=new N(E,O):(n.__c=y=new S(E,O),y.constructor=N,y.render=le),te&&te.sub(y),y.state||(y.state={}),y.__n=i,y.__g|=8,y.__h=[],y.__k=[]),D&&(y.__s||(y.__s=y.state),N.getDerivedStateFromProps&&(y.__s==y.state&&(y.__s=_({},y.__s)),_(y.__s,N.getDerivedStateFromProps(E,y.__s)))),b=y.props,w=y.state,y.__v=n,r.__c){if(E!==b&&D&&!N.getDerivedStateFromProps&&y.componentWillReceiveProps&&y.componentWillReceiveProps(E,O),n.__v==r.__v&&!(8&y.__g)||!(4&y.__g)&&y.shouldComponentUpdate&&!1===y.shouldComponentUpdate(E,y.__s,O)){n.__v!=r.__v&&(y.props=E,y.state=y.__s,y.__g&=-9),n.__e=r.__e,n.__k=r.__k,n.__k.some(function(e){e&&(e.__=n)}),p.push.apply(y.__h,y.__k),y.__k=[],y.__h.length&&s.push(y),c=C(r);break n}y.componentWillUpdate&&y.componentWillUpdate(E,y.__s,O),D&&y.componentDidUpdate&&y.__h.push(function(){y.componentDidUpdate(b,w,T)})}else D&&!N.getDerivedStateFromProps&&y.componentWillMount&&y.componentWillMount(),D&&y.componentDidMount&&y.__h.push(y.componentDidMount);y.context=O,y.props=E,y.__P=t,y.__g&=-5,ne=e.__r,re=D?25:0;do y.__g&=-9,ne&&ne(n),f=y.render(y.props,y.state=y.__s,y.context);while(8&y.__g&&++re<25);D&&(p.push.apply(y.__h,y.__k),y.__k=[]),y.state=y.__s,y.getChildContext&&(i=_({},i,y.getChildContext())),D&&r.__c&&y.getSnapshotBeforeUpdate&&(T=y.getSnapshotBeforeUpdate(b,w)),k=f&&f.type===x&&f.key==null?f.props.children:f,E.__P&&(f=c,a=(t=E.__P).namespaceURI,l=o=null,r.props&&r.props.__P!=t&&(r.__k.some(function(e){e&&ce(e,e)}),r.__k=null),c=r.__k?C(r,0):null),c=ee(t,h(k)?k:[k],n,r,i,a,o,s,c,l,u),E.__P&&(n.__e=null,c=f),n.__u&=-161,m&&m.some(v),y.__h.length&&s.push(y),1&y.__g&&(y.__g&=-4)}catch(t){if(s.length=g,n.__v=null,l||o){if(t&&t.then){if(n.__u|=128|l,o){for(~(j=o.indexOf(c||void 0))||(j=o.length);(M=o[j-1])&&M.nodeType==8;)j--;for(;j<o.length;j++)if(M=o[j]){if(o[j]=null,A){if(M==ie)break}else{if(M.nodeType!=8)break;M.data.startsWith(`$s`)&&(ie=ae(A=M))}}}if(!A){for(;c&&c.nodeType==8&&c.nextSibling;)c=c.nextSibling;A=c}(f=ae(A=n.__c.__z||(n.__c.__z=A)))?(n.__e=A,c=f):n.__e=c,c&&=c.nextSibling}else o&&o.some(v)}else n.__e=r.__e;n.__k||=r.__k||[],t&&t.then||oe(n),e.__e(t,n,r)}}else c=n.__e=se(r.__e,n,r,i,a,o,s,l,u,t);return(f=e.diffed)&&f(n),c}function ae(e,t){if(e&&e.nodeType==8&&e.data.startsWith(`$s`))for(var n=1;e=e.nextSibling;){if(e.nodeType==8){if(e.data.startsWith(`$s`))n++;else if(e.data.startsWith(`/$s`)&&!--n)return e}t&&t.push(e)}}function oe(e){e&&(e.__c&&(e.__c.__g|=4),e.__k&&e.__k.some(oe))}function j(t,n,r){for(var i=0;i<r.length;)M(r[i++],r[i++],r[i++]);e.__c&&e.__c(n,t),t.some(function(n){try{t=n.__h,n.__h=[],t.some(function(e){e.call(n)})}catch(t){e.__e(t,n.__v)}})}function se(t,n,r,i,a,o,s,c,l,u){var d,p,_,y,b,x,S,w,T=r.props||f,E=n.props,D=n.type;if(D==`svg`?a=`http://www.w3.org/2000/svg`:D==`math`?a=`http://www.w3.org/1998/Math/MathML`:a||=`http://www.w3.org/1999/xhtml`,o){for(d=0;d<o.length;d++)if((b=o[d])&&(D?b.localName==D:b.nodeType==3)){t=b,o[d]=null;break}}if(!t){if(w=u.ownerDocument||document,!D)return w.createTextNode(E);t=w.createElementNS(a,D,E.is?E:u),c&&=(e.__m&&e.__m(n,o),!1),o=null}if(D){if(u=D==`template`&&t.content||t,o=D==`textarea`&&E.defaultValue!=null?null:o&&g.call(u.childNodes),!c&&o)for(T={},d=0;d<t.attributes.length;d++)T[(b=t.attributes[d]).name]=b.value;for(d in T)b=T[d],d==`dangerouslySetInnerHTML`?_=b:d==`children`||d in E||d==`value`&&`defaultValue`in E||d==`checked`&&`defaultChecked`in E||k(t,d,null,b,a);for(d in E)b=E[d],d==`children`?y=b:d==`dangerouslySetInnerHTML`?p=b:d==`value`?x=b:d==`checked`?S=b:c&&typeof b!=`function`||T[d]===b||k(t,d,b,T[d],a);p?(c||_&&(p.__html==_.__html||p.__html==t.innerHTML)||(t.innerHTML=p.__html),n.__k=[]):(_&&(t.textContent=``),(D==`foreignObject`||a==`http://www.w3.org/1998/Math/MathML`&&m.test(D))&&(a=`http://www.w3.org/1999/xhtml`),ee(u,h(y)?y:[y],n,r,i,a,o,s,o?o[0]:r.__k&&C(r,0),c,l),o&&o.some(v)),c&&D!=`textarea`||(d=`value`,D==`progress`&&x==null?t.removeAttribute(d):x==null||x===t[d]&&(D!=`progress`||x)||k(t,d,x,T[d],a),d=`checked`,S!=null&&S!=t[d]&&k(t,d,S,T[d],a))}else T===E||c&&t.data==E||(t.data=E);return t}function M(t,n,r,i){try{typeof t==`function`?n?n.__x=t(n)||1:(i&&=i.__c||i.__e)&&(n=i.__x)&&(i.__x=null,typeof n==`function`?n():t(null)):t.current=n}catch(t){e.__e(t,r)}}function ce(t,n,r){var i,a,o,s;if(e.unmount&&e.unmount(t),!(i=t.ref)||i.current&&i.current!=t.__e||M(i,null,n,t),i=t.__c){if(i.componentWillUnmount)try{i.componentWillUnmount()}catch(t){e.__e(t,n)}i.__P=i.__n=null}if(i=t.__k)for(s=0;s<i.length;s++)i[s]&&ce(i[s],n,typeof t.type!=`function`||r&&!t.props.__P);!r&&(i=t.__c)&&(i=i.__z)&&(a=ae(i,o=[]))&&(i==t.__e&&o.some(v),v(a),v(i)),r||v(t.__e),t.__e=t.__c=t.__=null}function le(e,t,n){return this.constructor(e,n)}function N(t,n){var r,i,a,o;e.__&&e.__(t,n),n.nodeType==9&&(n=n.documentElement),i=(r=t&&32&t.__u)?null:n.__k,n.__k=b(x,{children:[t]}),a=[],o=[],ie(n,n.__k,i||f,f,n.namespaceURI,i?null:n.firstChild?g.call(n.childNodes):null,a,i?i.__e:n.firstChild,r,o),j(a,n.__k,o),n.__k.props.children=null}e={__e:function(e,t,n,r){for(var i,o,s;t=t.__;)if((i=t.__c)&&!(1&i.__g)){i.__g|=4;try{if((s=(o=i.constructor)&&o.getDerivedStateFromError)&&i.setState(o.getDerivedStateFromError(e)),i.componentDidCatch&&(i.componentDidCatch(e,r||{}),s=1),s&&8&i.__g)return void(i.__g|=2)}catch(t){e=t}}throw a=0,e}},t=0,n=function(e){return e!=null&&e.constructor===d},S.prototype.setState=function(e,t){var n=this.__s;n&&n!=this.state||(n=this.__s=_({},this.state)),typeof e==`function`&&(e=e(_({},n),this.props)),e&&(_(n,e),this.__v&&(t&&this.__k.push(t),E(this)))},S.prototype.forceUpdate=function(e){this.__v&&(this.__g|=4,e&&this.__h.push(e),E(this))},S.prototype.render=x,r=[],a=0,o=function(e,t){return e.__v.__b-t.__v.__b},s=Symbol(),c=/(PointerCapture)$|Capture$/i,l=0,u={};var ue,P,de,fe,pe=Object.is,me=0,he=[],ge=[],F=e,_e=F.__b,ve=F.__r,ye=F.diffed,be=F.__c,xe=F.unmount,Se=F.__;function Ce(e,t){F.__h&&F.__h(P,e,me||t),me=0;var n=P.__H||(P.__H={__:[],__h:[]});return e>=n.__.length&&n.__.push({}),n.__[e]}function we(e,t){var n=Ce(ue++,3);!F.__s&&Fe(n.__H,t)&&(n.__P=!0,n.__=e,n.u=t,P.__H.__h.push(n))}function Te(e,t){var n=Ce(ue++,4);!F.__s&&Fe(n.__H,t)&&(n.__P=!1,n.__=e,n.u=t,P.__h.push(n))}function Ee(e){return me=5,De(function(){return{current:e}},[])}function De(e,t){var n=Ce(ue++,7);return Fe(n.__H,t)&&(n.__=e(),n.__H=t),n.__}function Oe(){var e=Ce(ue++,11);if(!e.__){for(var t=P.__v;!t.__m&&t.__;)t=t.__;var n=t.__m||(t.__m=[0,0]);e.__=`P`+n[0]+`-`+n[1]++}return e.__}function ke(){var e;do{for(;e=ge.shift();)try{Ne(e)}catch(t){F.__e(t,{__:(e=e.__P)&&e.__v})}for(;e=he.shift();){var t=e.__H;if(e.__P&&t)try{t.__h.some(Ne),t.__h.some(Pe),t.__h=[]}catch(n){t.__h=[],F.__e(n,e.__v)}}}while(ge.length)}F.__b=function(e){P=null,_e&&_e(e)},F.__=function(e,t){e&&t.__k&&t.__k.__m&&(e.__m=t.__k.__m),Se&&Se(e,t)},F.__r=function(e){ve&&ve(e),ue=0;var t=(P=e.__c).__H;t&&(de==P?P.__h=[]:(t.__h.some(Ne),t.__h.some(Pe),ue=0),t.__h=[],t.__.some(function(e){e.__N&&(e.__=e.__N),e.u=e.__N=void 0})),de=P},F.diffed=function(e){ye&&ye(e);var t=e.__c;t&&t.__H&&(t.__H.__h.length&&Me(he.push(t)),t.__H.__.some(function(e){e.u&&(e.__H=e.u)})),de=P=null},F.__c=function(e,t){t.some(function(e){try{e.__h.some(Ne),e.__h=e.__h.filter(function(e){return!e.__||Pe(e)})}catch(t){e.__h=[function(){throw t}]}}),be&&be(e,t)},F.unmount=function(e){xe&&xe(e);var t,n,r=e.__c;r&&r.__H&&(r.__H.__.some(function(r){try{if(r.__P&&r.__c){if(n===void 0){for(n=e.__;n&&(!n.__c||!n.__c.__P);)n=n.__;n&&=n.__c}r.__P=n,Me(ge.push(r))}else Ne(r)}catch(e){t=e}}),r.__H=void 0,t&&F.__e(t,r.__v))};var Ae=typeof requestAnimationFrame==`function`;function je(e){var t,n=function(){clearTimeout(r),Ae&&cancelAnimationFrame(t),setTimeout(e)},r=setTimeout(n,35);Ae&&(t=requestAnimationFrame(n))}function Me(e){e!=1&&fe==F.requestAnimationFrame||((fe=F.requestAnimationFrame)||je)(ke)}function Ne(e){var t=P,n=e.__c;typeof n==`function`&&(e.__c=void 0,n()),P=t}function Pe(e){var t=P;e.__c=e.__(),P=t}function Fe(e,t){return!e||e.length!=t.length||t.some(function(t,n){return!pe(t,e[n])})}var Ie=Symbol.for(`preact-signals`);function Le(){if(L>1)L--;else{var e,t=!1;for((function(){var e=Ge;for(Ge=void 0;e!==void 0;){var t=e.S;if(t.v===e.v)for(var n=t.t;n!==void 0;n=n.x)n.i===e.i&&(n.i=t.i);e=e.o}})();Ve!==void 0;){var n=Ve;for(Ve=void 0,He++;n!==void 0;){var r=n.u;if(n.u=void 0,n.f&=-3,!(8&n.f)&&Je(n))try{n.c()}catch(n){t||=(e=n,!0)}n=r}}if(He=0,L--,t)throw e}}function Re(e){if(L>0)return e();We=++Ue,L++;try{return e()}finally{Le()}}var ze,I=void 0;function Be(e){var t=I,n=ze;I=void 0,ze=void 0;try{return e()}finally{I=t,ze=n}}var Ve=void 0,L=0,He=0,Ue=0,We=0,Ge=void 0,Ke=0;function qe(e){if(I!==void 0){var t=e.n;if(t===void 0||t.t!==I)return t={i:0,S:e,p:I.s,n:void 0,t:I,e:void 0,x:void 0,r:t},I.s!==void 0&&(I.s.n=t),I.s=t,e.n=t,32&I.f&&e.S(t),t;if(t.i===-1)return t.i=0,t.n!==void 0&&(t.n.p=t.p,t.p!==void 0&&(t.p.n=t.n),t.p=I.s,t.n=void 0,I.s.n=t,I.s=t),t}}function R(e,t){this.v=e,this.i=0,this.n=void 0,this.t=void 0,this.l=0,this.W=t?.watched,this.Z=t?.unwatched,this.name=t?.name}R.prototype.brand=Ie,R.prototype.h=function(){return!0},R.prototype.S=function(e){var t=this,n=this.t;n!==e&&e.e===void 0&&(e.x=n,this.t=e,n===void 0?Be(function(){var e;(e=t.W)==null||e.call(t)}):n.e=e)},R.prototype.U=function(e){var t=this;if(this.t!==void 0){var n=e.e,r=e.x;n!==void 0&&(n.x=r,e.e=void 0),r!==void 0&&(r.e=n,e.x=void 0),e===this.t&&(this.t=r,r===void 0&&Be(function(){var e;(e=t.Z)==null||e.call(t)}))}},R.prototype.subscribe=function(e){var t=this;return H(function(){var n=t.value;Be(function(){return e(n)})},{name:`sub`})},R.prototype.valueOf=function(){return this.value},R.prototype.toString=function(){return this.value+``},R.prototype.toJSON=function(){return this.value},R.prototype.peek=function(){var e=this;return Be(function(){return e.value})},Object.defineProperty(R.prototype,"value",{get:function(){var e=qe(this);return e!==void 0&&(e.i=this.i),this.v},set:function(e){if(e!==this.v){if(He>100)throw Error(`Cycle detected`);(function(e){L!==0&&He===0&&e.l!==We&&(e.l=We,Ge={S:e,v:e.v,i:e.i,o:Ge})})(this),this.v=e,this.i++,Ke++,L++;try{for(var t=this.t;t!==void 0;t=t.x)t.t.N()}finally{Le()}}}});function z(e,t){return new R(e,t)}function Je(e){for(var t=e.s;t!==void 0;t=t.n)if(t.S.i!==t.i||!t.S.h()||t.S.i!==t.i)return!0;return!1}function Ye(e){for(var t=e.s;t!==void 0;t=t.n){var n=t.S.n;if(n!==void 0&&(t.r=n),t.S.n=t,t.i=-1,t.n===void 0){e.s=t;break}}}function Xe(e){for(var t=e.s,n=void 0;t!==void 0;){var r=t.p;t.i===-1?(t.S.U(t),r!==void 0&&(r.n=t.n),t.n!==void 0&&(t.n.p=r)):n=t,t.S.n=t.r,t.r!==void 0&&(t.r=void 0),t=r}e.s=n}function B(e,t){R.call(this,void 0,t),this.x=e,this.s=void 0,this.g=Ke-1,this.f=4}B.prototype=new R,B.prototype.h=function(){if(this.f&=-3,1&this.f)return!1;if((36&this.f)==32||(this.f&=-5,this.g===Ke))return!0;if(this.g=Ke,this.f|=1,this.i>0&&!Je(this))return this.f&=-2,!0;var e=I;try{Ye(this),I=this;var t=this.x();(16&this.f||this.v!==t||this.i===0)&&(this.v=t,this.f&=-17,this.i++)}catch(e){this.v=e,this.f|=16,this.i++}return I=e,Xe(this),this.f&=-2,!0},B.prototype.S=function(e){if(this.t===void 0){this.f|=36;for(var t=this.s;t!==void 0;t=t.n)t.S.S(t)}R.prototype.S.call(this,e)},B.prototype.U=function(e){if(this.t!==void 0&&(R.prototype.U.call(this,e),this.t===void 0)){this.f&=-33;for(var t=this.s;t!==void 0;t=t.n)t.S.U(t)}},B.prototype.N=function(){if(!(2&this.f)){this.f|=6;for(var e=this.t;e!==void 0;e=e.x)e.t.N()}},Object.defineProperty(B.prototype,"value",{get:function(){if(1&this.f)throw Error(`Cycle detected`);var e=qe(this);if(this.h(),e!==void 0&&(e.i=this.i),16&this.f)throw this.v;return this.v}});function Ze(e,t){return new B(e,t)}function Qe(e){var t=e.j;if(e.j=void 0,typeof t==`function`){L++;var n=I;I=void 0;try{t()}catch(t){throw e.f&=-2,e.f|=8,$e(e),t}finally{I=n,Le()}}}function $e(e){for(var t=e.s;t!==void 0;t=t.n)t.S.U(t);e.x=void 0,e.s=void 0,Qe(e)}function et(e){if(I!==this)throw Error(`Out-of-order effect`);Xe(this),I=e,this.f&=-2;try{8&this.f&&$e(this)}finally{Le()}}function V(e,t){this.x=e,this.j=void 0,this.s=void 0,this.u=void 0,this.f=32,this.name=t?.name,ze&&ze.push(this)}V.prototype.c=function(){var e=this.S();try{if(8&this.f||this.x===void 0)return;var t=this.x();typeof t==`function`&&(this.j=t)}finally{e()}},V.prototype.S=function(){if(1&this.f)throw Error(`Cycle detected`);this.f|=1,this.f&=-9,Qe(this),Ye(this),L++;var e=I;return I=this,et.bind(this,e)},V.prototype.N=function(){2&this.f||(this.f|=2,this.u=Ve,Ve=this)},V.prototype.d=function(){this.f|=8,1&this.f||$e(this)},V.prototype.dispose=function(){this.d()};function H(e,t){var n=new V(e,t);try{n.c()}catch(e){throw n.d(),e}var r=n.d.bind(n);return r[Symbol.dispose]=r,r}var tt,nt,rt=typeof window<`u`&&!!window.__PREACT_SIGNALS_DEVTOOLS__,it=[];H(function(){tt=this.N})();function at(t,n){e[t]=n.bind(null,e[t]||function(){})}function ot(e){if(nt){var t=nt;nt=void 0,t()}nt=e&&e.S()}function st(e){var t=this,r=e.data,i=lt(r);i.name=`ReactiveDom`,i.value=r;var a=De(function(){for(var e=t,r=t.__v;r=r.__;)if(r.__c){r.__c.__$f|=4;break}var a=Ze(function(){var e=i.value.value;return e===0?0:!0===e?``:e||``}),o=Ze(function(){return!Array.isArray(a.value)&&!n(a.value)}),s=H(function(){if(this.N=ft,o.value){var t=a.value;e.__v&&e.__v.__e&&e.__v.__e.nodeType===3&&(e.__v.__e.data=t)}}),c=t.__$u.d;return t.__$u.d=function(){s(),c.call(this)},[o,a]},[]),o=a[0],s=a[1];return o.value?s.peek():s.value}st.displayName=`ReactiveTextNode`,Object.defineProperties(R.prototype,{constructor:{configurable:!0,value:y(x,null).constructor},type:{configurable:!0,value:st},props:{configurable:!0,get:function(){var e=this;return{data:{get value(){return e.value}}}}},__b:{configurable:!0,value:1}}),at(`__b`,function(e,t){if(ot(),typeof t.type==`string`){var n,r=t.props;for(var i in r)if(i!==`children`){var a=r[i];a instanceof R&&(n||(t.__np=n={}),n[i]=a,r[i]=a.peek())}}e(t)}),at(`__r`,function(e,t){if(e(t),t.type!==x){ot();var n,r=t.__c;r&&(r.__$f&=-2,(n=r.__$u)===void 0&&(r.__$u=n=function(e,t){var n;return H(function(){n=this},{name:t}),n.c=e,n}(function(e){return function(){var t;rt&&((t=this.y)==null||t.call(this)),e.__$f|=1,e.setState({})}}(r),typeof t.type==`function`?t.type.displayName||t.type.name:``))),ot(n)}}),at(`__e`,function(e,t,n,r){ot(),e(t,n,r)}),at(`diffed`,function(e,t){ot();var n;if(typeof t.type==`string`&&(n=t.__e)){var r=t.__np,i=t.props,a=n.U;if(a)for(var o in a){var s=a[o];s===void 0||r&&o in r||(s.d(),a[o]=void 0)}if(r)for(var c in a||(a={},n.U=a),r){var l=a[c],u=r[c];l===void 0?(l=ct(n,c,u,i),a[c]=l):l.o(u,i)}}e(t)});function ct(e,t,n,r){var i=t in e&&e.ownerSVGElement===void 0,a=z(n);return{o:function(e,t){a.value=e,r=t},d:H(function(){this.N=ft;var n=a.value.value;r[t]!==n&&(r[t]=n,i?e[t]=n:n!=null&&(!1!==n||t[4]===`-`)?e.setAttribute(t,n):e.removeAttribute(t))})}}at(`unmount`,function(e,t){if(typeof t.type==`string`){var n=t.__e;if(n){var r=n.U;if(r)for(var i in n.U=void 0,r){var a=r[i];a&&a.d()}}var o=t.__np;if(o){var s=t.props;for(var c in o)s[c]=o[c]}t.__np=void 0}else{var l=t.__c;if(l){l.__$f|=8;var u=l.__$u;u&&(l.__$u=void 0,u.d())}}e(t)}),at(`__h`,function(e,t,n,r){r<3&&(t.__$f|=2),e(t,n,r)}),S.prototype.shouldComponentUpdate=function(e,t){if(this.__R)return!0;var n=this.__$u,r=n&&n.s!==void 0;for(var i in t)return!0;if(this.__f||typeof this.u==`boolean`&&!0===this.u){var a=2&this.__$f;if(!(r||a||4&this.__$f)||1&this.__$f)return!0}else if(!(r||4&this.__$f)||3&this.__$f)return!0;for(var o in e)if(o!==`__source`&&e[o]!==this.props[o])return!0;for(var s in this.props)if(!(s in e))return!0;return!1};function lt(e,t){return De(function(){return z(e,t)},[])}var ut=function(e){queueMicrotask(function(){queueMicrotask(e)})};function dt(){Re(function(){for(var e;e=it.shift();)tt.call(e)})}function ft(){it.push(this)===1&&(e.requestAnimationFrame||ut)(dt)}var pt=`account`,mt=`cycle`,ht=new URLSearchParams(location.search).get(pt)||null,U=z(yt());function gt(e){let t=new URLSearchParams;ht!==null&&t.set(pt,ht),e!==null&&t.set(mt,String(e));let n=String(t);return n===``?location.pathname:`${location.pathname}?${n}`}function _t(e){history.pushState(null,``,gt(e)),U.value=e}function vt(e){history.replaceState(null,``,gt(e)),U.value=e}addEventListener(`popstate`,()=>{U.value=yt()});function yt(){let e=new URLSearchParams(location.search).get(mt)??``;return/^\d{1,6}$/.test(e)?Number(e):null}var W=z({kind:`waiting`}),bt=`kontingent-demo-user`,xt=1e4,St=At(`kontingent-origin`),Ct=St!==null&&window.parent!==window,wt=At(`kontingent-demo`)!==null,G=wt?jt():null;function Tt(){G===null?Ct?(addEventListener(`message`,Ot),kt(`kontingent:ready`),setTimeout(()=>{W.value.kind===`waiting`&&(W.value={kind:`none`})},xt)):W.value={kind:`none`}:W.value={kind:`open`,token:G.token}}function Et(){W.value={kind:`expired`},kt(`kontingent:expired`)}function Dt(){kt(`kontingent:expired`)}function Ot({origin:e,source:t,data:n}){if(e!==St||t!==window.parent||typeof n!=`object`||!n)return;let{type:r,token:i}=n;r===`kontingent:token`&&typeof i==`string`&&(W.value={kind:`open`,token:i})}function kt(e){Ct&&window.parent.postMessage({type:e},St??``)}function At(e){return document.querySelector(`meta[name="${e}"]`)?.content??null}function jt(){let e=sessionStorage.getItem(bt);return e===null?null:JSON.parse(e)}var Mt=z(null),Nt=z(null);function Pt(e){Nt.value=null,Mt.value=e}function Ft(){Mt.value=null}H(()=>{U.value,W.value.kind,Mt.value=null,Nt.value=null});var K=e=>typeof e==`string`,It=e=>typeof e==`function`,Lt=new Map,Rt=`en`;function zt(e){return[...Array.isArray(e)?e:[e],Rt]}function Bt(e,t,n){let r=zt(e);n||=`default`;let i;if(typeof n==`string`)switch(i={day:`numeric`,month:`short`,year:`numeric`},n){case`full`:i.weekday=`long`;case`long`:i.month=`long`;break;case`short`:i.month=`numeric`}else i=n;return Wt(()=>Gt(`date`,r,n),()=>new Intl.DateTimeFormat(r,i)).format(K(t)?new Date(t):t)}function Vt(e,t,n){let r;if(n||=`default`,typeof n==`string`)switch(r={second:`numeric`,minute:`numeric`,hour:`numeric`},n){case`full`:case`long`:r.timeZoneName=`short`;break;case`short`:delete r.second}else r=n;return Bt(e,t,r)}function Ht(e,t,n){let r=zt(e);return Wt(()=>Gt(`number`,r,n),()=>new Intl.NumberFormat(r,n)).format(t)}function Ut(e,t,n,{offset:r=0,...i}){let a=zt(e),o=t?Wt(()=>Gt(`plural-ordinal`,a),()=>new Intl.PluralRules(a,{type:`ordinal`})):Wt(()=>Gt(`plural-cardinal`,a),()=>new Intl.PluralRules(a,{type:`cardinal`}));return i[n]??i[o.select(n-r)]??i.other}function Wt(e,t){let n=e(),r=Lt.get(n);return r||(r=t(),Lt.set(n,r)),r}function Gt(e,t,n){return`${e}-${t.join(`-`)}-${JSON.stringify(n)}`}var Kt=/\\u[a-fA-F0-9]{4}|\\x[a-fA-F0-9]{2}/,qt=e=>e.replace(/\\u([a-fA-F0-9]{4})|\\x([a-fA-F0-9]{2})/g,(e,t,n)=>{if(t){let e=parseInt(t,16);return String.fromCharCode(e)}{let e=parseInt(n,16);return String.fromCharCode(e)}}),Jt=`%__lingui_octothorpe__%`,Yt=(e,t,n={})=>{let r=t||e,i=e=>typeof e==`object`?e:n[e],a=(e,t)=>{let a=Object.keys(n).length?i(`number`):void 0,o=Ht(r,e,a);return t.replace(new RegExp(Jt,`g`),o)};return{plural:(e,t)=>{let{offset:n=0}=t,i=Ut(r,!1,e,t);return a(e-n,i)},selectordinal:(e,t)=>{let{offset:n=0}=t,i=Ut(r,!0,e,t);return a(e-n,i)},select:Xt,number:(e,t)=>Ht(r,e,i(t)||{style:t}),date:(e,t)=>Bt(r,e,i(t)||t),time:(e,t)=>Vt(r,e,i(t)||t)}},Xt=(e,t)=>t[e]??t.other;function Zt(e,t,n){return(r={},i)=>{let a=Yt(t,n,i),o=(e,t=!1)=>Array.isArray(e)?e.reduce((e,n)=>{if(n===`#`&&t)return e+Jt;if(K(n))return e+n;let[i,s,c]=n,l={};s===`plural`||s===`selectordinal`||s===`select`?Object.entries(c).forEach(([e,t])=>{l[e]=o(t,s===`plural`||s===`selectordinal`)}):l=c;let u;if(s){let e=a[s];u=e(r[i],l)}else u=r[i];return u==null?e:e+u},``):e,s=o(e);return K(s)&&Kt.test(s)?qt(s):K(s)?s:s?String(s):``}}var Qt=Object.defineProperty,$t=(e,t,n)=>t in e?Qt(e,t,{enumerable:!0,configurable:!0,writable:!0,value:n}):e[t]=n,en=(e,t,n)=>($t(e,typeof t==`symbol`?t:t+``,n),n),tn=class{constructor(){en(this,`_events`,{})}on(e,t){var n;return(n=this._events)[e]??(n[e]=[]),this._events[e].push(t),()=>this.removeListener(e,t)}removeListener(e,t){let n=this._getListeners(e);if(!n)return;let r=n.indexOf(t);~r&&n.splice(r,1)}emit(e,...t){let n=this._getListeners(e);n&&n.map(e=>e.apply(this,t))}_getListeners(e){let t=this._events[e];return Array.isArray(t)?t:!1}},nn=Object.defineProperty,rn=(e,t,n)=>t in e?nn(e,t,{enumerable:!0,configurable:!0,writable:!0,value:n}):e[t]=n,q=(e,t,n)=>(rn(e,typeof t==`symbol`?t:t+``,n),n),an=class extends tn{constructor(e){super(),q(this,`_locale`,``),q(this,`_locales`),q(this,`_localeData`,{}),q(this,`_messages`,{}),q(this,`_missing`),q(this,`_messageCompiler`),q(this,`t`,this._.bind(this)),e.missing!=null&&(this._missing=e.missing),e.messages!=null&&this.load(e.messages),e.localeData!=null&&this.loadLocaleData(e.localeData),(typeof e.locale==`string`||e.locales)&&this.activate(e.locale??Rt,e.locales)}get locale(){return this._locale}get locales(){return this._locales}get messages(){return this._messages[this._locale]??{}}get localeData(){return this._localeData[this._locale]??{}}_loadLocaleData(e,t){let n=this._localeData[e];n?Object.assign(n,t):this._localeData[e]=t}setMessagesCompiler(e){return this._messageCompiler=e,this}loadLocaleData(e,t){typeof e==`string`?this._loadLocaleData(e,t):Object.keys(e).forEach(t=>this._loadLocaleData(t,e[t])),this.emit(`change`)}_load(e,t){let n=this._messages[e];n?Object.assign(n,t):this._messages[e]=t}load(e,t){typeof e==`string`&&typeof t==`object`?this._load(e,t):Object.entries(e).forEach(([e,t])=>this._load(e,t)),this.emit(`change`)}loadAndActivate({locale:e,locales:t,messages:n}){this._locale=e,this._locales=t||void 0,this._messages[this._locale]=n,this.emit(`change`)}activate(e,t){this._locale=e,this._locales=t,this.emit(`change`)}_(e,t,n){if(!this.locale)throw Error(`Lingui: Attempted to call a translation function without setting a locale.
Make sure to call \`i18n.activate(locale)\` before using Lingui functions.
This issue may also occur due to a race condition in your initialization logic.`);let r=n?.message;e||=``,K(e)||(t=e.values||t,r=e.message,e=e.id);let i=this.messages[e],a=i===void 0,o=this._missing;if(o&&a)return It(o)?o(this._locale,e):o;a&&this.emit(`missing`,{id:e,locale:this._locale});let s=i||r||e;return K(s)&&(this._messageCompiler?s=this._messageCompiler(s):console.warn(`Uncompiled message detected! Message:

> ${s}

That means you use raw catalog or your catalog doesn't have a translation for the message and fallback was used.
ICU features such as interpolation and plurals will not work properly for that message. 

Please compile your catalog first. 
`)),K(s)&&Kt.test(s)?qt(s):K(s)?s:Zt(s,this._locale,this._locales)(t,n?.formats)}date(e,t){return Bt(this._locales||this._locale,e,t)}number(e,t){return Ht(this._locales||this._locale,e,t)}};function on(e={}){return new an(e)}var sn=on(),cn=(function(){let e=typeof document<`u`&&document.createElement(`link`).relList;return e&&e.supports&&e.supports(`modulepreload`)?`modulepreload`:`preload`})(),ln=function(e){return`/`+e},un={},dn=function(e){return e.pathname.endsWith(`.css`)},fn=function(e,t,n){if(t in e)return e[t];let r=n();if(!r){e[t]=void 0;return}let i=r.then(()=>{e[t]=void 0},n=>{throw e[t]=void 0,n});return e[t]=i,i},pn=function(e,t,n){let r=Promise.resolve();if(t&&t.length>0){let e,i=document.querySelector(`meta[property=csp-nonce]`),a=i?.nonce||i?.getAttribute(`nonce`);function o(e){return Promise.all(e.map(e=>Promise.resolve(e).then(e=>({status:`fulfilled`,value:e}),e=>({status:`rejected`,reason:e}))))}function s(e){return import.meta.resolve?new URL(import.meta.resolve(e)):new URL(e,import.meta.url)}r=o(t.map(t=>{t=ln(t,n);let r=s(t),i=dn(r);return fn(un,r.href,()=>{if(e===void 0){e={all:new Set,styles:new Set};let t=document.getElementsByTagName(`link`);for(let n=t.length-1;n>=0;n--){let r=t[n];e.all.add(r.href),r.rel===`stylesheet`&&e.styles.add(r.href)}}if((i?e.styles:e.all).has(r.href))return;let t=document.createElement(`link`);if(t.rel=i?`stylesheet`:cn,i||(t.as=`script`),t.crossOrigin=``,t.href=r.href,a&&t.setAttribute(`nonce`,a),document.head.appendChild(t),i)return new Promise((e,n)=>{let i=a=>{t.removeEventListener(`load`,i),t.removeEventListener(`error`,i),a.type===`error`?n(Error(`Unable to preload CSS for ${r}`)):e(a)};t.addEventListener(`load`,i),t.addEventListener(`error`,i)})})}).filter(e=>e!==void 0))}function i(e){let t=new Event(`vite:preloadError`,{cancelable:!0});if(t.payload=e,window.dispatchEvent(t),!t.defaultPrevented)throw e}return r.then(t=>{for(let e of t||[])e.status===`rejected`&&i(e.reason);return e().catch(i)})},mn={de:`Deutsch`,en:`English`,fr:`Français`,nl:`Nederlands`},hn={de:()=>pn(()=>import(`./de-CkLHt536.js`),[]),en:()=>pn(()=>import(`./en-D4-169Xa.js`),[]),fr:()=>pn(()=>import(`./fr-BiGANI4j.js`),[]),nl:()=>pn(()=>import(`./nl-CWs02yw-.js`),[])},gn=`kontingent-language`,_n=z(`en`),J={_(e,t){return _n.value&&sn._(e,t)}};async function vn(){let e=document.documentElement.lang;await bn([xn(),e].find(Sn)??`en`)}async function yn(e){await bn(e);try{localStorage.setItem(gn,e)}catch{}}function Y(){let e=_n.value,t=navigator.languages.filter(t=>t.split(`-`)[0]===e);return t.find(e=>e.includes(`-`))??t[0]??e}async function bn(e){let{messages:t}=await hn[e]();sn.loadAndActivate({locale:e,messages:t}),document.documentElement.lang=e,_n.value=e}function xn(){try{return localStorage.getItem(gn)}catch{return null}}function Sn(e){return e!==null&&e in mn}var Cn=1e6;function wn(e){return new Intl.NumberFormat(Y()).format(e)}function Tn(e){return new Intl.NumberFormat(Y(),{signDisplay:`exceptZero`}).format(e)}function En(e){return new Intl.NumberFormat(Y(),{style:`percent`}).format(e/100)}function Dn(e,t){return new Intl.NumberFormat(Y(),{style:`currency`,currency:t}).format(e)}function On(e,t){let n={style:`currency`,currency:t,maximumFractionDigits:6};return new Intl.NumberFormat(Y(),n).format(e)}function kn(e,t){let n={style:`currency`,currency:t,minimumFractionDigits:Number.isInteger(e)?0:2};return new Intl.NumberFormat(Y(),n).format(e)}function An(e){return new Intl.NumberFormat(Y(),{maximumFractionDigits:6}).format(e)}function jn(e,t){return Math.max(0,Nn(e)-Nn(t))/Cn}function Mn(e,t){return Dn(e/Cn,t)}function Nn(e){return Math.round(Number(e)*Cn)}function Pn(e){return Gn({day:`numeric`,month:`long`}).format(X(e))}function Fn(e){return Gn({day:`numeric`,month:`short`}).format(X(e))}function In(e){return Gn({month:`short`}).format(X(e))}function Ln(e){return Gn({year:`numeric`}).format(X(e))}function Rn(e){return Gn({day:`numeric`,month:`long`,year:`numeric`}).format(X(e))}function zn(e,t){return Gn({day:`numeric`,month:`short`,year:`numeric`}).formatRange(X(e),X(t))}function Bn(e,t){return new Intl.DateTimeFormat(Y(),{timeZone:t,weekday:`short`,day:`numeric`,month:`short`,hour:`2-digit`,minute:`2-digit`}).format(new Date(e))}function Vn(e,t){return new Intl.DateTimeFormat(Y(),{day:`numeric`,month:`short`,year:`numeric`,timeZone:t}).format(new Date(e))}function Hn(e,t){let n={dateStyle:`medium`,timeStyle:`short`,timeZone:t};return new Intl.DateTimeFormat(Y(),n).format(new Date(e))}function Un(e,t){let n=Math.max(0,Math.ceil((Date.parse(e)-t)/6e4)),[r,i,a]=[Math.floor(n/1440),Math.floor(n/60)%24,n%60];return(r>0?[Wn(r,`day`),Wn(i,`hour`)]:[Wn(i,`hour`),Wn(a,`minute`)]).join(` `)}function Wn(e,t){let n={style:`unit`,unit:t,unitDisplay:`short`};return new Intl.NumberFormat(Y(),n).format(e)}function Gn(e){return new Intl.DateTimeFormat(Y(),{...e,timeZone:`UTC`})}function X(e){return new Date(`${e}T00:00:00Z`)}var Kn=2e4,qn=class extends Error{},Jn=class extends Error{};async function Yn(e,t,n){let r={account:ht,...t},{data:i=null,errors:a=[]}=await Zn(await Xn(`/graphql`,n,{method:`POST`,headers:{"content-type":`application/json`},body:JSON.stringify({query:e.toString(),variables:r})})),o=new Set(a.map(e=>e.extensions?.code??`INTERNAL`));if(o.has(`UNAUTHENTICATED`))throw new qn;if(o.has(`INTERNAL`)||o.has(`UNAVAILABLE`))throw new Jn;return{data:i,codes:o,field:a[0]?.extensions?.field??null}}async function Xn(e,t,n={}){let r=W.peek(),i=r.kind===`open`?r.token:``,a=await fetch(e,{...n,headers:{...n.headers,authorization:`Bearer ${i}`},signal:AbortSignal.any([t,AbortSignal.timeout(Kn)]),credentials:`omit`}).catch(()=>null);if(a?.status===401)throw new qn;if(!a?.ok)throw new Jn;return a}async function Zn(e){try{return await e.json()}catch{throw new Jn}}var Z=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new Z(`
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
    `,{fragmentName:`ChangeOfMeter`}),new Z(`
    fragment Changed on MeterChanged {
  kind
  version
  effectiveOn
}
    `,{fragmentName:`Changed`}),new Z(`
    fragment CycleOverTime on Cycle {
  number
  state
  startsOn
  endsOn
  conversationUsage {
    used
    inProgress
    commitment
    quota
  }
  carrierBalance {
    spent
    commitment
    limit
  }
}
    `,{fragmentName:`CycleOverTime`}),new Z(`
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
    `,{fragmentName:`CyclesToPick`}),new Z(`
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
    `,{fragmentName:`PreviewedCycle`}),new Z(`
    fragment PreviewedLosses on Losses {
  scheduledCommitments {
    blocks
    amount
    effectiveOn
  }
}
    `,{fragmentName:`PreviewedLosses`}),new Z(`
    fragment PreviewedCover on PendingCover {
  conversations
  quota
  covered
  automaticBlocks
  automaticPrice
}
    `,{fragmentName:`PreviewedCover`}),new Z(`
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
}`,{fragmentName:`PreviewedChange`}),new Z(`
    fragment SeriesOfCycle on UsageSeries {
  points {
    startsAt
    endsAt
    startsOn
    endsOn
    conversations
    conversationsTotal
    spent
    spentTotal
  }
  adjustedConversations
  adjustedSpent
}
    `,{fragmentName:`SeriesOfCycle`}),new Z(`
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
    `,{fragmentName:`UsageOfCycle`});var Qn=new Z(`
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
}`),$n=new Z(`
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
}`),er=new Z(`
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
}`),tr=new Z(`
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
}`),nr=new Z(`
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
}`),rr=new Z(`
    query ChangesMeanwhile($account: ID, $meter: Meter!, $first: Int!) {
  account(id: $account) {
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
}`),ir=new Z(`
    query CostOfCycle($account: ID, $cycle: Int!, $first: Int!, $after: String) {
  account(id: $account) {
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
    `),ar=new Z(`
    query Ledger($account: ID, $first: Int!, $after: String) {
  account(id: $account) {
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
}`),or=new Z(`
    query OlderCycles($account: ID, $after: String!, $first: Int!) {
  account(id: $account) {
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
}`),sr=new Z(`
    query OverTime($account: ID, $cycle: Int!, $months: Boolean!, $cycles: Int!) {
  account(id: $account) {
    days: usageSeries(cycle: $cycle, by: DAY) {
      ...SeriesOfCycle
    }
    months: usageSeries(cycle: $cycle, by: MONTH) @include(if: $months) {
      ...SeriesOfCycle
    }
    cycles(first: $cycles) {
      nodes {
        ...CycleOverTime
      }
    }
  }
}
    fragment CycleOverTime on Cycle {
  number
  state
  startsOn
  endsOn
  conversationUsage {
    used
    inProgress
    commitment
    quota
  }
  carrierBalance {
    spent
    commitment
    limit
  }
}
fragment SeriesOfCycle on UsageSeries {
  points {
    startsAt
    endsAt
    startsOn
    endsOn
    conversations
    conversationsTotal
    spent
    spentTotal
  }
  adjustedConversations
  adjustedSpent
}`),cr=new Z(`
    query PendingConversations($account: ID, $cycle: Int!, $first: Int!, $after: String) {
  account(id: $account) {
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
    `),lr=new Z(`
    query PreviewBlocks($account: ID, $blocks: Int!, $cycle: WhichCycle!) {
  preview: previewBlocks(
    input: {accountId: $account, blocks: $blocks, cycle: $cycle}
  ) {
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
}`),ur=new Z(`
    query PreviewCommitment($account: ID, $meter: Meter!, $blocks: Int, $amount: Money) {
  preview: previewCommitmentChange(
    input: {accountId: $account, meter: $meter, blocks: $blocks, amount: $amount}
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
}`),dr=new Z(`
    query PreviewTopUp($account: ID, $amount: Money!) {
  preview: previewTopUp(input: {accountId: $account, amount: $amount}) {
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
}`),fr=new Z(`
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
    `),pr=new Z(`
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
    `),mr=new Z(`
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
    `),hr=new Z(`
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
    `),gr=new Z(`
    query Settings($account: ID) {
  account(id: $account) {
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
    `),_r=new Z(`
    subscription UsageChanged($account: ID) {
  usageChanged(accountId: $account) {
    cycle {
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
}`),vr=new Z(`
    query UsagePage($account: ID, $cycle: Int, $cycles: Int!) {
  account(id: $account) {
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
}`),yr=new Z(`
    query WhyCharges($account: ID, $cycle: Int!, $first: Int!, $after: String) {
  account(id: $account) {
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
    `),br=new Z(`
    query WhyConversations($account: ID, $cycle: Int!, $first: Int!, $after: String, $contact: String, $channel: String) {
  account(id: $account) {
    cycle(number: $cycle) {
      conversationUsage {
        conversations(
          first: $first
          after: $after
          contact: $contact
          channel: $channel
        ) {
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
    `),xr=36,Sr=100,Cr=4e3,wr=[5e3,1e4,2e4,3e4],Tr=z(null),Er=z(null),Q=z([]),Dr=z(null),Or=z(!1),kr=z(!1),Ar=z(!1),jr=z(0);function Mr(e){let t=Q.value.find(t=>t.number===e);return t?zn(t.startsOn,t.endsOn):J._(`cycle {number}`,{number:e})}function Nr(e){return Q.peek().find(e=>e.state===`CURRENT`)?.number===e?null:e}var Pr=new Map,Fr=null,Ir=null,Lr=0,Rr,zr=0;function Br(){H(()=>{W.value.kind===`open`&&Wr(U.value)}),setInterval(ei,3e4),addEventListener(`online`,Vr)}function Vr(){W.peek().kind===`open`&&Gr(U.peek())}var Hr=z(!1);async function Ur(){if(Ir!==null)try{let{data:e}=await Yn(or,{after:Ir,first:Sr},new AbortController().signal);e?.account?.cycles&&Zr(e.account.cycles)}catch(e){e instanceof qn&&Et()}}function Wr(e){Re(()=>{Er.value=Pr.get(e)??null,Dr.value=null,Ar.value=!1}),Lr=0,Gr(e)}async function Gr(e){Fr?.abort(),clearTimeout(Rr);let t=Fr=new AbortController;Or.value=!0;let n=setTimeout(()=>kr.value=!0,Cr);try{let n=await Yn(vr,{cycle:e,cycles:xr},t.signal);t===Fr&&Re(()=>Kr(e,n.data?.account??null,n.codes))}catch(e){if(t!==Fr)return;if(e instanceof qn)Et();else if(e instanceof Jn)Yr();else throw e}finally{clearTimeout(n),t===Fr&&Re(()=>Or.value=kr.value=!1)}}function Kr(e,t,n){Lr=0,Ar.value=!1,t?.id!==Tr.peek()?.id&&$r(),Tr.value=t,t?.cycles&&Xr(t.cycles);let r=t?.cycle??null;r===null?(Ft(),Er.value=null):qr(r),Dr.value=r===null?Jr(n):null;let i=t?.cycles?.nodes[0];Dr.value===`empty`&&e===null&&i&&vt(i.number)}function qr(e){let t=Pr.get(e.number);t&&Date.parse(t.computedAt)>Date.parse(e.computedAt)||(Pr.set(e.number,e),e.state===`CURRENT`&&Pr.set(null,e),zr=Date.parse(e.computedAt)-Date.now(),ei(),Er.value=Pr.get(U.peek())??null)}function Jr(e){return e.has(`ADMIN_ONLY`)?`member`:e.has(`TRIAL_NO_ACCESS`)?`trial`:e.has(`CYCLE_OUT_OF_RANGE`)?`no-cycle`:Tr.peek()===null?`no-account`:`empty`}function Yr(){let e=wr[Math.min(Lr,wr.length-1)];Lr+=1,Re(()=>{Ar.value=Er.peek()!==null,Dr.value=Ar.value?null:`away`}),Rr=setTimeout(Vr,e)}function Xr(e){let t=e.nodes.at(-1)?.number??0,n=Q.peek().filter(e=>e.number<t);Q.value=e.nodes,n.length>0?Q.value=[...e.nodes,...n]:Qr(e)}function Zr(e){Q.value=[...Q.peek(),...e.nodes],Qr(e)}function Qr({pageInfo:e}){Ir=e.endCursor,Hr.value=e.hasNextPage}function $r(){Ft(),Pr.clear(),Q.value=[]}function ei(){jr.value=Date.now()+zr}function ti(e){switch(e){case`BROADCAST`:return J._(`Broadcasts`);case`CHAT`:return J._(`Chat`);case`EMAIL`:return J._(`Email`);case`INSTAGRAM`:return`Instagram`;case`SMS`:return`SMS`;case`VOICE`:return J._(`Voice`);case`WHATSAPP`:return`WhatsApp`;default:{let t=e.toLowerCase().replaceAll(`_`,` `);return t.charAt(0).toUpperCase()+t.slice(1)}}}var ni=Symbol.for(`pv`),ri=0;Array.isArray;function $(t,n,r,i,a,o){n||={};var s,c,l=n;if(`ref`in l&&typeof t!=`function`)for(c in l={},n)c==`ref`?s=n[c]:l[c]=n[c];var u={type:t,props:l,key:r,ref:s,__k:null,__:null,__b:0,__e:null,__c:null,constructor:ni,__v:--ri,__i:-1,__u:0};return(a||o)&&(u.__source=a,u.__self=o),e.vnode&&e.vnode(u),u}var ii={back:`M10 3.5 5.5 8l4.5 4.5`,forward:`M6 3.5 10.5 8 6 12.5`,refresh:`M13.5 8a5.5 5.5 0 1 1-1.6-3.9L13.5 5.7M13.5 2.5v3.2h-3.2`,warning:`M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1`,info:`M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 7.4v3.4M8 5.2v.1`,close:`M4 4l8 8M12 4l-8 8`,plus:`M8 3v10M3 8h10`,calendar:`M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.2V4M10.5 2.2V4`,lock:`M3.5 7.2h9v6.3h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2`,hourglass:`M4 2.2h8M4 13.8h8M5 2.2c0 3 6 3.6 6 5.8s-6 2.8-6 5.8M11 2.2c0 3-6 3.6-6 5.8s6 2.8 6 5.8`,cloud:`M4.6 12.5a3.1 3.1 0 0 1-.2-6.2 4 4 0 0 1 7.6 1 2.6 2.6 0 0 1-.4 5.2zM2 2l12 12`,globe:`M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M1.8 8h12.4M8 1.8c4 4 4 8.4 0 12.4M8 1.8c-4 4-4 8.4 0 12.4`,person:`M8 8.2a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8M2.5 14c.6-2.8 2.8-4.2 5.5-4.2s4.9 1.4 5.5 4.2`};function ai({name:e}){return $(`svg`,{class:`icon icon-${e}`,viewBox:`0 0 16 16`,"aria-hidden":`true`,children:$(`path`,{d:ii[e]})})}function oi({tone:e,action:t,children:n}){return $(`div`,{class:`alert ${e}`,role:`note`,children:[$(ai,{name:e===`info`?`info`:`warning`}),$(`div`,{children:n}),t]})}function si({cycle:e,look:t=``,children:n}){return $(`a`,{class:t,href:gt(e),onClick:t=>{t.ctrlKey||t.metaKey||t.shiftKey||(t.preventDefault(),ci(e))},children:n})}function ci(e){_t(e),document.querySelector(`h1`)?.focus()}function li(e,t=``){let n=lt([]),r=lt(`waiting`),i=async t=>{r.value=`waiting`;try{let i=await e(n.peek().at(-1)?.pageInfo.endCursor??null,t);if(t.aborted)return;i&&(n.value=[...n.peek(),i]),r.value=i?`loaded`:`failed`}catch(e){if(t.aborted)return;if(e instanceof qn)Et();else if(e instanceof Jn)r.value=`failed`;else throw e}},a=lt(new AbortController);return we(()=>(a.value=new AbortController,n.value=[],i(a.peek().signal),()=>a.peek().abort()),[t]),{rows:n.value.flatMap(e=>e.nodes),waiting:r.value===`waiting`,failed:r.value===`failed`,more:n.value.at(-1)?.pageInfo.hasNextPage??!1,load:()=>void i(a.peek().signal)}}function ui(){return $(`header`,{class:`top`,children:[G&&$(`p`,{class:`demo-bar`,children:[$(ai,{name:`person`}),$(`span`,{children:G.role===`admin`?J._(`Demo: you are an admin of {name}.`,{name:G.name}):J._(`Demo: you are a member of {name}.`,{name:G.name})}),$(`a`,{href:`/`,children:J._(`Change user`)})]}),$(`div`,{class:`crumbs`,children:[$(`ol`,{"aria-label":J._(`You are here`),children:[$(`li`,{children:J._(`Settings`)}),$(`li`,{children:J._(`Account`)})]}),$(di,{})]})]})}function di(){return $(`span`,{class:`select small`,children:[$(ai,{name:`globe`}),$(`select`,{"aria-label":J._(`Language`),value:_n.value,onChange:e=>void yn(e.currentTarget.value),children:Object.entries(mn).map(([e,t])=>$(`option`,{value:e,lang:e,children:t},e))})]})}export{Vn as $,rr as A,wt as At,mr as B,H as Bt,Dr as C,Pt as Ct,er as D,Dt,$n as E,bt as Et,lr as F,ht as Ft,br as G,Ee as Gt,gr as H,we as Ht,ur as I,U as It,Yn as J,N as Jt,Jn as K,De as Kt,dr as L,lt as Lt,ar as M,Tt as Mt,sr as N,_t as Nt,tr as O,Ct as Ot,cr as P,gt as Pt,Pn as Q,fr as R,Ze as Rt,Br as S,Ft as St,Qn as T,Nt as Tt,_r as U,Te as Ut,hr as V,z as Vt,yr as W,Oe as Wt,jn as X,Xn as Y,Tn as Z,jr as _,J as _t,ci as a,Dn as at,kr as b,vn as bt,$ as c,En as ct,Nr as d,Fn as dt,Rn as et,Or as f,kn as ft,Ur as g,mn as gt,Hr as h,Ln as ht,si as i,Hn as it,ir as j,W as jt,nr as k,Et as kt,ti as l,zn as lt,Q as m,Un as mt,ui as n,Nn as nt,oi as o,Mn as ot,Mr as p,In as pt,qn as q,x as qt,li as r,Bn as rt,ai as s,wn as st,di as t,On as tt,Tr as u,An as ut,qr as v,_n as vt,Er as w,Mt as wt,Ar as x,pn as xt,Vr as y,Y as yt,pr as z,Re as zt};