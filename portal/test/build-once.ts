/** Before the tests of this room: the portal is built, once for the whole run, unless its sources are those of the last build. */
import { buildPortal } from './built-server.ts';

export default buildPortal;
