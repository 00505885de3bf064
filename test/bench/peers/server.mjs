// PostGraphile over the bench's region, as its documentation says to run it in production: its recommended preset, no
// explain, no watching, a process for each processor behind one port, and row-level security by settings of each request's
// transaction. The bench starts it, tells it by standard input what it tells the bare server, and reads its address.
import cluster from "node:cluster";
import { createPublicKey, verify as check } from "node:crypto";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { recording } from "./record.mjs";

// It asks for this without saying that Node 20 has it not, and would answer everything with an error.
Promise.withResolvers ??= function () {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

if (cluster.isPrimary) {
  const config = await text(process.stdin);
  let listening = 0;
  const workers = availableParallelism();
  cluster.on("listening", (_worker, address) => {
    if (++listening === workers) console.log(`127.0.0.1:${address.port}`);
  });
  cluster.on("exit", (_worker, code) => process.exit(code || 1)); // the bench reads why in the log
  cluster.on("message", (worker) => worker.send(config)); // each says when it listens
  for (let i = 0; i < workers; i++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  process.on("disconnect", () => process.exit(0));
  process.once("message", serve);
  process.send("ready");
}

async function serve(message) {
  const config = JSON.parse(message);
  const pool = new pg.Pool({
    host: config.Host, port: config.Port, user: config.User, database: config.Database,
    max: Math.max(1, Math.floor(config.Connections / availableParallelism())),
  });
  const preset = {
    extends: [PostGraphileAmberPreset],
    plugins: [recording(pool, config.Trust)],
    pgServices: [makePgService({ pool, schemas: ["public", "peers"], pubsub: false })],
    grafast: { explain: false, context: (request) => ({ pgSettings: settings(config, request.node.req) }) },
    grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  };
  const instance = postgraphile(preset);
  const server = createServer();
  await instance.createServ(grafserv).addTo(server);
  server.listen(0, "127.0.0.1"); // one free port: the cluster gives it to all
}

const known = new Map();

// settings verifies the request's token (its signature once, then from memory until it expires) and gives what row-level
// security reads.
function settings(config, request) {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (!token) throw new Error("there is no bearer token");
  const held = known.get(token);
  if (held && held.expires > Date.now()) return held.settings;
  const [head, body, signature] = token.split(".");
  const key = createPublicKey({ key: config.Keys.keys[0], format: "jwk" });
  const header = JSON.parse(Buffer.from(head, "base64url"));
  if (header.alg !== "ES256" || !check("sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")))
    throw new Error("the token's signature is not the issuer's");
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  const expires = claims.exp * 1000;
  const staff = config.Staff[claims.sub];
  if (claims.iss !== config.Issuer || ![claims.aud].flat().includes(config.Audience) || !(expires > Date.now()) || !staff)
    throw new Error("the token is for somebody else");
  const given = { "app.trust": config.Trust, "app.hubs": `{${staff.Hub}}`, "app.staff": staff.ID };
  known.set(token, { expires, settings: given });
  return given;
}
