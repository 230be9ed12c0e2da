import { redirect } from 'next/navigation';
import { homeOf } from '@/features/account/sign-in-outcome';
import { currentMe } from '@/server/pages/session';

/** The front door: on to the person's organisation, or to sign-in. */
export default async function FrontDoor() {
  const me = await currentMe();
  redirect((me && homeOf(me)) ?? '/sign-in');
}
