// The sentences of the page, in the reader's language. They are built in: nothing is fetched for them.

declare const SENTENCES: Record<string, Record<string, string>>;

let chosen: Record<string, string> = {};

/** The language of the page: the reader's own, or else that of the vote. */
export let language = "de";

/** Chooses the language, and in German how people are addressed. */
export function speak(fallback: string, familiar = false): void {
  const wanted = navigator.languages.map((l) => l.slice(0, 2).toLowerCase()).find((l) => l in SENTENCES);
  language = wanted ?? (fallback in SENTENCES ? fallback : "de");
  chosen = { ...SENTENCES[language], ...(familiar ? SENTENCES[`${language}-du`] : {}) };
  document.documentElement.lang = language;
}

/** Says whether there is such a sentence. */
export function known(key: string): boolean {
  return key in chosen;
}

/** A sentence with its placeholders filled. A value is not searched for placeholders. */
export function text(key: string, values: Record<string, string | number> = {}): string {
  return (chosen[key] ?? key).replace(/\{([a-z_]+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** A time as people say it, with the day if it is not today. */
export function clock(moment: Date): string {
  const today = moment.toDateString() === new Date().toDateString();
  const day = today ? {} : ({ weekday: "long", day: "numeric", month: "long" } as const);
  return new Intl.DateTimeFormat(language, { ...day, hour: "2-digit", minute: "2-digit" }).format(moment);
}
