/** A room: a folder, or a single file, with what it may import. */
export interface Room {
  /** Path prefix of the files it holds; of the prefixes that fit a file, the longest names its room. */
  readonly path: string;
  /** Rooms it may import values and types from, besides itself. */
  readonly mayImport: readonly string[];
  /** Rooms it may import only types from. */
  readonly typesOnly?: readonly string[];
  /** Nothing of the platform and no package, but those named in `packages`. */
  readonly pure?: boolean;
  readonly packages?: readonly string[];
  /** Holds the files that lie in it directly: each folder in it is a room of its own, or is no place for a file. */
  readonly flat?: boolean;
  /** Longest file, in lines, where it is shorter than everywhere. */
  readonly mostLines?: number;
}
