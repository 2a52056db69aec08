// The seed of tests that draw at random. STREAMVAULT_SEED repeats a run; without it each run draws anew.

/** Printed where it is drawn, so that a failure can be repeated. A whole number from 0 to 2^32 - 1, made one where it is not. */
export const seed: number = chosenSeed();

function chosenSeed(): number {
  const given = Number(process.env.STREAMVAULT_SEED);
  if (process.env.STREAMVAULT_SEED !== undefined && Number.isSafeInteger(given)) return given >>> 0;
  const drawn = Math.floor(Math.random() * 2 ** 32);
  console.log(`STREAMVAULT_SEED=${drawn}`);
  return drawn;
}
