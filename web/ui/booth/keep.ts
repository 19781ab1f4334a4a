// Taking something out of the page: as text to paste, or as a file.

/** Puts a text onto the clipboard and says whether that worked. If need be it does so out of a field, which is shown then. */
export async function copy(text: string, show: () => HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const from = show();
    from.focus();
    from.select();
    return document.execCommand("copy");
  }
}

/** Offers a text as a file. */
export function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be asking where to
}
