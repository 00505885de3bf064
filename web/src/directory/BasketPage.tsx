import { Link } from '@tanstack/react-router';
import { Button, Checkboxes, Textarea } from 'nhsuk-react-components';
import { useEffect, useRef, useState } from 'react';
import { useQuery, type CombinedError } from 'urql';
import { BasketForDocument, GatheredDocument, PlaceDocument, type BasketForQuery, type PlaceQuery, type TakeawayFragment } from '../gql/graphql';
import { SafeContactFlag } from '../person/AccessNeeds';
import { announce } from '../shell/announce';
import { client } from '../shell/client';
import { useHub, useViewer } from '../shell/hub';
import { Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Problem } from '../shell/Problem';
import { useShortcut } from '../shell/shortcuts';
import { plural } from '../shell/words';
import { BasketRegion } from './Basket';
import { Sheet } from './Sheet';
import { inWords, publicPages, takeaway } from './takeaway';
import { measure } from './texting';
import { useBasket } from './useBasket';

type Conversation = NonNullable<BasketForQuery['hub']>['myConversation'];

/** What is gathered, as somebody takes it home: a sheet of paper, a text message, or words to paste. */
export function BasketPage() {
  const hub = useHub();
  const advises = hub.can('CONVERSATION_WRITE');
  const [place, againPlace] = useQuery({ query: PlaceDocument, variables: { hub: hub.slug } });
  const [mine, againMine] = useQuery({ query: BasketForDocument, variables: { hub: hub.slug }, pause: !advises });
  const failed = place.error ?? mine.error;
  if (failed) return <Problem error={failed} retry={() => (againPlace(), againMine())} />;
  if (!place.data?.hub || (advises && !mine.data)) return <Loading what="the basket" />;
  return <Gathered place={place.data.hub} conversation={mine.data?.hub?.myConversation} />;
}

function Gathered({ place, conversation }: { place: NonNullable<PlaceQuery['hub']>; conversation?: Conversation }) {
  const hub = useHub();
  const { trust } = useViewer();
  const basket = useBasket(hub.slug, conversation?.id);
  const { read, missing, error, again } = useServices(basket.items.map((i) => i.id));
  const services = basket.items.map((i) => read.get(i.id)).filter((s) => s !== undefined);
  const all = services.map((s) => takeaway(s, publicPages(trust, hub), hub.timeZone));
  const takes = all.map((one) => one.takes).filter((t) => t !== undefined);
  const withheld = all.flatMap((one) => one.withheld);
  const lost = basket.items.filter((i) => missing.has(i.id));
  const reading = services.length + lost.length < basket.items.length && !error;
  const ready = takes.length > 0 && !reading;
  const whose = conversation ? (conversation.person?.displayName ?? 'an anonymous visitor') : undefined;

  const print = () => window.print();
  useShortcut('p', ready ? 'Print the sheet' : false, print);

  return (
    <>
      <div className="lr-screen">
        <Page
          title="Basket"
          caption="A sheet to take home, or a text message"
          aside={
            ready && (
              <Button type="button" onClick={print}>
                Print a sheet
              </Button>
            )
          }
        >
          <p>
            <Link to="/$hub/services" params={{ hub: hub.slug }}>
              Find more services
            </Link>
            {conversation && (
              <>
                {' or '}
                <Link to="/$hub/conversation/$id" params={{ hub: hub.slug, id: conversation.id }}>
                  go back to the conversation with {whose}
                </Link>
              </>
            )}
          </p>
          {withheld.length > 0 && (
            <div className="lr-warning" role="note" aria-label="What is left out">
              <h2 className="nhsuk-heading-s">Left out of the sheet and the message</h2>
              <ul className="lr-plain-list">
                {withheld.map((one) => (
                  <li key={one.id}>{one.why}</li>
                ))}
              </ul>
            </div>
          )}
          {lost.length > 0 && (
            <p className="lr-warning">{lost.map((i) => i.name).join(', ')}: not in the catalogue any more, so not on the sheet. Take it out of the basket.</p>
          )}
          {error && <Problem error={error} retry={again} />}
          <div className="lr-columns">
            <div>
              <BasketRegion basket={basket} whose={whose} open />
            </div>
            {reading && <Loading what="the services" />}
            {ready && <Message words={(by) => inWords(takes, { ...by, hub: hub.name, origin: location.origin })} person={conversation?.person} />}
          </div>
        </Page>
      </div>
      {ready && <Sheet services={services} place={place} shown />}
    </>
  );
}

