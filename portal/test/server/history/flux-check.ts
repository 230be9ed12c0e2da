/**
 * Checks Flux without a server, with InfluxData's own language server (WASM): syntax, unknown functions, missing
 * imports, wrong arguments and types. What it cannot know: what InfluxDB answers.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Lsp } from '@influxdata/flux-lsp-browser';

interface Diagnostics {
  readonly method?: string;
  readonly params: { readonly diagnostics: readonly Diagnostic[] };
}
interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}
interface Glue {
  readonly Lsp: new () => Lsp;
  setWasm(exports: WebAssembly.Exports): void;
}

let loaded: Promise<Glue> | undefined;

/** @returns what is wrong, as `line:column message`; nothing when the text is sound. */
export async function fluxMistakes(text: string): Promise<string[]> {
  loaded ??= loadGlue();
  const glue = await loaded;
  const server = new glue.Lsp();
  const answered = new Promise<Diagnostics>((resolve) => {
    server.onMessage((message: string) => {
      const heard = JSON.parse(message) as Diagnostics;
      if (heard.method === 'textDocument/publishDiagnostics') resolve(heard);
    });
  });
  void server.run();
  const textDocument = { uri: 'file:///question.flux', languageId: 'flux', version: 1, text };
  await tell(server, 'initialize', { capabilities: {} }, 1);
  await tell(server, 'textDocument/didOpen', { textDocument });
  const { params } = await answered;
  // Advice that does not hold for tasks, which are declared so.
  const found = params.diagnostics.filter(
    ({ message }) => !message.startsWith('Avoid using `task` as an identifier'),
  );
  return found.map(({ range, message }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`);
}

function tell(server: Lsp, method: string, params: object, id?: number): Promise<unknown> {
  return server.send(JSON.stringify({ jsonrpc: '2.0', method, params, ...(id === undefined ? {} : { id }) }));
}

/** The package is made for bundlers: its glue imports the WASM as a module, which Node does not. */
async function loadGlue(): Promise<Glue> {
  const directory = dirname(
    createRequire(import.meta.url).resolve('@influxdata/flux-lsp-browser/package.json'),
  );
  const source = readFileSync(join(directory, 'flux-lsp-browser_bg.js'), 'utf8');
  const views = /^cached\w+ = new \w+\(wasm\.memory\.buffer\);$/gm;
  // The server tells the console of its own start.
  const glueText = `const say = () => {};
const console = { debug: say, error: say, info: say, log: say, warn: say };
${source.replace(/^import \* as wasm from .*$/m, 'let wasm;').replace(views, '')}
export function setWasm(exports) { wasm = exports; ${source.match(views)?.join(' ')} }`;
  const glue = (await import(
    `data:text/javascript;base64,${Buffer.from(glueText).toString('base64')}`
  )) as Glue;
  const { instance } = await WebAssembly.instantiate(
    readFileSync(join(directory, 'flux-lsp-browser_bg.wasm')),
    {
      './flux-lsp-browser_bg.js': glue as unknown as WebAssembly.ModuleImports,
    },
  );
  glue.setWasm(instance.exports);
  return glue;
}
