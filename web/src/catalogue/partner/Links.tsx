import { Button, Select } from 'nhsuk-react-components';
import { useRef, useState } from 'react';
import { CreatePartnerLinkDocument, RevokePartnerLinkDocument, type PartnersLinkFragment } from '../../gql/graphql';
import { announce } from '../../shell/announce';
import { mutationId } from '../../shell/client';
import { useHub } from '../../shell/hub';
import { Empty } from '../../shell/Loading';
import { useChange } from '../../shell/useChange';
import { dayOf, plural } from '../../shell/words';

const lasts = [7, 14, 30, 60, 90];

/** The links of a partner: made, copied or mailed once, and ended. */
export function Links({ partner }: { partner: { id: string; name: string; email?: string | null; partnerLinks: PartnersLinkFragment[] } }) {
  const hub = useHub();
  const heading = useRef<HTMLHeadingElement>(null);
  const [links, setLinks] = useState(partner.partnerLinks);
  const [days, setDays] = useState(30);
  const [made, setMade] = useState<{ url: string; link: PartnersLinkFragment }>();
  const [copied, setCopied] = useState(false);
  const { send, trouble } = useChange();

  async function create() {
    const made = await send(CreatePartnerLinkDocument, {
      input: { hub: hub.slug, clientMutationId: mutationId(), organisationId: partner.id, expiresInDays: days },
    });
    const { partnerLink: link, path } = made?.createPartnerLink ?? {};
    if (!link || !path) return;
    setLinks((all) => [link, ...all.filter((l) => l.id !== link.id)]);
    setMade({ url: location.origin + path, link });
    setCopied(false);
    announce('The link is made. Copy it now: it is not shown again.');
  }

  async function revoke(id: string) {
    const link = (await send(RevokePartnerLinkDocument, { input: { hub: hub.slug, partnerLinkId: id } }))?.revokePartnerLink.partnerLink;
    if (!link) return;
    setLinks((all) => all.map((l) => (l.id === link.id ? link : l)));
    if (made?.link.id === id) setMade(undefined);
    heading.current?.focus(); // the button that had it is gone
    announce('The link has ended.');
  }

  async function copy(url: string) {
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
      announce('Copied.');
    } catch {
      document.getElementById('made-link')?.focus(); // it is selected there, to be copied by hand
    }
  }

  return (
    <section aria-labelledby="links-title" className="lr-care">
      <h2 id="links-title" ref={heading} tabIndex={-1} className="nhsuk-heading-m">
        Links for {partner.name}
      </h2>
      <p>By a link the partner sees its own entry, says that it is right or asks for changes, and needs no account. You decide on each change.</p>
      <div className="lr-inline-form">
        <Select id="lasts" label="The link works for" value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>
          {lasts.map((n) => (
            <Select.Option key={n} value={n}>
              {plural(n, 'day')}
            </Select.Option>
          ))}
        </Select>
        <Button type="button" small onClick={create} preventDoubleClick>
          Make a link
        </Button>
      </div>
      {trouble}
      {made && (
        <div className="lr-card">
          <h3 className="nhsuk-heading-s">The new link</h3>
          <p>Copy it or send it now: it is not kept, and not shown again. Whoever has it can see and correct the entry.</p>
          <label className="nhsuk-label" htmlFor="made-link">
            Link for {partner.name}
          </label>
          <input id="made-link" className="nhsuk-input" readOnly value={made.url} onFocus={(e) => e.currentTarget.select()} />
          <div className="lr-actions">
            <Button type="button" small onClick={() => void copy(made.url)}>
              {copied ? 'Copied' : 'Copy the link'}
            </Button>
            <a className="nhsuk-button nhsuk-button--secondary nhsuk-button--small" href={mail(hub.fullName, partner, made.url, dayOf(made.link.expiresAt, hub.timeZone))}>
              Write an email with it
            </a>
          </div>
        </div>
      )}
      {links.length === 0 ? (
        <Empty>No link was made yet.</Empty>
      ) : (
        <ul className="lr-plain-list">
          {links.map((l) => (
            <li key={l.id} className="lr-given">
              <span>
                {stateOf(l, hub.timeZone)}{' '}
                <span className="lr-small">
                  Made {dayOf(l.createdAt, hub.timeZone)}
                  {l.createdBy && ` by ${l.createdBy.name}`}. {l.openedAt ? `Last used ${dayOf(l.openedAt, hub.timeZone)}.` : 'Not used yet.'}
                </span>
              </span>
              {l.state === 'OPEN' && (
                <button type="button" className="lr-link-button" onClick={() => void revoke(l.id)}>
                  End it<span className="nhsuk-u-visually-hidden">{`: the link made ${dayOf(l.createdAt, hub.timeZone)}`}</span>
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function stateOf(l: PartnersLinkFragment, timeZone: string): string {
  switch (l.state) {
    case 'OPEN':
      return `Works until ${dayOf(l.expiresAt, timeZone)}.`;
    case 'EXPIRED':
      return `Expired ${dayOf(l.expiresAt, timeZone)}.`;
    case 'REVOKED':
      return `Ended${l.revokedAt ? ` ${dayOf(l.revokedAt, timeZone)}` : ''}.`;
  }
}

/** An email that is ready to send. */
function mail(hub: string, partner: { name: string; email?: string | null }, url: string, until: string): string {
  const subject = `Please check your entry at ${hub}`;
  const body = `Hello,\n\n${hub} tells people about ${partner.name}. Please check that what we say of you is right:\n\n${url}\n\nYou need no account. The link works until ${until}. Whoever has it can see and correct your entry, so please share it with your own team only.\n\nThank you,\n${hub}`;
  return `mailto:${encodeURIComponent(partner.email ?? '')}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
}
