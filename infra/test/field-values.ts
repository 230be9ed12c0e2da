/** Values of a field by its path: `loads[].reason.code` is one value for each load, `closedSlot.endMs` one or none. */
export function valuesAt(thing: unknown, path: string): unknown[] {
  let found: unknown[] = [thing];
  for (const step of path.split('.')) {
    const name = step.replace(/(\[\])+$/, '');
    found = found.flatMap((one) => {
      const value = (one as Record<string, unknown> | null | undefined)?.[name];
      return step.endsWith('[]') ? ((value as unknown[] | null | undefined) ?? []) : [value];
    });
  }
  return found.map((value) => value ?? null);
}

/** How many different values a field has had; a list without entries counts as one. */
export function differentValues(things: readonly unknown[], path: string): number {
  const seen = new Set<string>();
  for (const thing of things) {
    const values = valuesAt(thing, path);
    if (values.length === 0) seen.add('none');
    for (const value of values) seen.add(JSON.stringify(value));
  }
  return seen.size;
}

/** Values under this name, at whatever depth. */
export function valuesNamed(thing: unknown, name: string): unknown[] {
  if (typeof thing !== 'object' || thing === null) return [];
  return Object.entries(thing).flatMap(([key, value]) => [
    ...(key === name ? [value] : []),
    ...valuesNamed(value, name),
  ]);
}
