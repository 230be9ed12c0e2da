/**
 * The box as Home Assistant sees it: sensors announced by MQTT discovery on the home broker, opt-in. Read only: what
 * is switched is decided by the box. Announced again whenever Home Assistant or the broker comes up. Values fade
 * after a minute without news. [home-assistant.io MQTT discovery; energy needs `total`, power `measurement`]
 */
import type { SiteState } from '@wattward/broker/wire/site';
import type { MqttBus } from '../link/mqtt-bus.ts';
import type { SiteSettings } from '../settings/site-settings.ts';

export interface AssistantOptions {
  readonly siteId: string;
  readonly site: SiteSettings;
  readonly bus: MqttBus;
  readonly software: string;
  /** Real milliseconds between two states. */
  readonly everyMs?: number;
}

interface Entity {
  readonly component: 'sensor' | 'binary_sensor';
  readonly key: string;
  readonly name: string;
  readonly template: string;
  readonly more: Readonly<Record<string, string>>;
}

const EVERY_MS = 5_000;
const EXPIRE_S = 60;

export class HomeAssistant {
  readonly #options: AssistantOptions;
  #nextMs = 0;

  constructor(options: AssistantOptions) {
    this.#options = options;
    const { bus } = options;
    bus.subscribeForeign('homeassistant/status', ({ text }) => {
      if (text === 'online') this.#announce();
    });
    bus.onLink((up) => {
      if (up) this.#announce();
    });
    if (bus.online) this.#announce();
  }

  show(state: SiteState): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + (this.#options.everyMs ?? EVERY_MS);
    this.#options.bus.announceForeign(
      `homeassistant/state/${this.#options.siteId}`,
      JSON.stringify(valuesOf(state)),
    );
  }

  #announce(): void {
    const { siteId, site, bus, software } = this.#options;
    for (const { component, key, name, template, more } of entitiesOf(site)) {
      const object = `wattward_${siteId}_${key}`.replaceAll('-', '_');
      bus.announceForeign(
        `homeassistant/${component}/${object}/config`,
        JSON.stringify({
          name,
          unique_id: object,
          default_entity_id: `${component}.${object}`,
          state_topic: `homeassistant/state/${siteId}`,
          value_template: template,
          expire_after: EXPIRE_S,
          ...more,
          device: {
            identifiers: [`wattward_${siteId}`],
            name: `Wattward ${siteId}`,
            manufacturer: 'Wattward',
            sw_version: software,
          },
          origin: { name: 'wattward', sw_version: software },
        }),
      );
    }
  }
}

function entitiesOf(site: SiteSettings): Entity[] {
  const power = (key: string, name: string): Entity => ({
    component: 'sensor',
    key,
    name,
    template: `{{ value_json.${key} }}`,
    more: { device_class: 'power', state_class: 'measurement', unit_of_measurement: 'W' },
  });
  const energy = (key: string, name: string): Entity => ({
    component: 'sensor',
    key,
    name,
    template: `{{ value_json.${key} }}`,
    more: { device_class: 'energy', state_class: 'total_increasing', unit_of_measurement: 'Wh' },
  });
  return [
    power('gridPowerW', 'Grid power'),
    power('pvPowerW', 'PV power'),
    power('batteryPowerW', 'Battery power'),
    power('houseLoadW', 'House load'),
    {
      component: 'sensor',
      key: 'batterySocPct',
      name: 'Battery state of charge',
      template: '{{ value_json.batterySocPct }}',
      more: { device_class: 'battery', state_class: 'measurement', unit_of_measurement: '%' },
    },
    { component: 'sensor', key: 'mode', name: 'Mode', template: '{{ value_json.mode }}', more: {} },
    energy('gridImportWh', 'Grid import today'),
    energy('gridExportWh', 'Grid export today'),
    energy('pvWh', 'PV energy today'),
    ...site.loads.flatMap(({ id, name }): Entity[] => [
      {
        component: 'binary_sensor',
        key: `load_${id}`,
        name,
        template: `{{ value_json.loads['${id}'].reported }}`,
        more: { device_class: 'running', payload_on: 'on', payload_off: 'off' },
      },
      { ...power(`load_${id}_w`, `${name} power`), template: `{{ value_json.loads['${id}'].powerW }}` },
    ]),
  ];
}

function valuesOf({ power, batterySocPct, mode, today, loads }: SiteState): object {
  const { gridImportWh, gridExportWh, pvWh } = today;
  return {
    ...power,
    batterySocPct,
    mode,
    gridImportWh,
    gridExportWh,
    pvWh,
    loads: Object.fromEntries(
      loads.map(({ id, reported, measuredPowerW }) => [
        id,
        { reported: reported === null ? null : reported ? 'on' : 'off', powerW: measuredPowerW },
      ]),
    ),
  };
}
