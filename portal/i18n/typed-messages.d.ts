import type messages from '../messages/en.json';
import type { PortalLanguage } from './languages.ts';

/** Makes an unknown key a compile error. */
declare module 'next-intl' {
  interface AppConfig {
    Locale: PortalLanguage;
    Messages: typeof messages;
  }
}
