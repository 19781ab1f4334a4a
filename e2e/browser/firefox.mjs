// Drives Firefox for the tests, over WebDriver BiDi. firefox.go starts it:
//
//   node firefox.mjs /usr/bin/firefox-esr window
//
// The last word is where pages are opened: each in a window of its own, or in a tab, which takes half the time, and where
// only one is in front and is as quick as it can be.
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
    acceptInsecureCerts: true, // those of the tests' own servers
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

// One is in front at a time, and what is clicked or typed goes to that one.
let front;
let turn = Promise.resolve();
const inFront = (tab, deed) => {
    const mine = turn.then(async () => {
        if (front !== tab) await tabs[tab].bringToFront();
        front = tab;
        return deed(tabs[tab]);
    });
    turn = mine.catch(() => {});
    return mine;
};

// Where an element is, once it can be seen there. (puppeteer's own click asks the page ten times for the same.)
const place = (selector) => `(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    if (!element) throw new Error("there is no such element");
    const middle = () => {
        const { x, y, width, height } = element.getBoundingClientRect();
        if (width === 0 || height === 0) throw new Error("the element cannot be seen");
        return [x + width / 2, y + height / 2];
    };
    if (!element.contains(document.elementFromPoint(...middle())))
        element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    return middle();
})()`;

const orders = {
    open: async ({ address, scripts }) => {
        const context = await browser.createBrowserContext();
        const page = await context.newPage({ type: process.argv[3] });
        front = undefined;
        await Promise.all(scripts.map((script) => page.evaluateOnNewDocument(script)));
        await page.goto(address);
        return tabs.push(page) - 1;
    },
    // An expression as a string may be a statement too, and may give a promise.
    run: async ({ tab, script }) => (await tabs[tab].evaluate(script)) ?? null,
    click: ({ tab, selector }) => inFront(tab, async (page) => page.mouse.click(...(await page.evaluate(place(selector))))),
    write: ({ tab, selector, text }) => inFront(tab, (page) => page.type(selector, text)),
    shot: async ({ tab, width, height }) => {
        await tabs[tab].setViewport({ width, height });
        return await tabs[tab].screenshot({ encoding: "base64" });
    },
    close: async ({ tab }) => {
        front = undefined;
        await tabs[tab].browserContext().close();
    },
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
