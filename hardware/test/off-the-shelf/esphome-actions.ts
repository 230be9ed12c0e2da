/**
 * Runs the scripts and switches of an ESPHome file by the rules of its manual, with time passing on demand: a gpio
 * switch tells its triggers only of changes, a template switch runs its action at every command, and a script in
 * mode `restart` starts its delay anew. Enough to see whether the file's lease works.
 */

type Action = Readonly<Record<string, string>>;

export interface EspHomeFile {
  readonly substitutions: Readonly<Record<string, string>>;
  readonly script: readonly {
    readonly id: string;
    readonly mode: string;
    readonly then: readonly Action[];
  }[];
  readonly switch: readonly {
    readonly platform: string;
    readonly id: string;
    readonly name?: string;
    readonly pin?: string;
    readonly restore_mode: string;
    readonly turn_on_action?: readonly Action[];
    readonly turn_off_action?: readonly Action[];
    readonly retain?: boolean;
    readonly command_retain?: boolean;
  }[];
}

export class EspHomeBoard {
  readonly #file: EspHomeFile;
  readonly #coils = new Map<string, boolean>();
  /** Running scripts: what is left to do, and when. */
  readonly #running = new Map<string, { rest: readonly Action[]; atS: number }>();
  #nowS = 0;

  constructor(file: EspHomeFile) {
    this.#file = file;
    for (const s of file.switch)
      if (s.platform === 'gpio') this.#coils.set(s.id, s.restore_mode.endsWith('_ON'));
  }

  isOn(coil: string): boolean {
    return this.#coils.get(coil) ?? false;
  }

  /** A message on the command topic of `channel`. */
  command(channel: string, on: boolean): void {
    const found = this.#file.switch.find((s) => s.id === channel);
    this.#run((on ? found?.turn_on_action : found?.turn_off_action) ?? [], channel);
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.#nowS += 1;
      for (const [id, script] of this.#running) {
        if (script.atS > this.#nowS) continue;
        this.#running.delete(id);
        this.#run(script.rest, id);
      }
    }
  }

  #run(actions: readonly Action[], owner: string): void {
    for (const [i, action] of actions.entries()) {
      const [[verb, target] = ['', '']] = Object.entries(action);
      if (verb === 'delay') {
        this.#running.set(owner, { rest: actions.slice(i + 1), atS: this.#nowS + this.#seconds(target) });
        return;
      }
      this.#act(verb, target);
    }
  }

  #act(verb: string, target: string): void {
    if (verb === 'switch.turn_on') this.#coils.set(target, true);
    else if (verb === 'switch.turn_off') this.#coils.set(target, false);
    else if (verb === 'script.stop') this.#running.delete(target);
    else if (verb === 'script.execute') {
      const script = this.#file.script.find((s) => s.id === target);
      if (!script) throw new RangeError(`no script ${target}`);
      if (script.mode !== 'restart' && this.#running.has(target)) return;
      this.#running.delete(target);
      this.#run(script.then, target);
    } else throw new RangeError(`unknown action ${verb}`);
  }

  #seconds(words: string): number {
    const plain = words.replace(/\$\{(\w+)\}/, (_, name: string) => this.#file.substitutions[name] ?? '');
    if (!/^\d+s$/.test(plain)) throw new RangeError(`delay "${plain}" is not in seconds`);
    return Number.parseInt(plain, 10);
  }
}
