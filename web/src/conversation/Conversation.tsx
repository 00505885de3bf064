import { useNavigate } from '@tanstack/react-router';
import { Button, Checkboxes, Fieldset, Textarea } from 'nhsuk-react-components';
import { useEffect, useState } from 'react';
import { useQuery, type CombinedError } from 'urql';
import {
  ConversationDocument,
  EndConversationDocument,
  PlaceDocument,
  RemoveSignpostDocument,
  type ConversationDetailsFragment,
  type PlaceQuery,
} from '../gql/graphql';
import { Sheet } from '../directory/Sheet';
import { emptyBasketOf } from '../directory/useBasket';
import { AccessNeeds, SafeContactFlag } from '../person/AccessNeeds';
import { Identity } from '../person/Identity';
import { announce, tell } from '../shell/announce';
import { change } from '../shell/client';
import { useHub } from '../shell/hub';
import { Empty, Loading } from '../shell/Loading';
import { Page } from '../shell/Page';
import { Problem } from '../shell/Problem';
import { Unread } from '../shell/Shell';
import { dayOf, list, plural, time } from '../shell/words';
import { Draft, useDraft, type Saving, type Words } from './draft';
import { Matching } from './Matching';

export type Place = NonNullable<PlaceQuery['hub']>;

export function ConversationPage({ id }: { id: string }) {
  const hub = useHub();
  const [{ data, error }, again] = useQuery({ query: ConversationDocument, variables: { hub: hub.slug, id } });
  const [place, againPlace] = useQuery({ query: PlaceDocument, variables: { hub: hub.slug } });
  const kept = Draft.unsaved(id)?.read;
  const conversation = data?.hub?.conversation ?? kept?.conversation;
  const at = place.data?.hub ?? kept?.place;
  const failed = error ?? place.error;
  if (conversation && at)
    return conversation.endedAt || !hub.can('CONVERSATION_WRITE') ? (
      <Ended conversation={conversation} place={at} />
    ) : (
      <Open conversation={conversation} place={at} />
    );
  if (failed || (data && !conversation)) return <Unread what="conversation" error={failed} retry={() => (again(), againPlace())} />;
  return <Loading what="the conversation" />;
}

function Header({ conversation: c }: { conversation: ConversationDetailsFragment }) {
  const hub = useHub();
  return (
    <div className="lr-person-bar">
      {c.person ? <Identity of={c.person} /> : <span className="lr-identity__name">Anonymous visitor</span>}
      <span className="lr-small">
        With {c.advisor.name} since {time(c.startedAt, hub.timeZone)}
        {c.visit.need && `. Came about: ${c.visit.need.name.toLowerCase()}`}
      </span>
      {c.person && <AccessNeeds of={c.person.accessNeeds} />}
      {c.person && <SafeContactFlag of={c.person} />}
    </div>
  );
}

const areas: { field: Exclude<keyof Words, 'needs'>; label: string; hint: string; rows: number }[] = [
  { field: 'whatMatters', label: 'What matters to them', hint: 'In their own words', rows: 3 },
  { field: 'note', label: 'Note', hint: 'What you talked about, for whoever meets them next. They may ask to read it.', rows: 4 },
  { field: 'agreed', label: 'What was agreed', hint: 'What they will do, and what you will do', rows: 3 },
];

