import { describe, expect, test } from '@jest/globals';
import { StubBoard } from './stub-platform.ts';

describe('the link', () => {
  test('comes back after a loss within a minute, later and later while it fails', () => {
    const board = StubBoard.linked();
    const waitedS: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      const before = board.connections.length;
      board.connection.options.onClosed();
      let waited = 0;
      while (board.connections.length === before && waited < 100) {
        board.pass(1);
        waited += 1;
      }
      waitedS.push(waited);
    }
    expect(Math.max(...waitedS)).toBeLessThanOrEqual(61);
    expect(Math.min(...waitedS)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...waitedS.slice(0, 3))).toBeLessThanOrEqual(5);
    expect(new Set(waitedS.slice(8)).size).toBeGreaterThan(8);
  });

  test('gives up a broker that does not answer, and one that refuses', () => {
    const board = StubBoard.linked();
    board.connection.options.onClosed();
    board.pass(2);
    const silent = board.connection;
    board.pass(20);
    expect(silent.closed).toBe(true);
    while (board.connection === silent) board.pass(1);
    const refusing = board.connection;
    refusing.accept(5);
    expect(refusing.closed).toBe(true);
    expect(board.application.linked).toBe(false);
  });

  test('what a connection says after it was given up counts for nothing', () => {
    const board = StubBoard.linked();
    const old = board.connection;
    old.options.onClosed();
    board.pass(3);
    const now = board.connection;
    now.accept();
    old.options.onClosed();
    old.options.onAccepted(0);
    old.deliver(`wattward/v1/board/${board.id}/identify`, { v: 1, seconds: 5 });
    expect(now.closed).toBe(false);
    expect(board.application.linked).toBe(true);
  });

  test('joins the network again when no address comes', () => {
    const board = StubBoard.linked();
    board.application.address(false);
    const joins = () => board.events.filter((e) => e === 'join home').length;
    const before = joins();
    board.pass(65);
    expect(joins()).toBeGreaterThan(before);
    expect(board.connection.closed).toBe(true);
    board.application.address(true);
    board.connection.accept();
    expect(board.application.linked).toBe(true);
  });

  test('says hello, then that it is there, then how it stands, at every connection', () => {
    const board = StubBoard.linked();
    const names = board.connection.published.map((p) => p.topic.split('/').at(-1));
    expect(names).toEqual(['hello', 'availability', 'state']);
    expect(board.connection.published.every((p) => p.retain)).toBe(true);
  });
});
