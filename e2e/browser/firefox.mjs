// Drives Firefox for the tests, over WebDriver BiDi. firefox.go starts it:
//
//   node firefox.mjs /usr/bin/firefox-esr
//
// Orders come on stdin and answers go to stdout, a JSON object a line. An order has an id that its
// answer repeats: {"id":1,"do":"open","address":"http://…","scripts":[]} gives the number of a tab.
// An answer with id 0 says that Firefox is there. It ends, with Firefox, when stdin ends.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.argv[2],
    headless: true,
    extraPrefsFirefox: {
        // Nobody is in front of all tabs at once: those behind are to be as quick.
        "dom.min_background_timeout_value": 4,
        "dom.timeout.enable_budget_timer_throttling": false,
        "intl.accept_languages": "en",
        "media.navigator.streams.fake": true, // devices, not permissions
        "media.peerconnection.ice.loopback": true,
        "permissions.default.camera": 1,
        "permissions.default.microphone": 1,
    },
});
const tabs = [];

const orders = {
    open: async ({ address, scripts }) => {
        const context = await browser.createBrowserContext();
        const page = await context.newPage({ type: "window" });
        for (const script of scripts) await page.evaluateOnNewDocument(script);
        await page.goto(address);
        return tabs.push(page) - 1;
    },
    // An expression as a string may be a statement too, and may give a promise.
    run: async ({ tab, script }) => (await tabs[tab].evaluate(script)) ?? null,
    click: async ({ tab, selector }) => {
        await tabs[tab].bringToFront();
        await tabs[tab].click(selector);
    },
    write: async ({ tab, selector, text }) => {
        await tabs[tab].bringToFront();
        await tabs[tab].type(selector, text);
    },
    shot: async ({ tab, width, height }) => {
        await tabs[tab].setViewport({ width, height });
        return await tabs[tab].screenshot({ encoding: "base64" });
    },
    close: async ({ tab }) => void (await tabs[tab].browserContext().close()),
};

tell({ id: 0 });
for await (const line of createInterface({ input: process.stdin })) {
    const { id, do: name, ...order } = JSON.parse(line);
    orders[name](order).then(
        (result) => tell({ id, result: result ?? null }),
        (error) => tell({ id, error: String(error?.message ?? error) || "unknown" }),
    );
}
await browser.close();
process.exit(0);
