/**
 * The leaf fields of a type as the compiler sees it, so that a new field cannot be forgotten: `grid.powerW.value`,
 * `loads[].reason.code`. What holds any key, or several kinds of thing, is one leaf; null is no kind of thing.
 */
import {
  API,
  type Checker,
  type Type,
  TypeFlags,
  type TypeReference,
  type UnionType,
} from 'typescript/unstable/sync';

const MOST_DEPTH = 8;

/** @param project path of a `tsconfig.json`; `file` of the file that exports the type. */
export function leavesOf(project: string, file: string, typeName: string): string[] {
  const api = new API();
  try {
    const opened = api.updateSnapshot({ openProject: project }).getProject(project);
    if (!opened) throw new RangeError(`${project} is no project`);
    const { program, checker } = opened;
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === typeName);
    if (!symbol) throw new RangeError(`${file} exports no ${typeName}`);
    return [...new Set(walk(checker, checker.getDeclaredTypeOfSymbol(symbol), '', 0))];
  } finally {
    api.close();
  }
}

function walk(checker: Checker, type: Type, path: string, depth: number): string[] {
  if (depth > MOST_DEPTH) throw new RangeError(`${path} goes too deep`);
  return partsOf(type).flatMap((part) => {
    if (checker.isArrayLikeType(part)) {
      const [element] = checker.getTypeArguments(part as TypeReference);
      return element ? walk(checker, element, `${path}[]`, depth + 1) : [path];
    }
    const fields = part.flags & TypeFlags.Object ? checker.getPropertiesOfType(part) : [];
    if (fields.length === 0) return [path];
    return fields.flatMap((field) => {
      const inner = checker.getTypeOfSymbol(field);
      const name = path === '' ? field.name : `${path}.${field.name}`;
      return inner ? walk(checker, inner, name, depth + 1) : [name];
    });
  });
}

function partsOf(type: Type): readonly Type[] {
  const parts = type.flags & TypeFlags.Union ? (type as UnionType).getTypes() : [type];
  return parts.filter((part) => !(part.flags & (TypeFlags.Null | TypeFlags.Undefined)));
}
