/**
 * Does the chip start its firmware, and can no coil pull in before it does?
 *
 * Straps (0, 2 high; 15 low), EN and RST need a resistor to their rail: a chip that starts in its loader holds no
 * lease and answers nobody. A coil is safe at reset when its supply hangs behind a switch whose control pin floats
 * at reset and is pulled to its off side.
 */
import { between, type Finding, ofKind, type Schematic } from '../netlist.ts';
import { channelsLiveAtReset, GPIOS, type Gpio, PIN_MAPS } from '../pin-map.ts';

const MAX_STRAP_OHM = 12_000;

export function strapping(schematic: Schematic): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { component } of ofKind(schematic, 'module')) {
    const need = (pin: string, rail: 'V3V3' | 'GND') => {
      const net = component.nets[pin];
      const pulls = net ? between(schematic, 'resistor', net, rail) : [];
      if (!pulls.some(({ data }) => data.ohm <= MAX_STRAP_OHM)) {
        findings.push(found(`${component.ref}.${pin}`, `has no resistor of at most 12 k to ${rail}`));
      }
    };
    need('EN', 'V3V3');
    need('RST', 'V3V3');
    for (const [gpio, { strap }] of Object.entries(GPIOS)) {
      if (strap) need(`IO${gpio}`, strap === 'high' ? 'V3V3' : 'GND');
    }
    findings.push(...pinMapFindings(component.nets));
  }
  return [...findings, ...coilFindings(schematic)];
}

function found(where: string, what: string): Finding {
  return { rule: 'strapping', where, what };
}

/** The netlist's pins are those that the firmware is told of. */
function pinMapFindings(nets: Readonly<Record<string, string | null>>): readonly Finding[] {
  const map = PIN_MAPS.own;
  const expected: [Gpio, string][] = [
    ...map.relayGpios.map((gpio, i): [Gpio, string] => [gpio, `RELAY${i + 1}`]),
    [map.statusLedGpio, 'STATUS'],
    [map.buttonGpio, 'BUTTON'],
  ];
  if (map.coilEnableGpio !== null) expected.push([map.coilEnableGpio, 'COIL_ENABLE']);
  return expected.flatMap(([gpio, net]) =>
    nets[`IO${gpio}`] === net
      ? []
      : [found(`IO${gpio}`, `carries ${nets[`IO${gpio}`]}, the pin map says ${net}`)],
  );
}

function coilFindings(schematic: Schematic): readonly Finding[] {
  const live = channelsLiveAtReset(PIN_MAPS.own);
  if (live.length > 0) return [found('pin map', `channels ${live.join(', ')} may pull in at reset`)];
  const findings: Finding[] = [];
  for (const { component } of ofKind(schematic, 'relay')) {
    const supply = component.nets.A1;
    if (supply !== 'V5_COIL') findings.push(found(component.ref, 'coil is not behind the switched rail'));
  }
  const pulled = (net: string, rail: string) => between(schematic, 'resistor', net, rail).length > 0;
  if (!pulled('ENABLE_B', 'GND')) findings.push(found('ENABLE_B', 'is not pulled low'));
  if (!pulled('GATE', 'V5')) findings.push(found('GATE', 'is not pulled to its source: the switch may leak'));
  for (const { component } of ofKind(schematic, 'npn')) {
    const base = component.nets.B;
    if (base && !pulled(base, 'GND')) findings.push(found(`${component.ref}.B`, 'is not pulled low'));
  }
  return findings;
}
