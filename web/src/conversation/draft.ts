import { useSyncExternalStore } from 'react';
import { RecordConversationDocument, type ConversationDetailsFragment, type RecordConversationInput } from '../gql/graphql';
import type { Place } from './Conversation';
import { change } from '../shell/client';
import { explain } from '../shell/Problem';

export interface Words {
  needs: string[];
  whatMatters: string;
  note: string;
  agreed: string;
}

export type Saving =
  | { state: 'clean' }
  | { state: 'unsaved' | 'saving' }
  | { state: 'saved'; at: Date }
  | { state: 'failed'; why: string; willRetry: boolean };

const typingPause = 800;
const longestWait = 30_000;

// Kept while the page lives, so that going to another page of the app and back loses nothing. Never on disk: it is about a person.
const drafts = new Map<string, Draft>();

/** What an advisor is writing in one conversation, and how far it is saved. Saves one thing after the other, and only what changed. */
export class Draft {
  words: Words;
  saving: Saving = { state: 'clean' };
  #changed = new Set<keyof Words>();
  #hub: string;
  #id: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #inFlight: Promise<void> | undefined;
  #wait = 1_000;
  #listeners = new Set<() => void>();

  /** The conversation as it was read, and where: to show it again where the network is gone. */
  read: { conversation: ConversationDetailsFragment; place: Place };

  constructor(hub: string, read: Draft['read']) {
    this.#hub = hub;
    this.#id = read.conversation.id;
    this.read = read;
    this.words = wordsOf(read.conversation);
  }

  static of(hub: string, read: Draft['read']): Draft {
    const known = Draft.unsaved(read.conversation.id);
    if (known) return known;
    const draft = new Draft(hub, read);
    drafts.set(read.conversation.id, draft);
    return draft;
  }

  /** The draft of a conversation of which something is not saved yet. */
  static unsaved(conversation: string): Draft | undefined {
    const draft = drafts.get(conversation);
    return draft?.dirty ? draft : undefined;
  }

  get dirty(): boolean {
    return this.#changed.size > 0 || this.#inFlight !== undefined;
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  set<K extends keyof Words>(field: K, value: Words[K], saveAfter = typingPause) {
    this.words = { ...this.words, [field]: value };
    this.#changed.add(field);
    if (this.saving.state !== 'failed') this.#tell({ state: 'unsaved' });
    this.#schedule(saveAfter);
  }

  /** Saves what is not saved yet; true where all of it is. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.#inFlight) await this.#inFlight;
    if (this.#changed.size) {
      this.#inFlight = this.#save();
      await this.#inFlight;
    }
    return !this.dirty;
  }

  #schedule(ms: number) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), ms);
  }

  async #save() {
    const sent = [...this.#changed];
    this.#changed.clear();
    this.#tell({ state: 'saving' });
    const input: RecordConversationInput = { hub: this.#hub, conversationId: this.#id };
    for (const field of sent) Object.assign(input, { [field]: this.words[field] });
    const outcome = await change(RecordConversationDocument, { input }).catch((error: unknown) => error as Error);
    this.#inFlight = undefined;
    if (!(outcome instanceof Error) && outcome.data && outcome.userErrors.length === 0) {
      this.#wait = 1_000;
      this.#tell(this.#changed.size ? { state: 'unsaved' } : { state: 'saved', at: new Date() });
      return;
    }
    for (const field of sent) this.#changed.add(field);
    const refused = !(outcome instanceof Error) && outcome.data ? outcome.userErrors[0]!.message : undefined;
    const why = refused ?? (!(outcome instanceof Error) && outcome.problem ? explain(outcome.problem).detail : 'No answer came back.');
    // What was refused would be refused again until it is changed; anything else is tried until it works.
    this.#tell({ state: 'failed', why, willRetry: !refused });
    if (refused) return;
    this.#schedule(this.#wait);
    this.#wait = Math.min(this.#wait * 2, longestWait);
  }

  #tell(saving: Saving) {
    this.saving = saving;
    this.#listeners.forEach((listener) => listener());
  }
}

function wordsOf(c: ConversationDetailsFragment): Words {
  return { needs: c.needs.map((n) => n.code), whatMatters: c.whatMatters, note: c.note, agreed: c.agreed };
}

export function useDraft(draft: Draft): { words: Words; saving: Saving } {
  const words = useSyncExternalStore(draft.subscribe, () => draft.words);
  const saving = useSyncExternalStore(draft.subscribe, () => draft.saving);
  return { words, saving };
}

// The last moment before the page goes: what is not saved is sent now, and the browser asks whether to stay until it is.
const unsaved = () => [...drafts.values()].filter((draft) => draft.dirty);
window.addEventListener('beforeunload', (event) => {
  if (unsaved().length) event.preventDefault();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') unsaved().forEach((draft) => void draft.flush());
});
window.addEventListener('online', () => unsaved().forEach((draft) => void draft.flush()));
