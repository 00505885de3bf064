// The record of who read whom, which is saved before the answer goes out, as the API and the bare server do; the events of many
// requests are written together, those that have gathered while the last were written.
const personFields = ["accessNeeds", "dateOfBirth", "displayName", "familyName", "givenName", "id", "memberNumber", "phone", "pronouns", "safeContact", "visits"];

const records = {
  Person: (hub, { id }) => ({ action: "person.read", subject_type: "person", subject_id: id, person_id: id, fields: personFields }),
  Today: (hub) => ({ action: "desk.read", subject_type: "hub", subject_id: hub, person_id: null, fields: null }),
};

export function recording(pool, trust) {
  let pending;
  let writing = Promise.resolve();

  function write(event) {
    if (!pending) {
      const batch = (pending = []);
      const before = writing;
      batch.written = writing = (async () => {
        await before.catch(() => {}); // told to those who waited for it
        pending = undefined;
        await pool.query({ name: "record", text: "select peers.record($1, $2, $3)", values: [trust, [...new Set(batch.map((e) => e.hub_id))], JSON.stringify(batch)] });
      })();
    }
    pending.push(event);
    return pending.written;
  }

  return {
    name: "RecordOfReads",
    version: "0.0.0",
    grafast: {
      middleware: {
        async execute(next, { args }) {
          const result = await next();
          const operation = args.document.definitions[0];
          const record = records[operation.name.value];
          if (record && !result.errors) {
            const { "app.hubs": hubs, "app.staff": staff } = args.contextValue.pgSettings;
            const hub = hubs.slice(1, -1);
            await write({ hub_id: hub, actor_id: staff, at: new Date(), ...record(hub, args.variableValues ?? {}) });
          }
          return result;
        },
      },
    },
  };
}
