package browser

import (
	"context"

	"stimmbote/e2e/node"
)

// Axe is the program that finds what keeps people out of a page, for a tab to run before the page's own scripts.
func Axe(ctx context.Context, repo string) (string, error) {
	program, err := node.File(ctx, repo, "axe-core/axe.min.js")
	return string(program), err
}

// Barriers are what axe finds on a page that has it, and targets that are too small for a thumb.
func (t *Tab) Barriers() ([]string, error) { return Evaluate[[]string](t, barriers) }

// Contrast is what axe finds of it.
func (t *Tab) Contrast() ([]string, error) { return Evaluate[[]string](t, contrast) }

// Overflow is what one would have to scroll sideways for.
func (t *Tab) Overflow() ([]string, error) { return Evaluate[[]string](t, overflow) }

// Moving is what would move for somebody who wants no motion, once the tab is told of that.
func (t *Tab) Moving() ([]string, error) { return Evaluate[[]string](t, moving) }

const moving = `[...document.querySelectorAll("*")].filter((e) => {
	const s = getComputedStyle(e);
	return s.animationName !== "none" || s.transitionDuration !== "0s";
}).map((e) => e.outerHTML.slice(0, 100))`

const barriers = `(async () => {
	for (const d of document.querySelectorAll("details")) d.open = true;
	const { violations } = await axe.run(document, { resultTypes: ["violations"] });
	const found = violations.map((v) => v.id + ": " + v.help + " " + v.nodes.map((n) => n.html).join(" ").slice(0, 300));
	for (const e of document.querySelectorAll("button, a, summary, label:has(input), textarea, select")) {
		if (!e.checkVisibility()) continue;
		const { width, height } = e.getBoundingClientRect();
		if (height < 44 || width < 44) found.push("a target of " + width + " × " + height + ": " + (e.innerText || e.outerHTML.slice(0, 100)));
	}
	return found;
})()`

const contrast = `axe.run(document, { runOnly: ["color-contrast"], resultTypes: ["violations"] }).then(({ violations }) =>
	violations.map((v) => v.help + " " + v.nodes.map((n) => n.html).join(" ").slice(0, 300)))`

const overflow = `[...document.querySelectorAll("body *")]
	.filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).map((e) => e.outerHTML.slice(0, 200))`
