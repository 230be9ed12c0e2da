/** Circles in a graph of names, each told once by its members: `a -> b -> a`. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const trail: string[] = [];
  const visit = (name: string): void => {
    const at = trail.indexOf(name);
    if (at >= 0) {
      found.push([...trail.slice(at), name].join(' -> '));
      return;
    }
    if (done.has(name)) return;
    trail.push(name);
    for (const next of graph.get(name) ?? []) visit(next);
    trail.pop();
    done.add(name);
  };
  for (const name of graph.keys()) visit(name);
  return found;
}
