/**
 * The page of the captive portal, and what an installer may enter there. Plain ASCII without scripts: the phone's
 * portal browser shows it as it is, and the server of the SDK counts characters, not bytes. All mistakes at once.
 */
import type { Access } from './board-store.ts';

export interface Mistake {
  readonly field: string;
  readonly what: string;
}

export type Entered =
  | { readonly ok: true; readonly access: Access }
  | {
      readonly ok: false;
      readonly mistakes: readonly Mistake[];
      readonly values: Readonly<Record<string, string>>;
    };

/** Longest form body read, bytes. */
export const MAX_FORM_BYTES = 1024;

/** A form as a browser sends it (`application/x-www-form-urlencoded`). */
export function readForm(body: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  if (body.length > MAX_FORM_BYTES) return values;
  for (const pair of body.split('&')) {
    const [name, value] = pair.split('=', 2);
    try {
      if (name) values[name] = decodeURIComponent((value ?? '').replaceAll('+', ' '));
    } catch {
      // A broken escape counts as an empty field.
    }
  }
  return values;
}

export function checkForm(values: Readonly<Record<string, string>>): Entered {
  const { ssid = '', password = '' } = values;
  const host = (values.host ?? '').trim();
  const port = Number(values.port ?? '1883');
  const mistakes: Mistake[] = [];
  const need = (ok: boolean, field: string, what: string) => {
    if (!ok) mistakes.push({ field, what });
  };
  need(ssid.length >= 1 && bytesOf(ssid) <= 32, 'ssid', 'The network name has 1 to 32 characters.');
  need(
    password === '' || (password.length >= 8 && bytesOf(password) <= 63),
    'password',
    'The Wi-Fi password has 8 to 63 characters, or is left empty for an open network.',
  );
  need(
    /^[A-Za-z0-9.-]{1,62}$/.test(host),
    'host',
    'The address of the box is a name or four numbers, e.g. 192.168.1.20. It stands on the box and in its app.',
  );
  need(Number.isInteger(port) && port >= 1 && port <= 65_535, 'port', 'The port is a number, usually 1883.');
  if (mistakes.length > 0) return { ok: false, mistakes, values };
  return { ok: true, access: { ssid, password, host, port } };
}

export interface PageContent {
  readonly board: string;
  readonly claim: string;
  readonly mistakes?: readonly Mistake[];
  readonly values?: Readonly<Record<string, string>>;
}

const STYLE =
  'body{font:18px sans-serif;max-width:26em;margin:1em auto;padding:0 1em}' +
  'input{font:inherit;width:100%;padding:.4em;box-sizing:border-box}label{display:block;margin-top:1em}' +
  'button{font:inherit;margin-top:1.2em;padding:.6em 1em}.bad{color:#b00020}code{font-size:1.2em}';

export function setupPage({ board, claim, mistakes = [], values = {} }: PageContent): string {
  const field = (name: string, title: string, type: string, preset = '') => {
    const bad = mistakes
      .filter((m) => m.field === name)
      .map((m) => `<span class=bad>${escaped(m.what)}</span>`);
    const value = type === 'password' ? '' : ` value="${escaped(values[name] ?? preset)}"`;
    return `<label>${title}<input name=${name} type=${type} autocapitalize=off autocorrect=off${value}></label>${bad.join('')}`;
  };
  return page(
    `<h1>Relay board</h1><p>${escaped(board)}<br>Claim code <code>${grouped(claim)}</code></p>` +
      '<form method=post action=/save>' +
      field('ssid', 'Wi-Fi network (2.4 GHz)', 'text') +
      field('password', 'Wi-Fi password', 'password') +
      field('host', 'Address of the box', 'text') +
      field('port', 'Port', 'text', '1883') +
      '<button>Save and connect</button></form>',
  );
}

export function savedPage(claim: string): string {
  return page(
    '<h1>Saved</h1><p>The board now joins your network. Its light flashes once every five seconds when it is ' +
      `connected. Enter its claim code in the app of the box:</p><p><code>${grouped(claim)}</code></p>` +
      '<p>If the light keeps blinking once a second, hold the button for ten seconds and check the entries.</p>',
  );
}

function page(body: string): string {
  return `<!doctype html><html lang=en><meta charset=ascii><meta name=viewport content="width=device-width"><title>Relay board</title><style>${STYLE}</style>${body}</html>`;
}

function grouped(claim: string): string {
  return escaped(claim.replaceAll(/(.{5})(?=.)/g, '$1 '));
}

/** ASCII and harmless inside text and attributes. */
function escaped(text: string): string {
  let safe = '';
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    safe += code < 32 || code > 126 || '<>&"\''.includes(letter) ? `&#${code};` : letter;
  }
  return safe;
}

function bytesOf(text: string): number {
  let bytes = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
