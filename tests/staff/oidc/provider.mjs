// A certified provider for the tests: who signs in next, and how, is said by POST /who; nobody is asked.
// node provider.mjs PORT REDIRECT_URI
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
let who = { subject: "nobody", claims: {}, amr: ["pwd"] };
const claims = {};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "office",
      client_secret: "a-secret-of-the-tests-alone",
      redirect_uris: [redirect],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub", "amr"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { required: () => true },
  cookies: { keys: ["of the tests alone"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, subject) => ({
    accountId: subject,
    claims: () => ({ sub: subject, ...claims[subject] }),
  }),
  async loadExistingGrant(ctx) {
    const grant = new provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});
const answer = provider.callback();

createServer(async (request, response) => {
  if (request.method === "POST" && request.url === "/who") {
    let said = "";
    for await (const piece of request) said += piece;
    who = JSON.parse(said);
    claims[who.subject] = who.claims;
    response.writeHead(204).end();
  } else if (request.url.startsWith("/interaction/")) {
    const login = { accountId: who.subject, amr: who.amr };
    await provider.interactionFinished(request, response, { login });
  } else {
    answer(request, response);
  }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
