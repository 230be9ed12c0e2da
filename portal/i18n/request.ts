import { cookies, headers } from 'next/headers';
import { getRequestConfig } from 'next-intl/server';
import { chooseLanguage, LANGUAGE_COOKIE } from './languages.ts';

export default getRequestConfig(async () => {
  const cookie = (await cookies()).get(LANGUAGE_COOKIE)?.value;
  const locale = chooseLanguage(cookie, (await headers()).get('accept-language'));
  const messages = (await import(`../messages/${locale}.json`)).default;
  return { locale, messages, timeZone: 'UTC' };
});