function Open({ conversation, place }: { conversation: ConversationDetailsFragment; place: Place }) {
  const hub = useHub();
  const navigate = useNavigate();
  const [draft] = useState(() => Draft.of(hub.slug, { conversation, place }));
  const { words, saving } = useDraft(draft);
  const [signposts, setSignposts] = useState(conversation.signposts);
  const [problem, setProblem] = useState<CombinedError>();
  const [refused, setRefused] = useState('');
  const name = conversation.person?.displayName ?? 'Anonymous visitor';
  const offered = place.needs.filter((n) => n.offered || words.needs.includes(n.code));

  useEffect(() => () => void draft.flush(), [draft]);
  useEffect(() => {
    draft.read = { place, conversation: { ...conversation, signposts } };
  }, [draft, place, conversation, signposts]);

  async function end() {
    if (!(await draft.flush())) return setRefused('The conversation is not ended yet, because what you wrote is not saved. Try again when it is.');
    const outcome = await change(EndConversationDocument, { input: { hub: hub.slug, conversationId: conversation.id } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    if (outcome.userErrors.length) return setRefused(outcome.userErrors[0]!.message);
    emptyBasketOf(hub.slug, conversation.id);
    tell(`The conversation with ${name} is ended. ${plural(signposts.length, 'signpost')} given.`);
    await navigate({ to: '/$hub', params: { hub: hub.slug } });
  }

  async function takeBack(id: string) {
    const outcome = await change(RemoveSignpostDocument, { input: { hub: hub.slug, signpostId: id } });
    setProblem(outcome.problem);
    if (outcome.problem) return;
    if (!outcome.data.removeSignpost.removed) return setRefused(outcome.userErrors[0]?.message ?? 'The signpost was not taken back.');
    setSignposts((all) => all.filter((s) => s.id !== id));
    announce('The signpost is taken back.');
  }

  return (
    <>
      <div className="lr-screen">
        <Page title={conversation.person ? `Conversation with ${name}` : 'Conversation with an anonymous visitor'} aside={<SaveStatus saving={saving} onRetry={() => void draft.flush()} />}>
          <Header conversation={conversation} />
          {problem && <Problem error={problem} />}
          {refused && (
            <p className="lr-problem" role="alert">
              {refused}
            </p>
          )}
          <div className="lr-conversation">
            <div>
              <Fieldset>
                <Fieldset.Legend size="m">Needs</Fieldset.Legend>
                <Checkboxes small className="lr-needs">
                  {offered.map((need) => (
                    <Checkboxes.Item
                      key={need.code}
                      id={`need-${need.code}`}
                      value={need.code}
                      checked={words.needs.includes(need.code)}
                      onChange={(e) =>
                        draft.set('needs', e.currentTarget.checked ? [...words.needs, need.code] : words.needs.filter((c) => c !== need.code), 0)
                      }
                    >
                      {need.name}
                    </Checkboxes.Item>
                  ))}
                </Checkboxes>
              </Fieldset>
              {conversation.visit.anonymous ? (
                <p className="lr-inset">
                  This visit is anonymous, so nothing is written down: only needs and signposts are counted, and nothing that could say who it was. If they would
                  like to be known here, reception can register them.
                </p>
              ) : (
                areas.map(({ field, label, hint, rows }) => (
                  <Textarea
                    key={field}
                    id={field}
                    label={label}
                    labelProps={{ size: 's' }}
                    hint={hint}
                    rows={rows}
                    maxLength={20_000}
                    value={words[field]}
                    onChange={(e) => draft.set(field, e.currentTarget.value)}
                    onBlur={() => void (draft.dirty && draft.flush())}
                  />
                ))
              )}
              <Button type="button" onClick={end} preventDoubleClick>
                End the conversation
              </Button>
              <p className="lr-small">This ends their visit too. You can read the conversation afterwards, but not change it.</p>
            </div>
            <div>
              <Given signposts={signposts} onTakeBack={takeBack} />
              <Matching
                conversation={conversation.id}
                needs={words.needs}
                place={place}
                theirs={conversation.person?.postcode}
                signposts={signposts}
                onGiven={(s) => setSignposts((all) => [...all.filter((o) => o.id !== s.id), s])}
                onTakeBack={takeBack}
              />
            </div>
          </div>
        </Page>
      </div>
      <Sheet services={signposts.map((s) => s.service)} place={place} />
    </>
  );
}

function SaveStatus({ saving, onRetry }: { saving: Saving; onRetry(): void }) {
  const hub = useHub();
  return (
    <div className="lr-save" role="status" data-state={saving.state}>
      {saving.state === 'clean' && 'All is saved as you write'}
      {(saving.state === 'unsaved' || saving.state === 'saving') && 'Saving…'}
      {saving.state === 'saved' && `Saved ${time(saving.at, hub.timeZone)}`}
      {saving.state === 'failed' && (
        <>
          <strong>Not saved.</strong> {saving.why} {saving.willRetry && 'Trying again by itself; keep this page open. '}
          <button type="button" className="lr-link-button" onClick={onRetry}>
            Try now
          </button>
        </>
      )}
    </div>
  );
}

function Given({ signposts, onTakeBack }: { signposts: ConversationDetailsFragment['signposts']; onTakeBack?(id: string): void }) {
  return (
    <section aria-labelledby="given-title" className="lr-panel">
      <div className="lr-heading">
        <h2 id="given-title" className="nhsuk-heading-s">
          Signposts given <span className="lr-count">{signposts.length}</span>
        </h2>
        {signposts.length > 0 && (
          <Button type="button" secondary small onClick={() => window.print()}>
            Print a sheet to take home
          </Button>
        )}
      </div>
      {signposts.length === 0 ? (
        <Empty>None yet. A signpost says that they were told of a service; nothing is sent to anybody.</Empty>
      ) : (
        <ul className="lr-plain-list">
          {signposts.map((s) => (
            <li key={s.id} className="lr-given">
              <span>
                <strong>{s.service.name}</strong>, {s.service.organisation.name}
                {s.need && <span className="lr-need">{s.need.name}</span>}
              </span>
              {onTakeBack && (
                <button type="button" className="lr-link-button" onClick={() => onTakeBack(s.id)}>
                  Take back<span className="nhsuk-u-visually-hidden"> the signpost to {s.service.name}</span>
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Ended({ conversation: c, place }: { conversation: ConversationDetailsFragment; place: Place }) {
  const hub = useHub();
  return (
    <>
      <div className="lr-screen">
        <Page
          title={`Conversation with ${c.person?.displayName ?? 'an anonymous visitor'}`}
          caption={`${dayOf(c.startedAt, hub.timeZone)}, ${time(c.startedAt, hub.timeZone)}${c.endedAt ? ` to ${time(c.endedAt, hub.timeZone)}` : ', still open'}`}
        >
          <Header conversation={c} />
          <h2 className="nhsuk-heading-m">Needs</h2>
          {c.needs.length ? <p>{list(c.needs.map((n) => n.name))}.</p> : <Empty>None were recorded.</Empty>}
          {!c.visit.anonymous &&
            areas.map(({ field, label }) => (
              <section key={field}>
                <h2 className="nhsuk-heading-m">{label}</h2>
                {c[field] ? <p className="lr-written">{c[field]}</p> : <Empty>Nothing was written.</Empty>}
              </section>
            ))}
          <Given signposts={c.signposts} />
        </Page>
      </div>
      <Sheet services={c.signposts.map((s) => s.service)} place={place} />
    </>
  );
}
