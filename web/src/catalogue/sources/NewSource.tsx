import { useNavigate } from '@tanstack/react-router';
import { Button, Radios, TextInput } from 'nhsuk-react-components';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { useQuery, type CombinedError } from 'urql';
import { CheckSourceDocument, SourceReportDocument } from '../../gql/graphql';
import { change, mutationId } from '../../shell/client';
import { Errors, type FieldError } from '../../shell/form';
import { useHub } from '../../shell/hub';
import { Problem } from '../../shell/Problem';
import { CataloguePage } from '../CataloguePage';
import { packed, tooLong } from './upload';

/** A new source, or another address or file for one that is there. Nothing is saved here: what would change is looked at first. */
export function NewSource({ replaces }: { replaces?: string }) {
  const hub = useHub();
  const navigate = useNavigate();
  const [{ data }] = useQuery({ query: SourceReportDocument, variables: { hub: hub.slug, id: replaces ?? '' }, pause: !replaces });
  const old = data?.hub?.catalogueSource;
  const [chosen, setChosen] = useState<'URL' | 'FILE'>();
  const by = chosen ?? (old?.kind === 'DOCUMENT' ? 'FILE' : 'URL');
  const [name, setName] = useState('');
  const [url, setURL] = useState<string>();
  const [file, setFile] = useState<File>();
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [problem, setProblem] = useState<CombinedError>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const address = (url ?? old?.url ?? '').trim();
    const wrong: FieldError[] = [];
    if (!replaces && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name.trim()))
      wrong.push({ field: 'name', message: 'Enter a short name in lower-case letters, digits and hyphens, such as sefton-directory' });
    if (by === 'URL' && !address) wrong.push({ field: 'url', message: 'Enter the address of the feed' });
    if (by === 'FILE' && !file) wrong.push({ field: 'document', message: 'Choose a file' });
    let document: string | undefined;
    if (by === 'FILE' && file) {
      setBusy(true);
      document = await packed(file);
      setBusy(false);
      if (!document) wrong.push({ field: 'document', message: tooLong });
    }
    setErrors(wrong);
    if (wrong.length > 0) return;
    setBusy(true);
    const outcome = await change(CheckSourceDocument, {
      input: {
        hub: hub.slug,
        clientMutationId: mutationId(),
        sourceId: replaces ?? null,
        name: replaces ? null : name.trim(),
        ...(by === 'URL' ? { url: address } : { document, fileName: file!.name.slice(0, 200) }),
      },
    });
    setBusy(false);
    setProblem(outcome.problem);
    if (outcome.problem) return;
    setErrors(outcome.userErrors.map((e) => ({ field: e.field, message: e.message })));
    const made = outcome.data.checkCatalogueSource.check;
    if (made) await navigate({ to: '/$hub/catalogue/sources/check/$id', params: { hub: hub.slug, id: made.id } });
  }

  const of = (field: string) => errors.find((e) => e.field === field)?.message;
  return (
    <CataloguePage title={replaces ? `Change ${old?.name ?? 'the source'}` : 'Add a source'} caption="You see what would change before anything is saved.">
      <Errors of={errors} />
      {problem && <Problem error={problem} />}
      <form className="lr-form--narrow" onSubmit={(e) => void submit(e)} noValidate>
        {!replaces && (
          <TextInput
            id="name"
            label="Short name"
            hint="Lower-case letters, digits and hyphens, such as sefton-directory. Records are known by it, so it stays."
            value={name}
            error={of('name')}
            onChange={(e) => setName(e.currentTarget.value)}
            maxLength={63}
            autoCapitalize="none"
            spellCheck={false}
          />
        )}
        <Radios legend="Where it comes from" legendProps={{ size: 's' }} name="by">
          <Radios.Item id="by-url" value="URL" checked={by === 'URL'} onChange={() => setChosen('URL')}>
            The address of a feed
          </Radios.Item>
          <Radios.Item id="by-file" value="FILE" checked={by === 'FILE'} onChange={() => setChosen('FILE')}>
            A file
          </Radios.Item>
        </Radios>
        {by === 'URL' && (
          <TextInput
            id="url"
            type="url"
            label="Address"
            hint="Of the services, as Open Referral UK or HSDS: https://example.org/api/services. It is fetched once a day."
            value={url ?? old?.url ?? ''}
            error={of('url')}
            onChange={(e) => setURL(e.currentTarget.value)}
            maxLength={2000}
          />
        )}
        {by === 'FILE' && (
          <TextInput
            id="document"
            type="file"
            className="lr-file"
            label="File"
            hint="Open Referral UK or HSDS in JSON, Outpost’s CSV, or a ZIP archive of HSDS’s CSV tables."
            error={of('document')}
            accept=".json,.csv,.zip,.gz,application/json,text/csv,application/zip"
            onChange={(e) => setFile(e.currentTarget.files?.[0])}
          />
        )}
        <Button type="submit" disabled={busy}>
          {busy ? 'Sending…' : 'See what would change'}
        </Button>
      </form>
    </CataloguePage>
  );
}
