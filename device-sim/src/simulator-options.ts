/** What a running home needs from outside. */
import type { MeasuredSource, WeatherSource } from './home/running-home.ts';
import type { Home } from './home/schema.ts';
import type { SiteClock } from './home/site-clock.ts';
import type { Log } from './log.ts';

export interface SimulatorOptions {
  readonly home: Home;
  readonly siteId: string;
  readonly dataDir: string;
  readonly clock: SiteClock;
  readonly host: string;
  /** 0 takes any free port. */
  readonly httpPort: number;
  readonly meterPort: number;
  readonly inverterPort: number;
  /** Serial lines or pseudo terminals on which meter and inverter speak Modbus RTU too. */
  readonly meterSerial?: string;
  readonly inverterSerial?: string;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  /** Identity of role `sim`: the operations are answered over MQTT too. */
  readonly controlIdentity?: string;
  /** Identity of role `sim`: loads, arrays and batteries are processes of their own on the bus. */
  readonly objectsIdentity?: string;
  readonly measured: MeasuredSource | null;
  /** Null: the sky is generated. */
  readonly weather?: WeatherSource | null;
  readonly log: Log;
}
