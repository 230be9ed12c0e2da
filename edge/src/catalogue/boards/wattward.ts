/** The ESP12F board with our own firmware, `hardware/relay-board`. */
import type { BoardFamily } from '../board-family.ts';

export const wattward = {
  id: 'wattward',
  maker: 'Wattward',
  models: ['ESP12F board with four relays'],
  source: 'design of the board, table of ratings',
  dialect: null,
  lease: { shortestS: 5, longestS: 120 },
  mayFallOn: true,
  contactA: 10,
} as const satisfies BoardFamily;
