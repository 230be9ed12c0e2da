export interface StubAnswer {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** The points are stored all the same (an answer lost on its way back). */
    readonly stores?: boolean;
    /** Nothing is answered at all. */
    readonly hangs?: boolean;
    /** The connection is cut instead of an answer. */
    readonly cuts?: boolean;
}
export interface StubRequest {
    readonly lines: readonly string[];
    readonly isGzip: boolean;
    readonly status: number;
    readonly atMs: number;
}
/** What to answer to a request; undefined: what InfluxDB would. */
export type Script = (lines: readonly string[], request: number) => StubAnswer | undefined;
export interface InfluxStub {
    readonly url: string;
    readonly org: string;
    readonly bucket: string;
    readonly token: string;
    /** Fields by series key and time, `series time` -> field -> value. */
    readonly points: ReadonlyMap<string, Readonly<Record<string, string>>>;
    readonly requests: readonly StubRequest[];
    /** Requests that were not as the protocol demands, in words. */
    readonly violations: readonly string[];
    /** Most requests that were under way at once. */
    readonly mostAtOnce: () => number;
    script: Script;
    /** Resolves when `condition` holds; looked at after every request. */
    until(condition: (stub: InfluxStub) => boolean): Promise<void>;
    close(): Promise<void>;
}
export declare function startInfluxStub(port?: number): Promise<InfluxStub>;
export interface ParsedLine {
    readonly series: string;
    readonly fields: Record<string, string>;
    readonly time: string;
}
/** A line after InfluxDB's grammar, or undefined when it is none. Field types are told apart by how they are written. */
export declare function parseLine(line: string): ParsedLine | undefined;
