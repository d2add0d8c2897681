package markdown

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestMarkdownIsMadeHTML(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a paragraph", "Hello *there*, **you**", "<p>Hello <em>there</em>, <strong>you</strong></p>"},
		{"headings stand below a card's", "# One\n\n## Two\n\n###### Six", "<h3>One</h3>\n<h4>Two</h4>\n<h6>Six</h6>"},
		{"lists", "- a\n- b\n\n3. c", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<ol start=\"3\">\n<li>c</li>\n</ol>"},
		{"tasks", "- [x] done\n- [ ] open", "<ul>\n<li>☑ done</li>\n<li>☐ open</li>\n</ul>"},
		{"a table", "| a | b |\n|:--|--:|\n| 1 | ~~2~~ |", "<table>\n<thead>\n<tr>\n<th align=\"left\">a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n" +
			"<tbody>\n<tr>\n<td align=\"left\">1</td>\n<td align=\"right\"><del>2</del></td>\n</tr>\n</tbody>\n</table>"},
		{"code", "`a<b`\n\n```sh\nmake && run\n```", "<p><code>a&lt;b</code></p>\n<pre><code>make &amp;&amp; run\n</code></pre>"},
		{"a quote and a rule", "> said\n\n---", "<blockquote>\n<p>said</p>\n</blockquote>\n<hr>"},
		{"a link beyond", "[x](https://a.b/c?d=e&f)", `<p><a href="https://a.b/c?d=e&amp;f" rel="nofollow noreferrer noopener" target="_blank">x</a></p>`},
		{"a link here", "[home](/b/home)", `<p><a href="/b/home" rel="nofollow noreferrer">home</a></p>`},
		{"a bare link", "see https://a.b", `<p>see <a href="https://a.b" rel="nofollow noreferrer noopener" target="_blank">https://a.b</a></p>`},
		{"nothing", "", ""},
	} {
		if got := strings.TrimSpace(HTML(c.text)); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

// hostile are texts that want more than to be read.
var hostile = []string{
	`<script>alert(1)</script>`, `<ScRiPt src=//x></sCrIpT>`, `<img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`,
	`<iframe src="javascript:alert(1)"></iframe>`, `<iframe srcdoc="<script>alert(1)</script>">`, `<object data="data:text/html,<script>alert(1)</script>">`, `<embed src=//x>`,
	`<a href="javascript:alert(1)">x</a>`, `<b onclick=alert(1)>x</b>`, `<style>*{background:url(//x)}</style>`, `<link rel=stylesheet href=//x>`, `<meta http-equiv=refresh content="0;url=//x">`,
	`<base href="//x/">`, `<form action=//x><input name=a><button>b</button></form>`, `<input autofocus onfocus=alert(1)>`, `<details open ontoggle=alert(1)>`, `<video><source onerror=alert(1)>`,
	`<math><mi//xlink:href="data:x,<script>alert(1)</script>">`, `<template><script>alert(1)</script></template>`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<!--><img src=x onerror=alert(1)>-->`, `<![CDATA[<script>alert(1)</script>]]>`, `<?php echo 1 ?>`, `<x onmouseover=alert(1)>`, `<div style="position:fixed;inset:0">x</div>`,
	`<p id=board class=masthead>x</p>`, `<a id=lamp name=telltale>x</a>`, `<textarea><script>alert(1)</script></textarea>`, `<plaintext>`, `<xmp><script>alert(1)</script></xmp>`,
	`[x](javascript:alert(1))`, `[x](JaVaScRiPt:alert(1))`, "[x](java\tscript:alert(1))", `[x](&#106;avascript:alert(1))`, `[x](javascript&colon;alert(1))`, `[x](\x01javascript:alert(1))`,
	`[x](data:text/html,<script>alert(1)</script>)`, `[x](vbscript:msgbox(1))`, `[x](file:///etc/passwd)`, `[x](blob:x)`, `[x](about:blank)`, `[x](//user:pass@x)`,
	`[x](https://a" onclick="alert(1))`, `[x](<https://a" onclick="alert(1)>)`, `[x](/ "title\" onmouseover=alert(1)")`, `[x][1]` + "\n\n[1]: javascript:alert(1)",
	`<javascript:alert(1)>`, `<https://a"onclick=alert(1)>`, `![x](https://x/track.png)`, `![x](javascript:alert(1))`, `![x](" onerror="alert(1))`, `![<script>](x)`,
	"```\"><script>alert(1)</script>\nx\n```", "```js onclick=alert(1)\nx\n```", "`<script>alert(1)</script>`", `<p><script>alert(1)</script>`, `# <img src=x onerror=alert(1)>`,
	`| <script>alert(1)</script> |` + "\n|---|\n| <img src=x onerror=alert(1)> |", `- [ ] <script>alert(1)</script>`, `&lt;script&gt;alert(1)&lt;/script&gt;`, `&#60;script&#62;alert(1)`,
	`https://a.b/"onmouseover="alert(1)`, `www.a.b/<script>alert(1)</script>`, `mailto:x@y?subject=<script>`, "\x00<script>alert(1)</script>", "<scr\x00ipt>alert(1)</script>", "\xff<script>\xfe",
	`</div></main></body><script>alert(1)</script>`, `"><script>alert(1)</script>`, `' onload='alert(1)`, `{{constructor.constructor('alert(1)')()}}`, "<img src=x\nonerror=alert(1)>", `<a href=x`, `<<script>alert(1)//<</script>`,
}

// allowed are the elements that remain, each with its attributes.
var allowed = map[string]string{"p": "", "br": "", "hr": "", "h3": "", "h4": "", "h5": "", "h6": "", "strong": "", "em": "", "del": "", "code": "", "pre": "",
	"blockquote": "", "ul": "", "ol": "start", "li": "", "table": "", "thead": "", "tbody": "", "tr": "", "th": "align", "td": "align", "a": "href rel target"}

// harm is what a page made of the text would hold that it must not; "" for nothing.
func harm(text string) string {
	z := html.NewTokenizer(strings.NewReader(text))
	open := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			if open != 0 {
				return strconv.Itoa(open) + " elements stay open"
			}
			return ""
		case html.CommentToken, html.DoctypeToken:
			return "a comment"
		case html.EndTagToken:
			open--
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			attributes, is := allowed[token.Data]
			if !is {
				return "the element " + token.Data
			}
			if token.Data != "br" && token.Data != "hr" {
				open++
			}
			for _, a := range token.Attr {
				if !strings.Contains(" "+attributes+" ", " "+a.Key+" ") {
					return "the attribute " + a.Key
				}
				if a.Key != "href" {
					continue
				}
				u, err := url.Parse(a.Val)
				if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" {
					return "a link to " + a.Val
				}
				if u.Host != "" && !strings.Contains(token.String(), "noopener") {
					return "a link without noopener"
				}
			}
		}
	}
}

