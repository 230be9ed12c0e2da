/** Who this firmware is. The sequence rises by one with every release and never goes back. */
export const MODEL = 'esp12f-4ch';
export const VERSION = '0.1.0';
export const SEQUENCE = 1;
