/** How Node is called for each process that runs for years. */

/**
 * Clients of MQTT: their library calls `url.parse`, of which Node warns as soon as it is not in `node_modules`, but in
 * a bundle. The addresses come from the person's own configuration.
 */
export const MQTT_CLIENT_FLAGS: readonly string[] = ['--disable-warning=DEP0169'];

/**
 * The bundled box. `--lite-mode` leaves the optimising compilers aside, which once a second are never missed: 25 MB
 * less. It knows no WebAssembly: what needs that runs in a process of its own, and TypeScript has to be bundled.
 */
export const BOX_FLAGS: readonly string[] = [
  '--lite-mode',
  '--disable-warning=ExperimentalWarning',
  ...MQTT_CLIENT_FLAGS,
];

/** The broker: a small young generation, so that a flood of strangers leaves no large heap behind. */
export const BROKER_FLAGS: readonly string[] = ['--max-semi-space-size=4', '--max-old-space-size=128'];

/** The portal: a heap that is cleaned rather than grown, since writes and large answers leave much behind. */
export const PORTAL_FLAGS: readonly string[] = ['--max-semi-space-size=2', '--max-old-space-size=128'];