func TestNothingHostileIsPassedOn(t *testing.T) {
	if len(hostile) < 60 {
		t.Fatalf("only %d texts", len(hostile))
	}
	for _, text := range hostile {
		for _, around := range []string{"%", "a %", "> %", "- %\n  %", "**%**", "| % |\n|---|\n| % |", "# %", "[%](/b/home)", "<b>%</b>"} {
			if what := harm(HTML(strings.ReplaceAll(around, "%", text))); what != "" {
				t.Errorf("%q in %q leaves %s: %s", text, around, what, HTML(strings.ReplaceAll(around, "%", text)))
			}
		}
	}
}

func TestWhatIsHarmfulIsFound(t *testing.T) {
	for _, text := range []string{"<script>", "<p onclick=x></p>", `<a href="javascript:x"></a>`, "<!-- x -->", "<p>", "</p>", `<a href="https://x"></a>`, "<img src=x>"} {
		if harm(text) == "" {
			t.Errorf("%s passes", text)
		}
	}
}

func TestAnyTextIsReadInTimeThatGrowsWithItAlone(t *testing.T) {
	fill := func(part string) string { return strings.Repeat(part, (64<<10)/len(part)) }
	ticks := ""
	for n := 1; len(ticks) < 64<<10; n++ {
		ticks += "e" + strings.Repeat("`", n)
	}
	deep := ""
	for n := 0; len(deep) < 64<<10; n++ {
		deep += strings.Repeat("  ", n) + "- a\n"
	}
	texts := []string{ticks, deep, fill("*a **a ") + fill(" a** a*"), "a**b" + fill("c* "), fill("a|") + "\n" + fill("-|"), fill("> > > > > > > > a\n"), fill("- - - - - - - - a\n")}
	for _, part := range []string{"[", "]", "*a", "a_ ", "_a ", "*a_ ", "a]", "[a", "[ a_", "[ (](", "[a](b", "[a](<b", "![](", ">", "> ", "- ", "- * ", "+ ", "1. ", "1) ", "`", "``a", "<", "<!--", "<?", "<![CDATA[",
		"<a ", "&", "a\n", "[a]: b\n", "~~a", "~a~", "    ", "\t", "\\", "<a@b.c> ", "http://", "www.", "a@b.", "http://a.b/(", "a\n=\n", "# a\n", "a  \n", "| a |\n|---|\n", "\x00", "é", "\n"} {
		texts = append(texts, fill(part))
	}
	texts = append(texts, strings.Repeat("*a_ ", mostMarks/2), "a**b"+strings.Repeat("c* ", mostMarks-2), strings.Repeat("[a](", mostBrackets))
	// Against a list of that size, in the same run: a machine may be slow, or busy with others.
	usual := fill("- a\n  - a\n")
	_, list := took(usual)
	for _, text := range texts {
		made, spent := took(text)
		if len(made) > 24*len(text) {
			t.Errorf("%.12q: %d bytes", text, len(made))
		}
		for range 5 {
			if spent <= 3*list {
				break
			}
			_, again := took(text)
			_, slow := took(usual)
			spent, list = min(spent, again), max(list, slow)
		}
		if spent > 3*list {
			t.Errorf("%.12q takes %s, a list %s", text, spent, list)
		}
	}
}

