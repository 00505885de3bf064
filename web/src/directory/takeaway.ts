import type { TakeawayFragment } from '../gql/graphql';
import { session } from '../shell/words';
import { restricted, restrictedPlace } from './facts';
import { plain } from './texting';

/** What somebody takes home of a service, in few and plain words. */
export interface Takeaway {
  id: string;
  name: string;
  partner: string;
  about: string;
  alert: string;
  who: string;
  when: string[];
  where: { id: string; address: string; access: string[] }[];
  ask: string[];
  how: string;
  cost: string;
  /** Its public page, where it has one. */
  page?: string;
}

/** What is left out of it, and why: for staff, who may say it to somebody's face. */
export interface Withheld {
  id: string;
  why: string;
}

/** Where the public pages of a hub are, in the form that stays true when another trust has a hub of the same name. */
export function publicPages(trust: { odsCode: string }, hub: { slug: string }): string {
  return `/find-support/${trust.odsCode.toLowerCase()}/${hub.slug}`;
}

/** The address of a service's public page; none where strangers do not see it. */
export function publicPage(service: Pick<TakeawayFragment, 'id' | 'visibility' | 'retired'> & { organisation: { visibility: string } }, base: string): string | undefined {
  const open = service.visibility === 'PUBLIC' && service.organisation.visibility === 'PUBLIC' && !service.retired;
  return open ? `${base}/services/${service.id}` : undefined;
}

/**
 * What may leave the hub of a service. A restricted service does not: a sheet is left on the bus, a phone is read by somebody
 * else. Of one with a restricted place the address stays here, and all times do where any is restricted.
 */
export function takeaway(service: TakeawayFragment, base: string, timeZone: string): { takes?: Takeaway; withheld: Withheld[] } {
  if (restricted(service, service.organisation))
    return {
      withheld: [
        {
          id: service.id,
          why: `${service.name} is restricted: whoever reads the sheet or the message must not learn of it. It is left out. Put them in touch with it yourself.`,
        },
      ],
    };
  const withheld: Withheld[] = [];
  const open = service.places.filter((at) => !restrictedPlace(at));
  if (open.length < service.places.length)
    withheld.push({
      id: `${service.id}-where`,
      why: `${service.name} has a restricted address, which must not leave the hub. It is not on the sheet or in the message: say how to get in touch instead.`,
    });
  const timesHidden = restricted(...service.schedules);
  if (timesHidden)
    withheld.push({ id: `${service.id}-when`, why: `Times of ${service.name} are restricted. None of its times are on the sheet or in the message.` });
  const next = service.nextSessions[0];
  const own = [service.phone, service.email].filter((way) => way != null && way !== '');
  const partners = [service.organisation.phone, service.organisation.email].filter((way) => way != null && way !== '');
  return {
    takes: {
      id: service.id,
      name: service.name,
      partner: service.organisation.name,
      about: shortly(service.description),
      alert: service.alert,
      who: [service.eligibilityDescription, ages(service)].filter(Boolean).join(service.eligibilityDescription.endsWith('.') ? ' ' : '. '),
      when: timesHidden
        ? []
        : [
            ...service.schedules.map((s) => [s.summary, s.description].filter(Boolean).join('. ')).filter(Boolean),
            ...(next ? [`Next: ${session(next.startsAt, next.endsAt, timeZone)}`] : []),
          ],
      where: open.map(({ id, location: l }) => ({
        id,
        address: [l.name, l.address, l.city, l.postcode].filter(Boolean).join(', '),
        access: l.accessibility,
      })),
      ask: (own.length ? own : partners) as string[],
      how: service.applicationProcess,
      cost: service.free ? 'Free' : service.feesDescription || 'Ask them',
      page: publicPage(service, base),
    },
    withheld,
  };
}

/** Ages 18 to 25; empty where there is no bound. */
export function ages({ minimumAge: least, maximumAge: most }: { minimumAge?: number | null; maximumAge?: number | null }): string {
  if (least != null && most != null) return `Ages ${least} to ${most}`;
  if (least) return `Age ${least} and over`;
  return most != null ? `Up to age ${most}` : '';
}

const longest = 240;

/** The first two sentences, or one where they are long: a sheet is read by somebody who is tired, in poor light. */
export function shortly(text: string): string {
  const sentences = [...new Intl.Segmenter('en-GB', { granularity: 'sentence' }).segment(text.trim())].map((s) => s.segment.trim()).filter(Boolean);
  const two = sentences.slice(0, 2).join(' ');
  const some = two.length <= longest ? two : (sentences[0] ?? '');
  if (some.length <= longest) return some;
  return `${some.slice(0, some.lastIndexOf(' ', longest - 1))}…`;
}

/** The same as words alone: in full for an email or a letter, or briefly for a text message, where each word has its price. */
export function inWords(all: Takeaway[], by: { hub: string; origin: string; brief: boolean; links: boolean }): string {
  const parts = all.map((one, i) => {
    const link = by.links && one.page ? by.origin + one.page : '';
    if (by.brief)
      return [`${all.length > 1 ? `${i + 1}. ` : ''}${one.name}`, one.when[0], one.where[0]?.address, one.ask[0], link].filter(Boolean).join('\n');
    return [
      `${all.length > 1 ? `${i + 1}. ` : ''}${one.name} (${one.partner})`,
      one.about,
      one.alert && `Please note: ${one.alert}`,
      one.who && `Who it is for: ${one.who}`,
      one.when.length > 0 && `When: ${one.when.join('; ')}`,
      ...one.where.map((at) => `Where: ${at.address}`),
      one.ask.length > 0 && `Get in touch: ${one.ask.join(' or ')}`,
      one.how && `How to get in: ${one.how}`,
      `Cost: ${one.cost}`,
      link && `More: ${link}`,
    ]
      .filter(Boolean)
      .join('\n');
  });
  const from = by.brief ? `From Life Rooms ${by.hub}` : `Places that may help you, from Life Rooms ${by.hub}`;
  return plain([from, ...parts].join('\n\n'));
}
