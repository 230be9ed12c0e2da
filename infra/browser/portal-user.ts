/** A person in a browser of their own: what they click and read, by the labels they see. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
}

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export class PortalUser {
  readonly person: Person;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page complained about: uncaught errors, failed scripts, breaches of the content security policy. */
  readonly complaints: string[] = [];

  static async open(browser: Browser, person: Person): Promise<PortalUser> {
    const context = await browser.newContext({
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      acceptDownloads: true,
    });
    return new PortalUser(person, context, await context.newPage());
  }

  private constructor(person: Person, context: BrowserContext, page: Page) {
    this.person = person;
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(45_000);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) this.complaints.push(message.text());
    });
  }

  /** Fills in the form behind a set-up or invitation link. */
  async createAccount(link: string): Promise<void> {
    await this.page.goto(link);
    await this.page.getByLabel('Name', { exact: true }).fill(this.person.name);
    await this.page.getByLabel('E-mail').fill(this.person.email);
    await this.page.getByLabel('Password', { exact: true }).fill(this.person.password);
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await this.page.waitForURL((url) => !/setup|invite/.test(url.pathname));
  }

  async signIn(portal: string, how: { password?: string; next?: string } = {}): Promise<void> {
    const { password = this.person.password, next } = how;
    await this.page.goto(`${portal}/sign-in${next === undefined ? '' : `?next=${next}`}`);
    await this.page.getByLabel('E-mail').fill(this.person.email);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** The text of the element with this test id, as it stands now. */
  async text(testId: string): Promise<string> {
    return (await this.page.getByTestId(testId).first().innerText()).trim();
  }

  /** Waits until the element's text fits. */
  async sees(testId: string, text: RegExp, timeout = 45_000): Promise<void> {
    await this.page.getByTestId(testId).filter({ hasText: text }).first().waitFor({ timeout });
  }

  async invite(address: string, email: string, role: string): Promise<string> {
    await this.page.goto(address);
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByRole('checkbox', { name: new RegExp(`^${role}`, 'i') }).check();
    await this.page.getByRole('button', { name: 'Make an invitation' }).click();
    return this.page.getByTestId('invitation-link').inputValue();
  }

  async propose(address: string, what: { kind: string; value: string; note: string }): Promise<void> {
    await this.page.goto(address);
    await this.page
      .getByRole('combobox', { name: 'What to change' })
      .or(this.page.getByLabel('What to change').first())
      .first()
      .click();
    await this.page.getByRole('option', { name: what.kind }).click();
    await this.page.getByTestId('proposal-value').fill(what.value);
    await this.page.getByLabel('Why').fill(what.note);
    await this.page.getByRole('button', { name: 'Propose', exact: true }).click();
  }
}
