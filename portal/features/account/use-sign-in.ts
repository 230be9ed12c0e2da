'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Me } from '../../contract/api.ts';
import { type ApiError, callApi, failureOfError, isSignedOut } from '../shell/api-client.ts';
import { sessionQuery } from '../shell/queries.ts';
import { homeOf, outcomeOf, retryAfterMs, type SignInOutcome, safeNext } from './sign-in-outcome.ts';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface SignIn {
  readonly busy: boolean;
  readonly outcome: SignInOutcome | null;
  readonly submit: (credentials: Credentials) => void;
  /** Ends the waiting for a server that does not answer. */
  readonly cancel: () => void;
  readonly clear: () => void;
}

/** Signs in; keeps trying by itself while the server cannot be reached, and only then. */
export function useSignIn(): SignIn {
  const enter = useEnter();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<SignInOutcome | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const stop = useCallback(() => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
  }, []);
  useEffect(() => stop, [stop]);

  const attempt = useCallback(
    async (credentials: Credentials, count: number): Promise<void> => {
      setBusy(true);
      const result = await signIn(credentials).then(enter, (error: ApiError) => {
        const failure = failureOfError(error);
        if (!failure) throw error;
        return outcomeOf(failure);
      });
      setOutcome(result);
      const waitMs = result && retryAfterMs(result, count);
      if (waitMs) timer.current = setTimeout(() => void attempt(credentials, count + 1), waitMs);
      else setBusy(result === null);
    },
    [enter],
  );
  const cancel = useCallback(() => {
    stop();
    setBusy(false);
    setOutcome(null);
  }, [stop]);
  const submit = useCallback(
    (credentials: Credentials) => {
      stop();
      void attempt(credentials, 0);
    },
    [attempt, stop],
  );
  const clear = useCallback(() => setOutcome(null), []);
  return { busy, outcome, submit, cancel, clear };
}

const signIn = (credentials: Credentials) => callApi<Me>('/session', { method: 'POST', body: credentials });

/** With the right password in hand: is the cookie kept, and where to? Null when the person is on the way. */
function useEnter(): (me: Me) => Promise<SignInOutcome | null> {
  const router = useRouter();
  const client = useQueryClient();
  const next = safeNext(useSearchParams().get('next'));
  return useCallback(
    async (me: Me) => {
      const target = next ?? homeOf(me);
      if (!target) return { kind: 'no-access' };
      try {
        client.setQueryData(sessionQuery.queryKey, await callApi<Me>('/session'));
      } catch (error) {
        if (isSignedOut(error)) return { kind: 'cookie-blocked' };
        throw error;
      }
      router.replace(target);
      return null;
    },
    [client, next, router],
  );
}
