// The same for `require`.
import credentials = require("enterprise-credentials");

export async function handle(): Promise<number | undefined> {
  const oracle: credentials.Oracle = await credentials.load();
  return oracle.call({ call: "begin" }).result?.handle;
}
