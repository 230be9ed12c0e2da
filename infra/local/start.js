/** The door of `npm start`: plain JavaScript, so that an old Node can still read the sentence that refuses it. */
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Wattward needs Node 24 or newer, and this is Node ${process.versions.node}. ` +
      'On Linux, npm ci brings Node 24 along: run it without --omit=optional, then npm start. Elsewhere install Node 24.',
  );
  process.exit(1);
}
await import('./main.ts');
