/**
 * Who may connect: one credential for each identity of the wire.
 *
 * A device secret is 128 random bits, so a fast hash is enough: nobody guesses it, and a slow one would only help
 * whoever floods the broker with connections. Stored is a salt of its own and SHA-256(salt, secret); compared in
 * constant time. A credential also says which ids it may put into the placeholders of the topic tree.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { ID_PATTERN, type Placeholder, ROLES, type Role, TOPICS, type TopicName } from '../wire/topics.ts';

const id = z.string().regex(ID_PATTERN, 'lower case letters, digits and dashes, 1 to 40 characters');
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
const TOPIC_NAMES = Object.keys(TOPICS) as TopicName[];

/** Placeholders that name something with an identity; the verb of a request is no identity. */
export const BINDABLE = ['boardId', 'meterId', 'siteId'] as const satisfies readonly Placeholder[];
export type Bindable = (typeof BINDABLE)[number];
export type Bindings = { readonly [name in Bindable]?: readonly string[] | undefined };

/** Salt and SHA-256 of one secret, as hexadecimal digits. */
const secretHash = z.object({ salt: hex(16), hash: hex(32) });
export type SecretHash = z.infer<typeof secretHash>;

export const credentialSchema = z.strictObject({
  id,
  role: z.enum(ROLES),
  /** Which ids may stand in a placeholder; one left out means: own id for devices and sites, any id for others. */
  bindings: z
    .strictObject({ boardId: z.array(id), meterId: z.array(id), siteId: z.array(id) })
    .partial()
    .default({}),
  /** Narrows the credential to some topics of its role, e.g. the factory credential of a board. */
  topics: z.array(z.enum(TOPIC_NAMES as [TopicName, ...TopicName[]])).optional(),
  /** The secret that opens it; none: only a certificate does. */
  secret: secretHash.optional(),
  /** A secret handed to a board at its claim. Its first use makes it the only one, with all rights of the role. */
  pendingSecret: secretHash.optional(),
  /** SHA-256 of the client certificate that opens it, over TLS. */
  certificate: hex(32).optional(),
  createdAt: z.iso.datetime(),
});
export type Credential = Readonly<z.infer<typeof credentialSchema>>;

/** What a caller says of a new identity. */
export interface NewCredential {
  readonly id: string;
  readonly role: Role;
  readonly bindings?: Bindings | undefined;
  readonly topics?: readonly TopicName[] | undefined;
  /** Left out: a random one. */
  readonly secret?: string | undefined;
}

/** What the owner of an identity keeps; never stored by the broker. */
export interface IssuedSecret {
  readonly id: string;
  readonly role: Role;
  readonly secret: string;
}

/** Topics a board may use before it has been claimed: say hello, be identified, receive its own secret. */
export const FACTORY_TOPICS = ['boardHello', 'boardIdentify', 'boardCredential'] as const;

/** 128 random bits as 22 characters of base64url. */
export function newSecret(): string {
  return randomBytes(16).toString('base64url');
}

export function hashSecret(secret: string): SecretHash {
  const salt = randomBytes(16).toString('hex');
  return { salt, hash: digest(salt, secret).toString('hex') };
}

/** A new credential with its secret in clear text, which exists only in the answer. */
export function issueCredential(
  request: NewCredential,
  options: { readonly now: Date },
): { readonly credential: Credential; readonly issued: IssuedSecret } {
  const secret = request.secret ?? newSecret();
  const credential = credentialSchema.parse({
    id: request.id,
    role: request.role,
    bindings: request.bindings ?? {},
    ...(request.topics ? { topics: [...request.topics] } : {}),
    secret: hashSecret(secret),
    createdAt: options.now.toISOString(),
  });
  return { credential, issued: { id: request.id, role: request.role, secret } };
}

const NOBODY: SecretHash = hashSecret(newSecret());

/**
 * Which secret of `credential` this is; undefined: none. An unknown identity costs the same time as a known one, so
 * that the answer does not tell which identities exist.
 */
export function matchSecret(
  credential: Credential | undefined,
  secret: string,
): 'current' | 'pending' | undefined {
  const current = hashesTo(credential?.secret ?? NOBODY, secret) && credential?.secret !== undefined;
  const pending = credential?.pendingSecret !== undefined && hashesTo(credential.pendingSecret, secret);
  if (current) return 'current';
  return pending ? 'pending' : undefined;
}

/** The credential once its pending secret has been used. */
export function promotePending(credential: Credential): Credential {
  const { pendingSecret, topics: _, ...rest } = credential;
  return pendingSecret ? { ...rest, secret: pendingSecret } : credential;
}

function hashesTo({ salt, hash }: SecretHash, secret: string): boolean {
  return timingSafeEqual(digest(salt, secret), Buffer.from(hash, 'hex'));
}

function digest(saltHex: string, secret: string): Buffer {
  return createHash('sha256').update(Buffer.from(saltHex, 'hex')).update(secret, 'utf8').digest();
}

const OWN_ID: Partial<Record<Role, Bindable>> = { board: 'boardId', meter: 'meterId', site: 'siteId' };

/** The ids `credential` may put in `placeholder`; undefined means any id. */
export function boundIds(
  credential: Pick<Credential, 'id' | 'role' | 'bindings'>,
  placeholder: Bindable,
): readonly string[] | undefined {
  const bound = credential.bindings[placeholder];
  if (bound) return bound;
  return OWN_ID[credential.role] === placeholder ? [credential.id] : undefined;
}
