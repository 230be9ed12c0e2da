/** Texts as they stand on a page. */

/** A number and its unit stay on one line. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (kW|%|s\b)/g, '$1\u00a0$2');
}

/** A reason as a sentence of its own. */
export function asSentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
