import { Button, Select } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { GrantRoleDocument, RevokeRoleDocument, type ColleagueFragment, type Role } from '../gql/graphql';
import { announce } from '../shell/announce';
import { change, mutationId } from '../shell/client';
import { useHub } from '../shell/hub';
import { Problem } from '../shell/Problem';
import { dayOf, roleWords, time } from '../shell/words';

/** Somebody of the staff with the roles that they were given here, which may be given and taken away. */
export function StaffMember({ member }: { member: ColleagueFragment }) {
  const hub = useHub();
  const mayChange = hub.can('STAFF_WRITE');
  const [grants, setGrants] = useState(member.grants);
  const heading = useRef<HTMLHeadingElement>(null);
  const left = (Object.keys(roleWords) as Role[]).filter((r) => !grants.some((g) => g.role === r));
  const [wanted, setWanted] = useState<Role>();
  const role = wanted && left.includes(wanted) ? wanted : left[0];
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');

  async function grant() {
    if (!role) return;
    const outcome = await change(GrantRoleDocument, { input: { hub: hub.slug, clientMutationId: mutationId(), staffId: member.id, role } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setRefused(outcome.userErrors[0]?.message ?? '');
    const given = outcome.data.grantRole.grant;
    if (!given) return;
    setGrants((all) => [...all.filter((g) => g.id !== given.id), given]);
    announce(`${member.name} now has the role ${roleWords[given.role]}.`);
  }

  async function revoke(id: string, taken: Role) {
    const outcome = await change(RevokeRoleDocument, { input: { hub: hub.slug, grantId: id } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setRefused(outcome.userErrors[0]?.message ?? '');
    if (!outcome.data.revokeRole.revoked) return;
    setGrants((all) => all.filter((g) => g.id !== id));
    heading.current?.focus(); // the button that had it is gone
    announce(`${member.name} no longer has the role ${roleWords[taken]}.`);
  }

  return (
    <article className="lr-card" aria-label={member.name}>
      <h2 ref={heading} tabIndex={-1} className="nhsuk-heading-s">
        {member.name}
      </h2>
      <p className="lr-small">
        {member.email && `${member.email}. `}
        {member.lastSignedInAt ? `Last signed in ${dayOf(member.lastSignedInAt, hub.timeZone)}, ${time(member.lastSignedInAt, hub.timeZone)}` : 'Has not signed in yet'}
      </p>
      {grants.length === 0 && <p>No role here given in the app.</p>}
      {grants.length > 0 && (
        <ul className="lr-plain-list">
          {grants.map((g) => (
            <li key={g.id} className="lr-given">
              <span>
                {roleWords[g.role]} <span className="lr-small">since {dayOf(g.createdAt, hub.timeZone)}</span>
              </span>
              {mayChange && (
                <button type="button" className="lr-link-button" onClick={() => void revoke(g.id, g.role)}>
                  Take away<span className="nhsuk-u-visually-hidden">{` the role ${roleWords[g.role]} from ${member.name}`}</span>
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayChange && role && (
        <div className="lr-inline-form">
          <Select id={`role-${member.id}`} label="Give a role" value={role} onChange={(e) => setWanted(e.currentTarget.value as Role)}>
            {left.map((value) => (
              <Select.Option key={value} value={value}>
                {roleWords[value]}
              </Select.Option>
            ))}
          </Select>
          <Button type="button" secondary small onClick={grant} preventDoubleClick>
            Give<span className="nhsuk-u-visually-hidden"> this role to {member.name}</span>
          </Button>
        </div>
      )}
      {refused && (
        <p className="lr-problem" role="alert">
          {refused}
        </p>
      )}
      {problem && <Problem error={problem} />}
    </article>
  );
}
