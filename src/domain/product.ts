// The product's own name and version, as package.json states them; used in `--version`, in the lines
// that ingest keeps and in requests to the API.
import packageJson from '../../package.json' with { type: 'json' };

export const productName = 'streamvault';

/** As in package.json, without a leading v. */
export const productVersion: string = packageJson.version;