/** Reads each service once while the page is open, all those that are not known yet by one request. */
function useServices(ids: string[]) {
  const hub = useHub();
  const [read, setRead] = useState(() => new Map<string, TakeawayFragment>());
  const [missing, setMissing] = useState(() => new Set<string>());
  const [error, setError] = useState<CombinedError>();
  const [turn, setTurn] = useState(0);
  const wanted = ids.filter((id) => !read.has(id) && !missing.has(id)).join();
  useEffect(() => {
    if (!wanted) return;
    let stale = false;
    const asked = wanted.split(',');
    void client
      .query(GatheredDocument, { hub: hub.slug, ids: asked })
      .toPromise()
      .then(({ data, error }) => {
        if (stale) return;
        const answers = data?.hub?.servicesById ?? [];
        setRead((known) => new Map([...known, ...answers.flatMap(({ service }, i) => (service ? [[asked[i]!, service] as const] : []))]));
        setMissing((known) => new Set([...known, ...asked.filter((_, i) => answers[i]?.service === null)]));
        setError(error);
      });
    return () => {
      stale = true;
    };
  }, [wanted, hub.slug, turn]);
  return { read, missing, error, again: () => (setError(undefined), setTurn((n) => n + 1)) };
}

/** A text message, which can be changed before it is copied, and how many messages it is sent as. */
function Message({ words, person }: { words(by: { brief: boolean; links: boolean }): string; person?: NonNullable<Conversation>['person'] }) {
  const [links, setLinks] = useState(true);
  const [changed, setChanged] = useState<string>();
  const [copied, setCopied] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  const made = words({ brief: true, links });
  const text = changed ?? made;
  const { characters, parts, unusual } = measure(text);
  // Who asked not to be texted is not texted: somebody else may read their phone.
  const mayText = !person || person.safeContact === 'ANY' || person.safeContact === 'TEXT_ONLY';
  const number = mayText ? (person?.phone ?? '').replace(/[^\d+]/g, '') : '';

  useShortcut('t', 'Go to the text message', () => box.current?.focus());

  async function copy(what: string, name: string) {
    try {
      await navigator.clipboard.writeText(what);
      setCopied(`${name} copied: paste it where you write.`);
    } catch {
      box.current?.select();
      setCopied('The browser does not let this page copy. The message is selected: copy it with Ctrl and C.');
    }
  }

  return (
    <section aria-labelledby="message-title" className="lr-panel">
      <h2 id="message-title" className="nhsuk-heading-s">
        Text message
      </h2>
      {person && <SafeContactFlag of={person} />}
      {!mayText && <p>Do not send them a text message: they asked not to be sent any. Give them the sheet, or show them the message here.</p>}
      <Checkboxes small>
        <Checkboxes.Item
          id="message-links"
          value="links"
          checked={links}
          onChange={(e) => {
            setLinks(e.currentTarget.checked);
            setChanged(undefined);
          }}
        >
          With a link to each service’s page
        </Checkboxes.Item>
      </Checkboxes>
      <Textarea
        id="message"
        label="Message"
        hint="Change it as you like. It is not kept."
        rows={10}
        maxLength={4000}
        value={text}
        onChange={(e) => setChanged(e.currentTarget.value)}
        ref={box}
        aria-describedby="message-size"
      />
      <p id="message-size" className="lr-small">
        {plural(characters, 'character')}, sent as {plural(parts, 'message')}.
        {unusual.length > 0 && ` ${unusual.join(' ')} ${unusual.length === 1 ? 'is' : 'are'} not in the plain alphabet of text messages, so fewer characters fit into each.`}
      </p>
      <p className="lr-actions">
        <Button type="button" secondary small onClick={() => void copy(text, 'Message')}>
          Copy the message
        </Button>
        <Button type="button" secondary small onClick={() => void copy(words({ brief: false, links }), 'Details')}>
          Copy all details, for an email
        </Button>
        {mayText && (
          <a className="nhsuk-button nhsuk-button--secondary nhsuk-button--small" href={`sms:${number}?body=${encodeURIComponent(text)}`}>
            Open in a messaging app
          </a>
        )}
        {changed !== undefined && changed !== made && (
          <button
            type="button"
            className="lr-link-button"
            onClick={() => {
              setChanged(undefined);
              announce('The message is as it was made.');
            }}
          >
            Undo my changes
          </button>
        )}
      </p>
      <p role="status">{copied}</p>
    </section>
  );
}
