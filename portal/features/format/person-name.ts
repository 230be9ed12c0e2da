/** `Olga Owner` of `Olga Owner <olga@example.org>`; the audit shows both. */
export function personName(who: string): string {
  return who.replace(/\s*<[^<>]*>$/, '') || who;
}
