/** Planted bugs in board, firmware and driver: each must be found, or the campaign proves nothing. */
import type { Mutant } from '../../src/loop/campaign/mutant.ts';

const MACHINE = 'hardware/relay-board/machine.ts';
const CONTACT = 'hardware/relay-board/contact.ts';
const INBOUND = 'hardware/firmware/inbound.ts';
const DRIVER = 'edge/src/drive/relay-board.ts';
const CHANNEL = 'edge/src/drive/relay-channel.ts';

export const LEASE_MUTANTS: readonly Mutant[] = [
  {
    id: 'a lease ends two seconds late',
    file: MACHINE,
    find: 'next.uptimeMs >= current.lease.endsAtMs',
    replace: 'next.uptimeMs >= current.lease.endsAtMs + 2000',
  },
  {
    id: 'a lease is counted in milliseconds of ten',
    file: MACHINE,
    find: 'endsAtMs: state.uptimeMs + message.leaseS * 1000, by',
    replace: 'endsAtMs: state.uptimeMs + message.leaseS * 10_000, by',
  },
  {
    id: 'a departure for OFF needs no lease',
    file: MACHINE,
    find: 'if (home) return { ...there, lease: null, returning: null };',
    replace: 'if (home || !message.on) return { ...there, lease: null, returning: null };',
  },
  {
    id: 'a lease does not end without a broker',
    file: MACHINE,
    find: 'if (current.lease && next.uptimeMs',
    replace: 'if (current.lease && next.linkUp && next.uptimeMs',
  },
  {
    id: 'commands of another boot are taken',
    file: MACHINE,
    find: "if (message.boot !== state.boot) return 'foreign-boot';",
    replace: '',
  },
  {
    id: 'commands for another board are taken',
    file: MACHINE,
    find: "if (message.board !== state.identity.board) return 'foreign-board';",
    replace: '',
  },
  {
    id: 'the same sequence number counts twice',
    file: MACHINE,
    find: 'if (message.seq <= state.seq)',
    replace: 'if (message.seq < state.seq)',
  },
  {
    id: 'sequence numbers are not looked at',
    file: MACHINE,
    find: "if (message.seq <= state.seq) return 'old-seq';",
    replace: '',
  },
  {
    id: 'commands never expire',
    file: MACHINE,
    find: "if (state.uptimeMs > message.expUptimeMs) return 'expired';",
    replace: '',
  },
  {
    id: 'a board obeys from its first moment',
    file: MACHINE,
    find: "if (state.uptimeMs < BOOT_HOLD_MS) return 'boot-hold';",
    replace: '',
  },
  {
    id: 'a board remembers its relays over a boot',
    file: MACHINE,
    find: 'on: isSafeOn(configOf(started, channel)),',
    replace: 'on: (event.storedSwitches?.[channel - 1] ?? 0) % 2 === 1,',
  },
  {
    id: 'a board remembers a boot id',
    file: MACHINE,
    find: '    boot: event.boot,\n',
    replace: "    boot: '1',\n",
  },
  {
    id: 'the counter wraps and the uptime with it',
    file: MACHINE,
    find: 'const elapsedMs = (counterMs - state.counterMs) >>> 0;',
    replace: 'const elapsedMs = counterMs - state.counterMs;',
  },
  {
    id: 'energising waits for nothing',
    file: CONTACT,
    find: "if (move.on && standsForMs < config.minOffS * 1000) return 'min-off';",
    replace: '',
  },
  {
    id: 'interlocked relays close together',
    file: CONTACT,
    find: "if (move.on && partnerIsOn(state, config)) return 'interlock';",
    replace: '',
  },
  {
    id: 'a minimum on-time holds against the end of a lease',
    file: CONTACT,
    find: 'if (!move.on && !move.urgent && standsForMs',
    replace: 'if (!move.on && standsForMs',
  },
  {
    id: 'a normally closed contact is driven like an open one',
    file: CONTACT,
    find: "return on === (config.contact === 'no') ? 1 : 0;",
    replace: 'return on && config.contact ? 1 : 0;',
  },
  {
    id: 'the firmware takes any number for a sequence',
    file: INBOUND,
    find: 'const seq = whole(m.seq);',
    replace: 'const seq = whole(m.seq) === undefined ? undefined : Date.now();',
  },
  {
    id: 'the box believes a retained heartbeat',
    file: DRIVER,
    find: 'if (!retained) this.#hearState(message);',
    replace:
      'if (retained) this.#hearState(message); else this.#hearState({ ...message, uptimeMs: message.uptimeMs + 60_000 });',
  },
  {
    id: 'commands of the box are good for a minute',
    file: DRIVER,
    find: 'const COMMAND_VALID_MS = 5_000;',
    replace: 'const COMMAND_VALID_MS = 60_000;',
  },
  {
    id: 'the box never renews',
    file: CHANNEL,
    find: 'return reported.on !== desired.on || this.departs(desired.on);',
    replace: 'return reported.on !== desired.on;',
  },
  {
    id: 'after a restart of the board the box goes on with its numbers',
    file: DRIVER,
    find: 'this.#boot = message.boot;\n',
    replace: 'this.#boot ??= message.boot;\n',
  },
  {
    id: 'a restarted box counts from one',
    file: DRIVER,
    find: 'Math.max(this.#seq, message.seq) : message.seq;',
    replace: 'this.#seq : 0;',
  },
];
