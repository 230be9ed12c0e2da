/** A simulated board of any make, as the simulator's API handles it. */
import type { BoardLink } from './board-link.ts';
import type { BoughtBoard } from './bought-boards/bought-board.ts';

export interface BoardHandle {
  /** Identity on the broker. */
  readonly id: string;
  readonly setPower: (on: boolean) => void;
  readonly setLink: (up: boolean, politely?: boolean) => void;
  readonly button: (channel: number) => void;
  readonly status: () => Readonly<Record<string, unknown>>;
}

export function ownHandle(link: BoardLink): BoardHandle {
  return {
    id: link.id,
    setPower: (on) => link.setPower(on),
    setLink: (up, politely) => link.setLink(up, politely),
    button: (channel) => link.twin.handle({ type: 'button', channel }),
    status: () => {
      const { boot, uptimeMs, channels, linkUp } = link.twin.state;
      const relays = channels.map((c) => ({
        channel: c.channel,
        on: c.on,
        cause: c.cause,
        sinceMs: uptimeMs - c.changedAtMs,
        leaseLeftS: c.lease ? Math.max(0, (c.lease.endsAtMs - uptimeMs) / 1000) : 0,
        switches: c.switches,
      }));
      return { board: link.id, boot, uptimeMs, powered: link.powered, linkUp, channels: relays };
    },
  };
}

export function boughtHandle(board: BoughtBoard): BoardHandle {
  return {
    id: board.id,
    setPower: (on) => board.setPower(on),
    setLink: (up, politely) => board.setLink(up, politely),
    button: (channel) => board.button(channel),
    status: () => ({
      board: board.id,
      uptimeMs: board.uptimeMs,
      powered: board.powered,
      linkUp: board.connected,
      channels: board.relays,
    }),
  };
}
