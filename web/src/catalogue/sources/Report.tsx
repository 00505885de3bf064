import { Button } from 'nhsuk-react-components';
import type { ProblemsFragment } from '../../gql/graphql';
import { plural } from '../../shell/words';
import { fieldWord, reportCSV } from './words';

const shown = 50;

/** What was refused of a source, and what was changed in records on their way in. */
export function Report({ problems, name }: { problems: ProblemsFragment[]; name: string }) {
  const refused = problems.filter((p) => !p.field);
  const changed = problems.filter((p) => p.field);
  if (problems.length === 0) return <p>Every record is as it should be.</p>;

  function download() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['\ufeff', reportCSV(problems)], { type: 'text/csv;charset=utf-8' }));
    link.download = `${name}-report.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  return (
    <>
      <List title={`${plural(refused.length, 'record')} refused`} of={refused} />
      <List title={`${plural(changed.length, 'thing')} changed on the way in`} of={changed} />
      <Button type="button" secondary small onClick={download}>
        Download the report (CSV)
      </Button>
    </>
  );
}

function List({ title, of }: { title: string; of: ProblemsFragment[] }) {
  if (of.length === 0) return null;
  return (
    <>
      <h3 className="nhsuk-heading-s">{title}</h3>
      <ul className="nhsuk-list nhsuk-list--bullet">
        {of.slice(0, shown).map((p, i) => (
          <li key={i}>
            {p.row > 0 && `Record ${p.row}, `}
            {p.kind} <strong>{p.name || p.externalId || 'without a name'}</strong>: {p.field && `${fieldWord(p.field)}: `}
            {p.message}. {p.mend}
          </li>
        ))}
      </ul>
      {of.length > shown && <p className="lr-small">And {(of.length - shown).toLocaleString('en-GB')} more, in the report to download.</p>}
    </>
  );
}