// took is what HTML makes of a text that it does not remember, and how long it takes.
func took(text string) (made string, spent time.Duration) {
	remembered = memory{made: map[string]string{}}
	begun := time.Now()
	made = HTML(text)
	return made, time.Since(begun)
}

func TestATangledTextStaysAsItWasWritten(t *testing.T) {
	for _, text := range []string{strings.Repeat("> ", 40) + "<b>", strings.Repeat("[<", 5000), strings.Repeat("*a_ <", 4000)} {
		if got := HTML(text); !strings.HasPrefix(got, "<pre>") || !strings.Contains(got, "&lt;") || harm(got) != "" {
			t.Errorf("%.20s is %.80s", text, got)
		}
	}
	if got := HTML(strings.Repeat("-", 100)); strings.TrimSpace(got) != "<hr>" {
		t.Errorf("a long rule is %s", got)
	}
}

func TestWhatIsRememberedIsBound(t *testing.T) {
	for i := range 300 {
		HTML(strconv.Itoa(i) + strings.Repeat(" word", 10_000))
	}
	remembered.mu.Lock()
	defer remembered.mu.Unlock()
	size := 0
	for source, made := range remembered.made {
		size += len(source) + len(made)
	}
	if size != remembered.size || size > mostMade {
		t.Errorf("%d bytes are remembered, counted are %d", size, remembered.size)
	}
}

func FuzzHTML(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if what := harm(HTML(text)); what != "" {
			t.Errorf("%q leaves %s: %s", text, what, HTML(text))
		}
	})
}
